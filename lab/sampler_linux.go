package lab

import (
	"encoding/binary"
	"time"
)

// sampling is how often the lab looks at its workers. It sees only what lasts
// longer than that: the order of events comes from the workers' own records.
const sampling = 16 * time.Millisecond

// sample looks at all workers and emits what has changed.
func (l *live) sample() {
	for _, p := range l.procs {
		if p.reaped {
			continue
		}
		l.sampleProc(p)
	}
	l.sampleParts()
	l.sampleNames()
	l.checkLaws()
	l.r.hung.Store(l.ctl.count.Load() != 0 && l.stuck())
	l.check = l.now()
}

// stuck reports whether all that live have been asleep in a call of the mechanism
// for some looks.
func (l *live) stuck() bool {
	for _, p := range l.procs {
		if w := p.view.now.wait; !p.dead.Load() && (p.view.now.state != 'S' || !w.InCall() || p.view.same < 10) {
			return false
		}
	}
	return true
}

func (l *live) sampleProc(p *process) {
	v := &p.view
	now := v.look(p, l.scene.Parts)
	if now.state == 'Z' || now.state == 'X' {
		return // told when it is buried, with what it has left
	}
	v.samples++
	v.asleep[now.wait]++
	if now == v.now {
		v.same++
	} else {
		v.now, v.same = now, 0
	}
	l.sampleGate(p)
	// What it did before it fell asleep comes first.
	if o, ok := p.open(); ok && now.state == 'S' && v.blocked != o.Seq && calls[o.Call].name != "" && matches(o.Call, now.nr) && !l.unreadOf(p) {
		if again, ok := p.open(); ok && again.Seq == o.Seq { // still the same call
			v.blocked = o.Seq
			e := o
			e.Kind, e.Flags = Block, l.paced()
			copy(e.Data[:], []byte{byte(now.wait)})
			l.own(e)
		}
	}
	l.sampleHandler(p)
	// At full speed a state counts once it has lasted for two looks.
	if key := (seen{state: now.state, wait: now.wait, part: now.part}); key != v.told && (l.mode != Full || v.same > 0 || now.state != 'R' && now.state != 'S') {
		v.told = key
		l.own(Event{Kind: State, Call: Call(FactState), Proc: uint16(p.proc), Part: now.part, Level: -1, Data: [8]byte{now.state, byte(now.wait)}})
		l.tellWchan(p, now.wchan)
		if now.wait.InCall() {
			l.goal = false
		}
	}
	v.statusFacts(func(f Fact, e Event) {
		if f == FactSwitches && l.mode == Full && l.ticks%16 != 0 && !l.asked || f == FactSigQ && !l.scene.hasSignals(p.role) {
			return
		}
		l.fact(p, f, e)
	})
	if now.state != 'R' || l.mode != Full || l.ticks%16 == 0 || l.asked {
		l.counts(p)
	}
	l.holdings(p)
}

// counts tells what the kernel has counted of a process.
func (l *live) counts(p *process) {
	if e, ok := p.view.ioFact(p); ok {
		l.fact(p, FactIO, e)
	}
	if ns := cpuTime(p.pid); ns > 0 && (l.ticks%16 == 0 || l.asked || p.dead.Load()) { // it changes all the time
		l.fact(p, FactCPU, Event{Level: ns})
	}
}

// holdings tells which descriptors and mappings a process has.
func (l *live) holdings(p *process) {
	v := &p.view
	if n := p.nfds.Load(); n != v.nfds || l.fdsChanged(p) {
		for i := range min(n, maxFDs) {
			v.hows[i] = p.fds[i].how
			l.own(Event{Kind: State, Call: Call(FactFD), Proc: uint16(p.proc), Part: uint16(p.fds[i].part), Ret: int32(p.fds[i].fd), Want: p.fds[i].how, Level: -1})
		}
		v.nfds = n
	}
	for n := min(p.nmaps.Load(), maxMaps); v.nmaps < n; v.nmaps++ {
		m := p.maps[v.nmaps]
		l.own(Event{Kind: State, Call: Call(FactMap), Proc: uint16(p.proc), Part: uint16(m.part), Level: int64(m.addr)})
	}
}

func (l *live) fdsChanged(p *process) bool {
	for i := range min(p.view.nfds, maxFDs) {
		if p.fds[i].how != p.view.hows[i] {
			return true
		}
	}
	return false
}

// sampleGate emits that a worker waits at a gate, or has gone on.
func (l *live) sampleGate(p *process) {
	// What it did before it came to the gate comes first.
	if g := p.held.Load(); g != p.view.gate && (l.mode != Full || g >= 0) && !p.buried && !l.unreadOf(p) {
		p.view.gate = g
		l.own(Event{Kind: State, Call: Call(FactGate), Proc: uint16(p.proc), Ret: g, Level: -1})
	}
}

// fact emits a fact of a process if it is new.
func (l *live) fact(p *process, f Fact, e Event) {
	e.Kind, e.Call, e.Proc = State, Call(f), uint16(p.proc)
	if old, ok := p.view.facts[f]; !ok || old != e {
		p.view.facts[f] = e
		l.own(e)
	}
}

func (l *live) tellWchan(p *process, name string) {
	for i := 0; i == 0 || i < len(name); i += 8 {
		e := Event{Kind: State, Call: Call(FactWchan), Proc: uint16(p.proc), Want: uint32(i), Level: -1}
		copy(e.Data[:], name[min(i, len(name)):])
		l.own(e)
	}
}

// sampleParts takes over what the observers and the lab itself found.
func (l *live) sampleParts() {
	for i := range l.scene.Parts {
		part := uint16(i + 1)
		at, value := l.lastLevel[part].at, int64(-1)
		for _, p := range l.procs {
			lv := &p.levels[part]
			seq := lv.seq.Load()
			if a, v := lv.at, lv.value; seq&1 == 0 && seq != 0 && lv.seq.Load() == seq && a > at {
				at, value = a, v
			}
		}
		if ask := l.stage.asks[part]; ask != nil {
			at = l.now()
			if value = ask(); value < 0 {
				l.lastLevel[part] = stamp{} // it is not there any more: what was in it says nothing
			}
		}
		if l.dry[part] {
			at, value = l.now(), 0
		}
		if value < 0 {
			continue
		}
		l.lastLevel[part] = stamp{at, value}
		l.shape[part].add(value, l.scene.Parts[i].Cap)
		if told := l.told[part]; (told.value != value || told.at == 0) && l.touched[part] < at { // no call has changed it since
			l.told[part] = stamp{at, value}
			l.own(Event{At: at, Kind: State, Call: Call(FactLevel), Part: part, Level: value})
		}
	}
}

// sampleNames tells which names are there, and how often parts are attached.
func (l *live) sampleNames() {
	for i := range l.stage.named {
		n, is := &l.stage.named[i], int64(0)
		if n.ask() {
			is = 1
		}
		if is != n.told {
			n.told = is
			l.own(Event{Kind: State, Call: Call(FactExists), Part: n.part, Level: is})
		}
	}
	for i := range l.stage.joined {
		j := &l.stage.joined[i]
		n, marked := j.ask()
		if n == j.told && marked == j.marked {
			continue
		}
		j.told, j.marked = n, marked
		e := Event{Kind: State, Call: Call(FactAttached), Part: j.part, Level: n}
		if marked {
			e.Ret = 1
		}
		l.own(e)
	}
}

// stamp is a value and when it was read.
type stamp struct{ at, value int64 }

// matches reports whether a system call number is the one that a call names.
func matches(c Call, nr int64) bool {
	for _, n := range callNumbers[c] {
		if n == nr {
			return true
		}
	}
	return false
}

func word(e *Event) uint64 { return binary.LittleEndian.Uint64(e.Data[:]) }
