package lessons

import (
	"slices"

	"ipclab/lab"
)

// partBook is what the stream says of one part.
type partBook struct {
	kind     lab.PartType
	in       string
	offset   int64
	level    stamped
	capacity int64
	agrees   *bool
	exists   *bool // whether its name is there

	stores map[uint32][]stored // by offset: the newest, and those that overlapped it
	died   bool                // an owner died while it held the lock
	word   stamped             // of a lock: as its users left it
	queue  [maxSignal + 1]int  // signals sent and not yet taken
}

// stamped is a value and when it was read.
type stamped struct {
	at    int64
	value int64
	known bool
}

// set takes a value over unless a newer one is known.
func (s *stamped) set(at, value int64) {
	if !s.known || at >= s.at {
		*s = stamped{at, value, true}
	}
}

// stored is a store.
type stored struct {
	value uint64
	at    int64
	proc  uint16
}

func (p *partBook) init(of *lab.Part) {
	p.kind, p.in, p.offset, p.capacity = of.Type, of.In, of.Offset, of.Cap
	p.stores = map[uint32][]stored{}
}

// did takes in a call on the part.
func (p *partBook) did(e *lab.Event) {
	if e.Level >= 0 {
		p.level.set(e.End(), e.Level)
	}
	if e.Flags&lab.OwnerDied != 0 {
		p.died = true
	}
	if e.Ret < 0 || e.Flags&(lab.Open|lab.Stopped) != 0 {
		return
	}
	switch e.Kind {
	case lab.Signal:
		if n := e.Want; n > 0 && n <= maxSignal && (n >= realTime || p.queue[n] == 0) {
			p.queue[n]++
		}
	case lab.Deliver:
		if n := e.Want; n <= maxSignal && p.queue[n] > 0 {
			p.queue[n]--
		}
	}
}

// realTime is the first signal of which each one sent is kept.
const realTime = 32

// fact takes in what the lab looked up.
func (p *partBook) fact(f lab.Fact, e *lab.Event) {
	switch f {
	case lab.FactLevel:
		p.level.set(e.At, e.Level)
	case lab.FactCapacity:
		p.capacity = e.Level
	case lab.FactExists:
		is := e.Level == 1
		p.exists = &is
	case lab.FactAgrees:
		so := e.Ret == 1
		p.agrees = &so
	}
}

var _ = slices.Contains[[]int]
