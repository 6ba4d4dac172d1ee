package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// live is one epoch of a run: from the start of its workers to their end.
type live struct {
	r     *Run
	head  Header
	scene Scene
	stage *Stage
	ctl   *control
	leash *os.File // the lab's end: when it closes, workers end
	procs []*process
	watch sync.WaitGroup // those who wait for the end of a process

	merger  *merger
	mine    []Event // the lab's own records of this turn
	out     []Event
	seq     uint64
	dropped uint64
	sampled bool

	mode   Mode
	pace   float64
	paused bool
	held   bool // all gates are closed
	rand   *rand.Rand
	turn   int64 // when Slow lets the next one go
	goal   bool  // go on until one blocks

	ticks     int
	asked     bool  // somebody looks now: tell everything, not only what is due
	check     int64 // the last look at the processes
	soon      int64 // look again then, after a permit
	lastLevel [maxParts]stamp
	told      [maxParts]stamp // the level that the stream tells
	touched   [maxParts]int64 // when a call on the part last took effect
	books     [maxParts]books
	began     [maxProcs + 1]int64 // when a process began its newest operation in the stream
	dry       [maxParts]bool      // it is empty, and will be for ever
	doubt     [maxParts]bool      // the last look found a difference
	values    [maxParts]value
	agrees    map[uint16]bool
	unknown   []Event // open calls of killed processes, not settled
	died      [maxProcs + 1]int64
	shape     [maxParts]shape
	flow      flow
	past      [maxProcs]before
	load      load
	until     int64 // when the next aggregate is due
	unasked   []string
	restart   bool
	stopping  bool
	ended     bool
	blockedIn map[int]string
}

func (l *live) now() int64 { return nanotime() - l.head.Start }

// begin makes the kernel objects, starts the workers and lets them go.
func (r *Run) begin(epoch uint32) (_ *live, err error) {
	r.mu.Lock()
	o := r.o
	r.mu.Unlock()
	l := &live{r: r, mode: o.Mode, pace: o.Pace, agrees: map[uint16]bool{}, blockedIn: map[int]string{},
		rand: rand.New(rand.NewPCG(o.Seed, uint64(epoch)))}
	if l.scene, err = checkScene(r.m.Scene(o.Settings)); err != nil {
		return nil, fmt.Errorf("%s: %w", r.info.ID, err)
	}
	j, err := r.home.journal(r.id)
	if err != nil {
		return nil, err
	}
	l.stage = &Stage{Settings: o.Settings, Scene: l.scene, journal: j}
	defer func() {
		if err != nil {
			l.abandon()
		}
	}()
	if err := r.m.Open(l.stage); err != nil {
		return nil, fmt.Errorf("open %s: %w", r.info.ID, err)
	}
	l.scene = l.stage.Scene
	ctlFile, ctl, err := newControl()
	if err != nil {
		return nil, err
	}
	defer ctlFile.Close()
	l.ctl = ctl
	for i, k := range r.info.Knobs {
		ctl.knobs[i].Store(o.Settings[k.Name])
	}
	ctl.trace.Store(uint32(o.Trace))
	ctl.count.Store(uint64(max(o.Count, 0)))
	ours, theirs, err := leashPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	l.leash = ours
	start := nanotime()
	ctl.epoch.Store(start)
	l.merger = newMerger(len(l.scene.Procs))
	l.head = r.header(l, epoch, start)
	l.setMode(o.Mode) // which reads the run's clock
	for i := range l.scene.Procs {
		p, err := spawn(r.info.ID, l.stage, i+1, ctlFile, theirs)
		if err != nil {
			return nil, err
		}
		l.procs = append(l.procs, p)
		ctl.pids[i].Store(uint32(p.pid))
		if err := p.view.open(p.pid); err != nil {
			return nil, err
		}
		l.own(Event{Kind: Spawn, Proc: uint16(i + 1), Ret: int32(p.pid), Level: -1})
		l.watch.Go(func() { p.watch(ctl.ring) })
	}
	l.stage.closeFiles()
	l.own(Event{Kind: State, Call: Call(FactMode), Ret: int32(l.mode), Level: int64(l.pace * 1000)})
	for i, p := range l.scene.Parts {
		if p.Cap > 0 && p.Holds != "" {
			l.own(Event{Kind: State, Call: Call(FactCapacity), Part: uint16(i + 1), Level: p.Cap})
		}
	}
	r.over.Store(false)
	r.kept.reset()
	r.mu.Lock()
	r.head, r.ctl = l.head, ctl
	r.mu.Unlock()
	ctl.ready.Store(1)
	futexWake(&ctl.ready, maxProcs)
	return l, nil
}

// leashPair is a pipe whose far end every worker reads: it ends when the lab lets
// go of it, or dies.
func leashPair() (ours, theirs *os.File, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("make leash: %w", err)
	}
	return w, r, nil
}

// abandon ends what begin had started when it failed.
func (l *live) abandon() {
	if l.leash != nil {
		l.leash.Close()
	}
	for _, p := range l.procs {
		_ = p.signal(unix.SIGKILL)
		p.reap()
		p.view.close()
		p.close()
	}
	_ = l.stage.close()
}

// work drains rings, looks at processes and carries out commands until the epoch
// ends. True means that a new one is wanted.
func (l *live) work() (again bool) {
	for !l.restart && l.r.ctx.Err() == nil {
		moved := l.drain()
		l.commands()
		now := l.now()
		if now-l.check >= int64(sampling) || l.soon != 0 && now >= l.soon {
			l.soon = 0
			l.ticks++
			l.sample()
		} else {
			for _, p := range l.procs {
				l.sampleGate(p)
			}
		}
		l.schedule(now)
		if l.mode == Full && now >= l.until {
			l.aggregate(now)
		}
		if l.deaths() && l.allGone() {
			l.drain()
			return false
		}
		l.flush()
		l.sleep(moved)
	}
	return l.restart
}

// sleep waits for news. While records flow at full speed the bell stays off: a
// futex call for each would slow what is watched.
func (l *live) sleep(moved int) {
	due := l.check + int64(sampling)
	for _, t := range []int64{l.soon, l.turn} {
		if t != 0 {
			due = min(due, t)
		}
	}
	wait := max(due-l.now(), 50_000)
	if moved > 64 {
		time.Sleep(500 * time.Microsecond)
		return
	}
	bell := l.ctl.bell.Load()
	l.ctl.asleep.Store(1)
	if !l.news() && len(l.r.cmds) == 0 {
		futexWait(&l.ctl.bell, bell, wait)
	}
	l.ctl.asleep.Store(0)
}

func (l *live) news() bool {
	for _, p := range l.procs {
		if atomic.LoadUint64(&p.wrote) != p.ours || p.dead.Load() && !p.buried {
			return true
		}
		if p.held.Load() != p.view.gate && l.mode != Full {
			return true
		}
	}
	return false
}

// drain takes what lies in the rings, puts it in order and hands it on.
func (l *live) drain() (moved int) {
	cut := l.surely(l.now())
	pressed := false
	for _, p := range l.procs {
		a, b := p.pending()
		l.merger.add(p.proc, a)
		l.merger.add(p.proc, b)
		n := len(a) + len(b)
		p.take(n)
		moved += n + l.takeHandled(p)
		if skipped := atomic.LoadUint64(&p.skipped); skipped != p.left {
			pressed = pressed || l.ctl.sample.Load() == 0
			p.left, l.sampled = skipped, true
		}
		pressed = pressed || n > ringSlots/2
		if lost := p.lost(); lost > 0 {
			l.dropped += lost
			l.own(Event{Kind: Lost, Proc: uint16(p.proc), Level: int64(lost)})
			pressed = true
		}
	}
	l.adapt(pressed, moved)
	l.out = l.merger.merge(l.out[:0], cut, l.sending)
	l.emit(l.out)
	return moved
}

// surely gives the time up to which all that givers have done is in the rings: others
// may have noted what they took before the giver has noted that it gave.
func (l *live) surely(now int64) int64 {
	cut := now
	for _, p := range l.procs {
		o, ok := p.open()
		if ok && o.Part != 0 && (o.Kind == Signal || o.Kind == Store || o.Kind == Unlock) && now-o.At < int64(patience) && !p.dead.Load() {
			cut = min(cut, o.At)
		}
	}
	return cut
}

// sending reports whether a process is in the middle of sending a message: its
// intent then stands for the send.
func (l *live) sending(msg uint64) bool {
	n := Sender(msg)
	if n < 1 || n > len(l.procs) {
		return false
	}
	o, ok := l.procs[n-1].open()
	return ok && o.Msg == msg
}

// own notes a record of the lab's own.
func (l *live) own(e Event) {
	if e.At == 0 {
		e.At = l.now()
	}
	l.mine = append(l.mine, e)
}

// flush hands on the lab's own records.
func (l *live) flush() {
	for len(l.mine) > 0 {
		es := l.mine
		l.mine = nil
		l.emit(es)
	}
}

// emit numbers records, keeps them and hands them to the sinks.
func (l *live) emit(es []Event) {
	if len(es) == 0 {
		return
	}
	read := l.now()
	for i := range es {
		e := &es[i]
		l.seq++
		e.Seq = l.seq
		if e.Kind != State {
			l.began[e.Proc] = e.At
		}
		switch e.Kind {
		case State:
		case Send, Recv, Signal, Deliver, Store, Lock, Unlock, Fault:
			l.keepBooks(e, read)
			l.touched[e.Part] = max(l.touched[e.Part], e.At+e.Dur)
			l.flow.follow(e)
			if e.Level >= 0 && e.Part != 0 {
				l.level(e)
			}
			if e.Kind == Recv && e.Flags&EOF != 0 { // nothing is left, and nobody can add to it
				l.dry[e.Part] = true
			}
		case Block:
			l.goal = false
			l.merger.asleep(e)
		}
	}
	l.r.kept.append(es)
	for _, s := range l.r.sinks {
		s.Records(es)
	}
}

// level takes over the level that a call has asked for.
func (l *live) level(e *Event) {
	if at := e.At + e.Dur; at > l.lastLevel[e.Part].at {
		l.lastLevel[e.Part] = stamp{at, e.Level}
		l.told[e.Part] = l.lastLevel[e.Part]
	}
	if l.mode == Full {
		l.shape[e.Part].add(e.Level, l.scene.Parts[e.Part-1].Cap)
	}
}

func (l *live) paced() Flags {
	if l.held {
		return Paced
	}
	return 0
}
