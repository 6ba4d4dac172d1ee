package lab

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// setMode opens or closes the gates.
func (l *live) setMode(m Mode) {
	l.mode = m
	if m != Full && l.ctl.sample.Swap(0) != 0 { // every step counts
		l.own(Event{Kind: State, Call: Call(FactSample), Level: 1})
	}
	l.turnGates()
	l.turn, l.goal = l.now(), false
	if m != Slow {
		l.turn = 0
	}
}

func (l *live) turnGates() {
	l.held = l.mode != Full || l.paused
	l.ctl.mode.Store(uint32(l.mode))
	var gate uint32
	if l.held {
		gate = 1
	}
	l.ctl.gate.Store(gate)
	l.rouse()
}

// rouse wakes whoever sleeps at a gate or by its own rate, to look again.
func (l *live) rouse() {
	l.ctl.turn.Add(1)
	futexWake(&l.ctl.turn, maxProcs)
	for _, p := range l.procs {
		// The word must change: one that is about to sleep, or was stopped asleep and
		// will be continued, compares it first.
		p.permits.Store(p.permits.Load() ^ 1)
		futexWake(&p.permits, 1)
	}
}

// schedule lets the next worker go where that is the lab's business.
func (l *live) schedule(now int64) {
	switch {
	case l.mode == Slow && !l.paused && now >= l.turn:
		if l.next() == nil {
			l.turn = now + int64(1e9/l.pace)
		} else {
			l.turn = now + 5e6 // nobody waits at a gate: look again
		}
	case l.goal && l.settled():
		l.goal = l.next() == nil
	}
}

// settled reports whether every worker waits: at its gate, or in the kernel.
func (l *live) settled() bool {
	for _, p := range l.procs {
		if p.dead.Load() {
			continue
		}
		if w := p.view.told.wait; !p.waiting() && (l.soon != 0 || p.view.told.state == 'R' || w == WaitNone) {
			return false
		}
	}
	return true
}

// waiting reports whether a worker stands at a gate and could go.
func (p *process) waiting() bool {
	return p.held.Load() > 0 && p.permits.Load()/2 == p.passed.Load() && !p.dead.Load()
}

// next lets one worker go, chosen by the seed among those that could.
func (l *live) next() error {
	var could []*process
	for _, p := range l.procs {
		if p.waiting() && p.view.now.state != 'T' {
			could = append(could, p)
		}
	}
	if len(could) == 0 {
		return fmt.Errorf("let one go: nobody waits at a gate")
	}
	return l.step(could[l.rand.IntN(len(could))])
}

// step lets one operation of a worker go.
func (l *live) step(p *process) error {
	switch {
	case l.mode == Full && !l.paused:
		return fmt.Errorf("step %s: at full speed nobody waits; choose mode step", p.role)
	case p.dead.Load():
		return fmt.Errorf("step %s: it has ended", p.role)
	case p.view.now.state == 'T':
		return fmt.Errorf("step %s: it is stopped; send CONT first", p.role)
	case !p.waiting():
		if w := p.view.told.wait; w != WaitNone && w != WaitOther {
			return fmt.Errorf("step %s: it sleeps in %s; only another process can wake it", p.role, w)
		}
		return fmt.Errorf("step %s: its last operation is still going on", p.role)
	}
	p.permits.Add(2)
	futexWake(&p.permits, 1)
	l.soon = l.now() + 3e6 // soon we know whether it blocks
	return nil
}

// Do carries out an action; see Action for the words.
func (r *Run) Do(action string) error {
	return r.call(func(l *live) error {
		a, err := ParseAction(action, &r.info, &l.scene)
		if err != nil {
			return err
		}
		err = l.do(a)
		l.flush()
		return err
	})
}

func (l *live) do(a Action) error {
	switch a.Verb {
	case "restart":
		l.restart = true
		return nil
	case "stop":
		l.r.cancel()
		return nil
	case "start":
		if l.ended {
			l.restart = true
			return nil
		}
		a.Verb = "resume"
	}
	if l.ended && a.Verb != "set" {
		return fmt.Errorf("%s: the processes have ended; restart brings new ones", a.Verb)
	}
	var p *process
	if n := l.scene.ProcNumber(a.Role); n != 0 && !l.ended {
		p = l.procs[n-1]
	}
	switch a.Verb {
	case "set":
		return l.set(a)
	case "signal":
		return l.kick(p, unix.Signal(a.Value))
	case "pin":
		return l.pin(p, int(a.Value))
	case "step":
		return l.step(p)
	case "next":
		return l.next()
	case "next block":
		l.goal = true
		return nil
	case "wait":
		if !p.dead.Load() {
			return fmt.Errorf("wait for %s: it has not ended", p.role)
		}
		if !p.reaped {
			l.reap(p)
		}
		return nil
	case "mode":
		l.paused = false
		l.setMode(Mode(a.Value))
	case "pace":
		l.pace = a.Pace
		l.turn = min(l.turn, l.now()+int64(1e9/l.pace))
	case "pause", "resume":
		l.paused = a.Verb == "pause"
		l.turnGates()
	}
	l.keepOptions(func(o *Options) { o.Mode, o.Pace = l.mode, l.pace })
	pace := l.pace
	if l.paused {
		pace = 0
	}
	l.own(Event{Kind: State, Call: Call(FactMode), Ret: int32(l.mode), Level: int64(pace * 1000), Flags: User})
	return nil
}

func (l *live) keepOptions(f func(*Options)) {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	f(&l.r.o)
}

// set turns a knob: one store, which all workers see.
func (l *live) set(a Action) error {
	k := l.r.info.Knobs[a.Knob]
	next := Settings{}
	for n, v := range l.r.o.Settings {
		next[n] = v
	}
	next[k.Name] = a.Value
	if err := checkBudget(l.r.m.Scene(next)); err != nil {
		return err
	}
	l.keepOptions(func(o *Options) { o.Settings = next })
	if l.ended {
		return nil
	}
	if !k.Restart {
		l.ctl.knobs[a.Knob].Store(a.Value)
		l.rouse()
	}
	l.own(Event{Kind: Knob, Want: uint32(a.Knob), Level: a.Value, Flags: User})
	return nil
}

// pin binds a process to one core.
func (l *live) pin(p *process, cpu int) error {
	if p.dead.Load() {
		return fmt.Errorf("pin %s: it has ended", p.role)
	}
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(p.pid, &set); err != nil {
		return fmt.Errorf("pin %s to core %d: %w; this machine has the cores 0 to %d", p.role, cpu, err, runtime.NumCPU()-1)
	}
	l.own(Event{Kind: State, Call: Call(FactCore), Proc: uint16(p.proc), Level: int64(cpu), Flags: User})
	return nil
}

// kick sends a signal that somebody asked for.
func (l *live) kick(p *process, s unix.Signal) error {
	if p.dead.Load() {
		return fmt.Errorf("send signal %d to %s: it has ended", s, p.role)
	}
	p.user = true
	e := Event{At: l.now(), Kind: Fault, Proc: uint16(p.proc), Want: uint32(s), Level: -1, Flags: User}
	err := p.signal(s)
	if err != nil {
		return err
	}
	l.own(e)
	l.soon = l.now() + 1e6
	return nil
}

// commands carries out what has been asked for.
func (l *live) commands() {
	for {
		select {
		case f := <-l.r.cmds:
			f(l)
		default:
			return
		}
	}
}
