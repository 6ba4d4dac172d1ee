package lessons

import (
	"slices"

	"ipclab/lab"
)

// partBook is what the stream says of one part.
type partBook struct {
	level    stamped // as the kernel, or the memory itself, said
	capacity int64
	agrees   *bool
	exists   *bool
	attached *int64 // as the kernel counts
	marked   bool

	stores  map[uint32][]stored // by offset: the newest, and those that overlapped it
	lock    stamped             // the lock word, as its users found and left it
	died    bool                // an owner died while it held the lock
	queue   [maxSignal + 1]int  // signals sent and not yet taken
	foreign int                 // signals that none of the workers sent
	in, out int64               // bytes that calls gave and took
	pages   pageRing            // of a pipe
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

// stored is a store. Of one whose process was killed within it nobody knows whether
// it was made.
type stored struct {
	value  uint64
	at     int64
	proc   uint16
	unsure bool
}

func (a *account) initPart(i int) {
	of := &a.head.Scene.Parts[i]
	p := &a.parts[i]
	p.capacity = of.Cap
	switch of.Type {
	case lab.Word, lab.Record:
		p.stores = map[uint32][]stored{}
	case lab.Pipe:
		p.pages.init(&a.head, of)
	}
}

// onPart takes in what an event did to a part.
func (a *account) onPart(e *lab.Event) {
	p := &a.parts[e.Part-1]
	if e.Level >= 0 {
		p.level.set(e.End(), e.Level)
	}
	p.died = p.died || e.Flags&lab.OwnerDied != 0
	switch e.Kind {
	case lab.Send, lab.Recv, lab.Block:
		if e.Call == lab.CallFutex { // it sleeps only while the word is this
			p.lock.set(e.At, int64(e.Want))
		}
		p.pages.did(e, a.writes(e))
		if e.Ret > 0 && e.Flags&(lab.Open|lab.Stopped) == 0 {
			switch e.Kind {
			case lab.Send:
				p.in += int64(e.Ret)
			case lab.Recv:
				p.out += int64(e.Ret)
			}
		}
	case lab.Store:
		if p.stores != nil && e.Flags&lab.Stopped == 0 && e.Ret >= 0 {
			p.store(e, a.began)
		}
	case lab.Lock, lab.Unlock:
		p.locked(e, a.procs)
	case lab.Signal:
		if e.Ret >= 0 && e.Flags&(lab.Open|lab.Stopped) == 0 {
			p.sent(e.Want)
		}
	case lab.Deliver:
		if e.Ret >= 0 && e.Flags&(lab.Open|lab.Stopped) == 0 {
			p.took(e.Want)
		}
	}
}

// writes reports whether a call that sleeps does so to give.
func (a *account) writes(e *lab.Event) bool {
	if e.Kind == lab.Block {
		return e.Call == lab.CallWrite
	}
	return e.Kind == lab.Send
}

// store notes a store. Earlier ones that were over when it began are not the last; a
// store is over when its process began something else.
func (p *partBook) store(e *lab.Event, began []int64) {
	s := stored{e.Word(), e.At, e.Proc, e.Flags&lab.Open != 0}
	last := p.stores[e.Want]
	if e.Flags&lab.Settles != 0 {
		if e.Ret == 0 { // it was not made after all
			last = slices.DeleteFunc(last, func(t stored) bool { return t.proc == s.proc && t.unsure })
		} else {
			for i := range last {
				if last[i].proc == s.proc {
					last[i].unsure = false
				}
			}
		}
		p.stores[e.Want] = last
		return
	}
	last = slices.DeleteFunc(last, func(t stored) bool {
		if s.unsure {
			return t.proc == s.proc && t.unsure
		}
		return t.proc == s.proc || began[t.proc] > t.at && began[t.proc] <= s.at
	})
	if len(p.stores) < maxOffsets || last != nil {
		p.stores[e.Want] = append(last, s)
	}
}

// maxOffsets bounds what a recording can make a book remember of one part.
const maxOffsets = 4096

// stores that may be the last one at an offset; the first value is 0.
func (p *partBook) word(offset uint32) (value uint64, sure bool) {
	last := p.stores[offset]
	for i, s := range last {
		if s.unsure || i > 0 && s.value != last[0].value {
			return 0, false
		}
	}
	if len(last) > 0 {
		value = last[0].value
	}
	return value, true
}

// newest is when the last store began.
func (p *partBook) newest() (at int64, any bool) {
	for _, last := range p.stores {
		for _, s := range last {
			at, any = max(at, s.at), true
		}
	}
	return at, any
}

// locked follows the word of a lock.
func (p *partBook) locked(e *lab.Event, procs []procBook) {
	if e.Call != lab.CallNone || e.Ret < 0 || e.Flags&(lab.Open|lab.Stopped) != 0 {
		return
	}
	word := int64(e.Word()) & 0xffffffff
	if e.Kind == lab.Lock && e.Ret == 1 && e.Proc != 0 {
		word = word&(waitersBit|ownerDied) | int64(procs[e.Proc-1].pid)
	}
	p.lock.set(e.End(), word)
}

// The bits of a lock word, as the kernel wants it of a robust futex.
const (
	waitersBit = 0x80000000
	ownerDied  = 0x40000000
	tidBits    = 0x3fffffff
)

// sent notes a signal: of a standard one the kernel keeps only that there is one.
func (p *partBook) sent(n uint32) {
	if n > 0 && n <= maxSignal && (n >= realTime || p.queue[n] == 0) {
		p.queue[n]++
	}
}

// realTime is the first signal of which each one sent is kept.
const realTime = 32

func (p *partBook) took(n uint32) {
	switch {
	case n == 0 || n > maxSignal:
	case p.queue[n] > 0:
		p.queue[n]--
	default:
		p.foreign++
	}
}

// lookedAt takes in what the lab looked up.
func (p *partBook) lookedAt(f lab.Fact, e *lab.Event) {
	so := e.Ret == 1
	switch f {
	case lab.FactLevel:
		if e.Level < 0 {
			return
		}
		p.level.set(e.At, e.Level)
		p.pages.level(e)
	case lab.FactCapacity:
		p.capacity = e.Level
		p.pages.resize(e.Level)
	case lab.FactAgrees:
		p.agrees = &so
	case lab.FactExists:
		so = e.Level == 1
		p.exists = &so
	case lab.FactAttached:
		n := e.Level
		p.attached, p.marked = &n, so
	}
}

// faultOf notes a signal that somebody sent by hand: it waits only if it is blocked.
func (a *account) faultOf(e *lab.Event) {
	role := a.head.Scene.Procs[e.Proc-1].Role
	blocked := a.procs[e.Proc-1].told[lab.FactSigBlk]
	if e.Flags&lab.User == 0 || e.Want == 0 || e.Want > maxSignal || blocked.Word()&(1<<(e.Want-1)) == 0 {
		return
	}
	for i := range a.parts {
		if p := &a.head.Scene.Parts[i]; p.Type == lab.Signals && p.In == role {
			a.parts[i].sent(e.Want)
			a.parts[i].foreign++
		}
	}
}
