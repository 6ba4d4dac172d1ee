package lab

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
)

// Run is a mechanism at work: real processes, their records in one order, and the
// sinks that take them. A run can be restarted; each start is an epoch.
type Run struct {
	id     string
	m      Mechanism
	info   Info
	trace  Trace
	home   *Home
	kept   *Log
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	cmds chan func(*live) // to be carried out between two looks at the rings
	mu   sync.Mutex       // guards what follows
	o    Options
	head Header
	last *Outcome
	err  error
	ctl  *control // of the live epoch, to be rung
	over atomic.Bool
	hung atomic.Bool

	sinks []Sink // touched by the loop only
}

// Start starts a mechanism's workers and returns once all of them are up. The run
// ends when ctx does, when Stop is called, or when all workers have ended.
func Start(ctx context.Context, m Mechanism, o Options) (*Run, error) {
	info := m.Info()
	if p, ok := m.(Prober); ok {
		if err := p.Probe(); err != nil {
			return nil, fmt.Errorf("%s: %w", info.ID, err)
		}
	}
	set, err := info.Complete(o.Settings)
	if err != nil {
		return nil, err
	}
	o.Settings = set
	if o.Pace, err = checkPace(o.Pace); err != nil {
		return nil, err
	}
	if o.Seed == 0 {
		o.Seed = mathrand.Uint64() >> 11 // below 2^53, for JavaScript
	}
	if err := checkBudget(m.Scene(set)); err != nil {
		return nil, err
	}
	r := &Run{id: newID(), m: m, info: info, trace: o.Trace, home: o.Home, o: o, kept: newLog(),
		cmds: make(chan func(*live), 16), done: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(ctx)
	first, err := r.begin(1)
	if err != nil {
		r.cancel()
		return nil, err
	}
	go r.loop(first)
	return r, nil
}

func newID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = "abcdefghijkmnpqrstuvwxyz23456789"[b[i]%32]
	}
	return string(b)
}

// loop is the one goroutine that touches a run's rings, order and sinks.
func (r *Run) loop(l *live) {
	defer close(r.done)
	l.flush() // processes are there before what they do
	for l != nil {
		again := l.work()
		o := l.finish()
		r.mu.Lock()
		r.last, r.ctl = o, nil
		r.mu.Unlock()
		for _, s := range r.sinks {
			s.End(o)
		}
		epoch := l.head.Epoch + 1
		r.over.Store(true)
		if r.o.Once {
			r.cancel()
		}
		for !again && r.ctx.Err() == nil { // ended: wait for a restart, or for the end
			select {
			case <-r.ctx.Done():
			case f := <-r.cmds:
				f(l)
				again = l.restart
			}
		}
		if r.ctx.Err() != nil {
			break
		}
		next, err := r.begin(epoch)
		if err != nil {
			r.mu.Lock()
			r.err = err
			r.mu.Unlock()
			break
		}
		l = next
		for _, s := range r.sinks {
			s.Start(&l.head)
		}
		l.flush()
	}
	for { // whoever still asks must not wait
		select {
		case f := <-r.cmds:
			f(nil)
		default:
			return
		}
	}
}

// ID names the run: eight letters.
func (r *Run) ID() string { return r.id }

// Info describes the run's mechanism.
func (r *Run) Info() Info { return r.info }

// Header tells what is known of the run before its first record.
func (r *Run) Header() Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head
}

// Log gives the newest records.
func (r *Run) Log() *Log { return r.kept }

// Done is closed when the run is over and everything is cleaned up.
func (r *Run) Done() <-chan struct{} { return r.done }

// Ended reports whether the workers are gone; Do("restart") brings new ones.
func (r *Run) Ended() bool { return r.over.Load() }

// Stuck reports whether a run that was to make so many operations will make no
// more: who is left sleeps in the kernel, and nobody is left who could wake it.
func (r *Run) Stuck() bool { return r.hung.Load() }

// Stop asks the run to end. It does not wait: Done does.
func (r *Run) Stop() {
	r.cancel()
	r.ring()
}

func (r *Run) ring() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctl != nil {
		r.ctl.ring()
	}
}

// Wait waits for the end of the run and gives its outcome.
func (r *Run) Wait() (*Outcome, error) {
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.err
}

// Attach adds a sink: Start is called at once, then Records with what the log holds.
func (r *Run) Attach(s Sink) {
	_ = r.call(func(l *live) error {
		r.sinks = append(r.sinks, s)
		s.Start(&l.head)
		var es []Event
		for first, next := r.kept.Range(); first < next; first += uint64(len(es)) {
			es = r.kept.Copy(es[:0], first, 4096)
			s.Records(es)
		}
		if l.ended {
			s.End(r.last)
		}
		return nil
	})
}

// Detach takes a sink away; none of its methods is called afterwards.
func (r *Run) Detach(s Sink) {
	_ = r.call(func(*live) error {
		for i, t := range r.sinks {
			if t == s {
				r.sinks = append(r.sinks[:i:i], r.sinks[i+1:]...)
				break
			}
		}
		return nil
	})
}

// call carries out f in the loop and waits for it.
func (r *Run) call(f func(*live) error) error {
	reply := make(chan error, 1)
	select {
	case r.cmds <- func(l *live) {
		if l == nil {
			reply <- errOver
			return
		}
		reply <- f(l)
	}:
	case <-r.done:
		return errOver
	}
	r.ring()
	select {
	case err := <-reply:
		return err
	case <-r.done:
		return errOver
	}
}
