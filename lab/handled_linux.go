package lab

import (
	"encoding/binary"
	"sync/atomic"
)

// sentQueued is SI_QUEUE: the signal came with a value.
const sentQueued = -1

// takeHandled takes over what a worker's handler has noted, each run as a signal
// delivered, and a store to the flag. It is asked for after the records of the main thread: so the handler's
// run is there before the record of the call that it interrupted.
func (l *live) takeHandled(p *process) (moved int) {
	lost := int64(0)
	for ; p.runs < atomic.LoadUint64(&p.handled.runs); p.runs++ {
		r := p.handled.log[p.runs%handledSlots]
		if atomic.LoadUint64(&p.handled.runs)-p.runs >= handledSlots { // overwritten by now, perhaps
			lost++
			continue
		}
		if l.r.trace != TraceFull || p.runs&l.ctl.sample.Load() != 0 {
			continue
		}
		e := Event{At: r.sec*1e9 + r.nsec - l.head.Start, Kind: Deliver, Proc: uint16(p.proc), Part: l.signalsOf(uint16(p.proc)),
			Want: uint32(r.signo), Ret: r.signo, Level: -1, Flags: Handler | l.paced()}
		if r.did != ran {
			e.Kind, e.Part, e.Want, e.Ret = Lock, uint16(p.handled.lock), 0, int32(r.flag)
			if r.did == unlocked {
				e.Kind = Unlock
			}
			binary.LittleEndian.PutUint64(e.Data[:], r.value)
			l.merger.add(0, []Event{e})
			moved++
			continue
		}
		if r.code == sentQueued {
			binary.LittleEndian.PutUint64(e.Data[:], r.value)
		}
		l.merger.add(0, []Event{e})
		moved++
		if part := uint16(p.handled.flag); part != 0 && int(part) <= len(l.scene.Parts) {
			e.Kind, e.Part, e.Want, e.Ret = Store, part, 0, 8
			binary.LittleEndian.PutUint64(e.Data[:], r.flag+1)
			l.merger.add(0, []Event{e})
		}
	}
	if lost > 0 {
		l.dropped += uint64(lost)
		l.own(Event{Kind: Lost, Proc: uint16(p.proc), Level: lost})
	}
	return moved
}

// handlerSleeps gives the call in which a worker's handler sleeps.
func (p *process) handlerSleeps(start int64) (e Event, ok bool) {
	h := p.handled
	if atomic.LoadUint64(&h.asleep) == 0 {
		return e, false
	}
	return Event{At: h.sec*1e9 + h.nsec - start, Kind: Block, Call: CallFutex, Proc: uint16(p.proc), Part: uint16(h.lock),
		Want: uint32(h.word), Level: -1, Flags: Handler}, true
}

// sampleHandler tells that a handler has fallen asleep. Nothing can wake it: the
// program that it has interrupted stands still.
func (l *live) sampleHandler(p *process) {
	e, ok := p.handlerSleeps(l.head.Start)
	if now := p.view.now; !ok || p.view.stuck || now.state != 'S' || now.wait != WaitFutex || l.unreadOf(p) {
		return
	}
	p.view.stuck = true
	e.Flags |= l.paced()
	e.Data[0] = byte(WaitFutex)
	l.own(e)
}
