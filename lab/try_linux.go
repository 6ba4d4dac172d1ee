package lab

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// errEnding says that the outcome is about to be summed up.
var errEnding = errors.New("the run is ending")

// Look gives the outcome as it is now, and the run goes on: the same that its end
// would tell, but without the events: Log has them. Of workers that have ended it
// gives the last outcome.
func (r *Run) Look() (o *Outcome, err error) {
	err = r.Examine(func(now *Outcome) { o = now })
	return o, err
}

// Examine is Look, and calls f before anything else can happen in the stream: what
// the sinks have been told is then what the outcome speaks of. The run is not held up
// by it, but its records lie in the rings meanwhile, so f must be short.
func (r *Run) Examine(f func(*Outcome)) error {
	for {
		err := r.call(func(l *live) error {
			switch {
			case l.ended:
				f(r.last) // written by this goroutine
			case l.stopping, l.deaths() && l.allGone():
				return errEnding
			default:
				f(l.lookNow())
			}
			return nil
		})
		switch err {
		case nil:
			return nil
		case errOver:
			o, err := r.Wait()
			if err == nil {
				f(o)
			}
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// looks is how often lookNow tries to find all counters at one moment. Workers that
// never rest are only ever seen in passing.
const looks = 20

// lookNow sums up what there is. Counters, levels and the kernel's view are read one
// after the other, so it is done again until nothing was changed meanwhile.
func (l *live) lookNow() *Outcome {
	var o *Outcome
	for try := range looks {
		if try > 0 {
			time.Sleep(100 * time.Microsecond)
		}
		l.drain()
		calls := l.calls()
		l.asked = try == 0 || !l.unread() && !l.inCall() // what the kernel counts is told too
		l.sample()
		l.asked = false
		l.flush()
		l.whereAsleep()
		o = l.outcome(float64(l.now()) / 1e9)
		if !l.unread() && !l.inCall() && calls == l.calls() {
			break
		}
	}
	o.Unasked = slices.Clone(l.unasked)
	return o
}

// whereAsleep notes in which call of the mechanism each worker sleeps.
func (l *live) whereAsleep() {
	clear(l.blockedIn)
	for i, p := range l.procs {
		if w := p.view.now.wait; !p.reaped && w.InCall() {
			l.blockedIn[i] = w.String()
		}
	}
}

// calls counts the operations of all workers.
func (l *live) calls() (n uint64) {
	for _, p := range l.procs {
		n += atomic.LoadUint64(&p.calls)
	}
	return n
}

// inCall reports whether a worker is within an operation and not asleep in it: what
// it does may be done and not yet counted.
func (l *live) inCall() bool {
	return slices.ContainsFunc(l.procs, func(p *process) bool {
		_, open := p.open()
		return open && p.view.now.state == 'R' && !p.dead.Load()
	})
}
