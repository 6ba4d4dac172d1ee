package lessons

import (
	"slices"

	"ipclab/lab"
)

// The kinds and calls that a book counts, and the descriptors that it remembers of a
// process; more than there are.
const (
	maxKinds = 32
	maxCalls = 64
	maxFDs   = 256
)

// procBook is what the stream says of one process.
type procBook struct {
	gates []string
	pid   int
	exit  *exit

	state  byte     // the kernel's letter, as told last
	wait   lab.Wait // and where it slept
	on     uint16
	gate   int32
	asleep bool // within a call that has not returned
	block  lab.Event

	was   map[string]bool
	slept map[lab.Wait]bool

	calls  [maxCalls]int // returned, or surely begun when its process was killed
	doubt  [maxCalls]bool
	last   [maxCalls]lab.Event
	errors map[int32]int
	taken  [maxSignal + 1]int
	gave   [maxSignal + 1]int
	count  [maxKinds]int
	first  [maxKinds]lab.Event
	newest [maxKinds]lab.Event

	sent, received, bytesSent, bytesReceived, torn int

	fds   []lab.Event
	maps  map[uint16]int64
	told  map[lab.Fact]lab.Event // masks, switches, …
	locks []uint16               // parts that it has locked
	items []uint16               // parts that hold one item or none, the same for all
}

func (p *procBook) init(of *lab.Proc) {
	p.gates = of.Gates
	p.was, p.slept = map[string]bool{}, map[lab.Wait]bool{}
	p.errors, p.maps, p.told = map[int32]int{}, map[uint16]int64{}, map[lab.Fact]lab.Event{}
}

// did takes in an event of the process, or about it.
func (p *procBook) did(e *lab.Event, updates uint16) {
	switch e.Kind {
	case lab.Spawn:
		p.pid, p.state = int(e.Ret), 'R'
		p.seen()
	case lab.Exit:
		p.exit = &exit{Code: int(e.Ret)}
		if e.Ret < 0 {
			p.exit = &exit{-1, signalName(int(-e.Ret))}
		}
		p.state, p.wait, p.asleep, p.gate = 'X', lab.WaitNone, false, 0
		p.seen()
	case lab.Fault:
	case lab.Deliver, lab.Store, lab.Lock, lab.Unlock:
		if e.Flags&lab.Handler != 0 { // the process goes on doing what it did, perhaps sleeping
			p.moved(e, updates)
			break
		}
		p.returned(e, updates)
	case lab.Block:
		if !p.returns(e) {
			p.tally(e)
			p.asleep, p.block = true, *e
			p.slept[lab.Wait(e.Data[0])] = true
			p.seen()
			return
		}
		if !p.asleep && e.Ret >= 0 { // it slept for less than a look
			p.tally(e)
		}
		p.returned(e, updates)
		return
	default:
		p.returned(e, updates)
	}
	p.tally(e)
}

// returns tells the two records of a call whose work is to sleep apart: that it fell
// asleep, as the lab saw it, and that it returned, as its process noted.
func (p *procBook) returns(e *lab.Event) bool {
	return e.Dur > 0 || e.Flags&(lab.Open|lab.Stopped) != 0 || p.asleep && p.block.Kind == lab.Block && p.block.At == e.At
}

// tally counts an event of a kind.
func (p *procBook) tally(e *lab.Event) {
	if e.Kind >= maxKinds || e.Flags&(lab.Open|lab.Stopped|lab.Settles) != 0 {
		return
	}
	if p.count[e.Kind]++; p.count[e.Kind] == 1 {
		p.first[e.Kind] = *e
	}
	p.newest[e.Kind] = *e
}

// returned takes in a call that is over.
func (p *procBook) returned(e *lab.Event, updates uint16) {
	cut := e.Flags&(lab.Open|lab.Stopped) != 0
	if e.Call != lab.CallNone && e.Call < maxCalls && e.Flags&lab.Settles == 0 {
		switch {
		case !cut:
			p.calls[e.Call]++
			p.last[e.Call] = *e
			if e.Ret < 0 && int64(-e.Ret) < int64(len(errnos)) {
				p.errors[-e.Ret]++
			}
		case p.asleep && p.block.Call == e.Call: // seen within it
			p.calls[e.Call]++
		case e.Flags&lab.Open != 0: // killed shortly before it, or within it
			p.doubt[e.Call] = true
		}
	}
	if e.Flags&lab.Settles == 0 {
		p.asleep = false
		if p.wait.InCall() { // until the lab sees it asleep again
			p.wait = lab.WaitNone
			if p.state == 'S' || p.state == 'D' {
				p.state = 'R'
			}
		}
	}
	if e.Ret < 0 || cut {
		return
	}
	if e.Flags&lab.Torn != 0 {
		p.torn++
	}
	p.moved(e, updates)
}

// moved counts what a call gave or took, as the worker's own counters do.
func (p *procBook) moved(e *lab.Event, updates uint16) {
	settles := e.Flags&lab.Settles != 0
	switch e.Kind {
	case lab.Send:
		p.bytesSent += int(e.Ret)
		if !settles {
			p.sent++
		}
	case lab.Recv:
		p.bytesReceived += int(e.Ret)
		if e.Ret > 0 && !settles {
			p.received++
		}
	case lab.Store:
		switch {
		case settles && e.Ret == 0:
		case e.Part != 0 && e.Part == updates || slices.Contains(p.items, e.Part) && e.Word() != 0:
			p.sent++
		case slices.Contains(p.items, e.Part):
			p.received++
		}
	case lab.Signal:
		if e.Want == 0 { // it only asks whether the process is there
			break
		}
		p.sent++
		if e.Want <= maxSignal {
			p.gave[e.Want]++
		}
	case lab.Deliver:
		p.received++
		if e.Want <= maxSignal {
			p.taken[e.Want]++
		}
	case lab.Lock:
		if tookLock(e) && !slices.Contains(p.locks, e.Part) {
			p.locks = append(p.locks, e.Part)
		}
	case lab.Unlock:
		p.locks = slices.DeleteFunc(p.locks, func(n uint16) bool { return n == e.Part })
	}
}

// tookLock reports whether a try to lock succeeded: a system call did if it returned, a
// compare-and-swap says so.
func tookLock(e *lab.Event) bool { return e.Call != lab.CallNone || e.Ret == 1 }

// fact takes in what the lab saw of the process.
func (p *procBook) fact(f lab.Fact, e *lab.Event) {
	switch f {
	case lab.FactState:
		p.state, p.wait, p.on = e.Data[0], lab.Wait(e.Data[1]), e.Part
		if p.state == 'S' || p.state == 'D' {
			p.slept[p.wait] = true
		}
		if p.state == 'Z' || p.state == 'X' {
			p.gate = 0
		}
		p.seen()
	case lab.FactGate:
		p.gate = e.Ret
		p.seen()
	case lab.FactFD:
		p.fds = slices.DeleteFunc(p.fds, func(o lab.Event) bool { return o.Ret == e.Ret })
		if len(p.fds) < maxFDs {
			p.fds = append(p.fds, *e)
		}
	case lab.FactMap:
		p.maps[e.Part] = e.Level
	default:
		p.told[f] = *e
	}
}

// seen notes the state in which it is seen.
func (p *procBook) seen() {
	if s := p.stateName(); s != "" && !p.was[s] {
		p.was[s] = true
	}
}

// stateName is the word for what the process does; "" if it is none that claims know.
func (p *procBook) stateName() string {
	switch {
	case p.exit != nil:
		return "gone"
	case p.state == 'Z':
		return "zombie"
	case p.state == 'T' || p.state == 't':
		return "stopped"
	case p.gate > 0:
		return "held"
	case p.asleep || p.state == 'S' || p.state == 'D':
		return "sleeping"
	case p.state == 'R':
		return "running"
	}
	return ""
}

// place is where it sleeps, and on which part.
func (p *procBook) place() (lab.Wait, uint16) {
	switch s := p.stateName(); {
	case s == "held":
		return lab.WaitGate, 0
	case s != "sleeping":
		return lab.WaitNone, 0
	case p.asleep:
		return lab.Wait(p.block.Data[0]), p.block.Part
	case p.wait == lab.WaitGate: // it was let go since
		return lab.WaitNone, 0
	}
	return p.wait, p.on
}

// gateName is where the lab holds it.
func (p *procBook) gateName() string {
	if i := int(p.gate) - 1; i >= 0 && i < len(p.gates) {
		return p.gates[i]
	}
	return ""
}

// alive reports whether it can still do something.
func (p *procBook) alive() bool {
	return p.pid != 0 && p.exit == nil && p.state != 'Z' && p.state != 'X'
}

// holds gives how it holds a part open: as Stage.Give says, 0 if not at all.
func (p *procBook) holds(part uint16) (how uint32) {
	for i := range p.fds {
		if p.fds[i].Part == part {
			how |= p.fds[i].Want
		}
	}
	return how
}
