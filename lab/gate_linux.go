package lab

import "slices"

// Next waits until the worker's next round of operations may begin: at its gate in
// Step and Slow, by its own rate (a second; 0 is as fast as it can) at full speed.
// False means that the work is over.
func (w *Worker) Next(rate int64) bool {
	c := w.ctl
	if c.stop.Load() != 0 || w.Scene.Procs[w.Proc-1].Group != Taker && c.count.Load() != 0 && w.did >= c.count.Load() {
		return false
	}
	w.did++
	if c.gate.Load() == 0 && rate > 0 {
		w.rest(rate)
	}
	return w.hold(1)
}

// Gate waits before a finer operation of the round, where the lab holds workers.
// False means that the work is over.
func (w *Worker) Gate(name string) bool {
	if w.ctl.gate.Load() == 0 {
		return w.ctl.stop.Load() == 0
	}
	return w.hold(int32(1 + slices.Index(w.Scene.Procs[w.Proc-1].Gates, name)))
}

// Held reports whether the lab lets operations go one at a time.
func (w *Worker) Held() bool { return w.ctl.gate.Load() != 0 }

// hold waits for a permit. The permits let go are counted in one word that only
// the lab writes and the permits used in another that only the worker writes: so
// none is ever taken twice or forgotten.
func (w *Worker) hold(gate int32) bool {
	c := w.ctl
	for c.gate.Load() != 0 && c.stop.Load() == 0 {
		word := w.permits.Load()
		if used := w.passed.Load(); used != word/2 {
			w.passed.Store(used + 1)
			break
		}
		w.held.Store(gate)
		if c.asleep.Load() != 0 {
			c.ring()
		}
		futexWait(&w.permits, word, 0)
	}
	w.held.Store(0)
	return c.stop.Load() == 0
}

// rest sleeps until the next operation is due by the worker's own rate.
func (w *Worker) rest(rate int64) {
	now := nanotime()
	if w.due == 0 || w.due < now-1e9 {
		w.due = now
	}
	for w.due > now && w.ctl.stop.Load() == 0 && w.ctl.gate.Load() == 0 {
		turn := w.ctl.turn.Load()
		w.held.Store(-1)
		futexWait(&w.ctl.turn, turn, w.due-now)
		now = nanotime()
		if w.ctl.turn.Load() != turn { // a knob was turned: perhaps this one
			w.due = min(w.due, now)
		}
	}
	w.held.Store(0)
	w.due += 1e9 / rate
}

// Times gives how many rounds to make: what the run was told, else what a knob says
// now; 0 is no end.
func (w *Worker) Times(knob string) uint64 {
	if n := w.ctl.count.Load(); n != 0 {
		return n
	}
	return uint64(w.Knob(knob).Get())
}

// Wait rests until a condition holds that depends on knobs, or the work is over.
func (w *Worker) Wait(cond func() bool) {
	for w.ctl.stop.Load() == 0 {
		turn := w.ctl.turn.Load()
		if cond() {
			break
		}
		w.held.Store(-1)
		futexWait(&w.ctl.turn, turn, 0)
	}
	w.held.Store(0)
}

// Meet waits until all workers are prepared and have come to the same place: else
// one might be at work before another knows what to do.
func (w *Worker) Meet() {
	c := w.ctl
	all := uint32(len(w.Scene.Procs))
	if c.met.Add(1) == all {
		c.turn.Add(1)
		futexWake(&c.turn, maxProcs)
	}
	for c.stop.Load() == 0 {
		turn := c.turn.Load()
		if c.met.Load() >= all {
			break
		}
		futexWait(&c.turn, turn, 0)
	}
}

// Message names the worker's next message, or its next round of operations.
func (w *Worker) Message() uint64 {
	w.msgs++
	return Message(w.Proc, w.msgs)
}

// Knob gives a handle to a parameter's present value.
func (w *Worker) Knob(name string) *Dial { return (*Dial)(&w.ctl.knobs[w.knobs[name]]) }

// Changed reports whether a knob has been turned since it was last asked.
func (w *Worker) Changed(name string) bool {
	v := w.Knob(name).Get()
	old, ok := w.stash[name]
	if !ok {
		old = w.order.Settings[name]
	}
	w.stash[name] = v
	return v != old
}

// Tell reports a fact about a part that a worker found out by asking the kernel.
func (w *Worker) Tell(f Fact, part uint16, level int64) {
	s := w.begin()
	if Trace(w.ctl.trace.Load()) != TraceFull {
		return
	}
	*s = Event{At: nanotime() - w.ctl.epoch.Load(), Kind: State, Call: Call(f), Proc: uint16(w.Proc), Part: part, Level: level}
	w.ring.end(s)
	if w.ctl.asleep.Load() != 0 {
		w.ctl.ring()
	}
}
