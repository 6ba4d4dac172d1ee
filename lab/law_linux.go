package lab

import (
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// books is what all workers together have put into and taken out of a part, at one
// moment, and what calls in progress may add to it.
type books struct {
	at              int64
	in, out         int64
	sending, taking int64
}

// checkLaws compares, for every part with a law, what the calls say with what the
// kernel says, and emits when the verdict changes.
//
// A level read between two looks at the books must lie between what was surely in
// and what may have been in: sent(before) − received(after) − being read ≤ level ≤
// sent(after) + being sent − received(before). With all workers held or asleep
// both ends are the same number.
func (l *live) checkLaws() {
	for i := range l.scene.Parts {
		part := uint16(i + 1)
		switch l.scene.Parts[i].Law {
		case Bytes:
			l.checkBytes(part)
		case Value:
			l.checkValue(part)
		case Count:
			l.checkSignals(part)
		}
	}
}

func (l *live) checkBytes(part uint16) {
	before, after := l.books[part], l.look(part)
	l.books[part] = after
	lv := l.lastLevel[part]
	if lv.at <= before.at || lv.at >= after.at || before.at == 0 {
		return
	}
	low := before.in - after.out - after.taking
	high := after.in + after.sending - before.out
	l.verdict(part, lv.value >= low && lv.value <= high, lv.value, after.in-after.out)
}

func (l *live) look(part uint16) books {
	var b books
	for _, p := range l.procs {
		b.in += int64(atomic.LoadUint64(&p.parts[part].in))
		b.out += int64(atomic.LoadUint64(&p.parts[part].out))
		if o, ok := p.open(); ok && o.Part == part {
			switch o.Kind {
			case Send:
				b.sending += int64(o.Want)
			case Recv:
				b.taking += int64(o.Want)
			}
		}
	}
	b.at = l.now()
	return b
}

// checkValue compares the last store in the stream with the word in memory. Of
// stores that overlapped in time any may have been the last.
func (l *live) checkValue(part uint16) {
	v, lv := &l.values[part], l.lastLevel[part]
	if len(v.last) == 0 || lv.at <= v.last[len(v.last)-1].at || l.anyOpen(part) || !l.keepsAll() || l.unread() {
		return
	}
	l.verdict(part, v.mayBe(uint64(lv.value)), lv.value, int64(v.last[len(v.last)-1].word))
}

// checkSignals compares which signals are pending with which were sent and not yet
// taken: a bit for each number, and no more than that is to be known from outside.
func (l *live) checkSignals(part uint16) {
	v := &l.values[part]
	n := l.scene.ProcNumber(l.scene.Parts[part-1].In)
	if v.known == 0 || n == 0 || l.anyOpen(part) || !l.keepsAll() || l.unread() {
		return
	}
	p := l.procs[n-1]
	if o, ok := p.open(); p.reaped || p.dead.Load() || ok && o.Kind == Deliver && p.view.now.state != 'S' { // it may just have taken one
		return
	}
	sh, pn, blk := p.view.facts[FactShdPnd], p.view.facts[FactSigPnd], p.view.facts[FactSigBlk]
	known := v.known & word(&blk) // the others never stay pending
	kernel, ours := (word(&sh)|word(&pn))&known, v.pending()&known
	l.verdict(part, kernel == ours, int64(kernel), int64(ours))
}

// unread reports whether a worker has written records that are not in the stream
// yet: what the kernel says may then be news.
func (l *live) unread() bool {
	return slices.ContainsFunc(l.procs, l.unreadOf)
}

func (l *live) unreadOf(p *process) bool {
	q := &l.merger.queues[p.proc]
	own := &l.merger.queues[0] // what handlers did
	return atomic.LoadUint64(&p.wrote) != p.ours || q.head != len(q.es) || atomic.LoadUint64(&p.handled.runs) != p.runs || own.head != len(own.es)
}

// anyOpen reports whether somebody is about to change a part, or was when killed.
func (l *live) anyOpen(part uint16) bool {
	for _, p := range l.procs {
		if o, ok := p.open(); ok && o.Part == part && o.Kind != Recv && o.Kind != Deliver && o.Kind != Block {
			return true
		}
	}
	return l.unknownStores(part) > 0
}

// keepsAll reports whether every record has come through so far.
func (l *live) keepsAll() bool { return l.dropped == 0 && !l.sampled && l.r.trace == TraceFull }

func (l *live) verdict(part uint16, ok bool, kernel, ours int64) {
	// A worker between its call and the record of it looks like a difference; a true
	// one is still there at the next look.
	if doubt := !ok && !l.doubt[part]; doubt {
		l.doubt[part] = true
		return
	}
	l.doubt[part] = !ok
	old, told := l.agrees[part]
	l.agrees[part] = ok
	if told && old == ok {
		return
	}
	e := Event{Kind: State, Call: Call(FactAgrees), Part: part, Level: kernel}
	if ok {
		e.Ret = 1
	} else if d := kernel - ours; d != 0 {
		e.Want = uint32(max(d, -d))
	}
	l.own(e)
}

// value is what the stream says of a word, or of the pending signals of a process.
type value struct {
	last  []stored // the newest store, and those that overlapped it
	known uint64   // signals ever seen in the stream, as a mask
	count [65]int64

	foreign uint64 // signals that none of the workers sent
}

// stored is a store: it began at this time, and was over when its record was read.
type stored struct {
	word     uint64
	at, read int64
	proc     uint16
}

// overBy reports whether a store was surely over at a time: its record was there, or
// its process had begun something else; began tells when each began its newest.
func (s *stored) overBy(at int64, began []int64) bool {
	return s.read <= at || began[s.proc] > s.at && began[s.proc] <= at
}

// store notes a store. Earlier ones that were over when it began are not the last.
func (v *value) store(s stored, began []int64) {
	v.last = slices.DeleteFunc(v.last, func(t stored) bool { return t.proc == s.proc || t.overBy(s.at, began) })
	v.last = append(v.last, s)
}

func (v *value) mayBe(word uint64) bool {
	return slices.ContainsFunc(v.last, func(s stored) bool { return s.word == word })
}

// pending is the mask of signals that were sent and not yet taken.
func (v *value) pending() (mask uint64) {
	for n, waiting := range v.count {
		if waiting > 0 {
			mask |= 1 << (n - 1)
		}
	}
	return mask
}

// queueFrom is the first signal of which each one sent is kept; of those below only
// whether there is one.
const queueFrom = 32

func (v *value) signal(n uint32) {
	if n == 0 || n > 64 {
		return
	}
	v.known |= 1 << (n - 1)
	if n >= queueFrom || v.count[n] == 0 {
		v.count[n]++
	}
}

func (v *value) deliver(n uint32) {
	switch {
	case n == 0 || n > 64:
	case v.count[n] > 0:
		v.count[n]--
	default:
		v.foreign++
	}
}

// keepBooks follows the stream for the laws that need it: a record, and when it was read.
func (l *live) keepBooks(e *Event, read int64) {
	part := e.Part
	if e.Kind == Fault && e.Flags&User != 0 { // a signal that a person sent
		part = l.signalsOf(e.Proc)
	}
	if e.Ret < 0 || part == 0 || e.Flags&Open != 0 || e.Kind == Send || e.Kind == Recv {
		return
	}
	v := &l.values[part]
	switch e.Kind {
	case Store:
		if e.Flags&Settles != 0 { // it was made some time ago, if it was
			v.last = append(v.last, stored{word(e), e.At, e.At, e.Proc})
			break
		}
		v.store(stored{word(e), e.At, read, e.Proc}, l.began[:])
	case Signal:
		v.signal(e.Want)
		if n := l.scene.ProcNumber(l.scene.Parts[part-1].In); n != 0 && e.Want != 0 {
			l.procs[n-1].user = true // if it dies of it, that is what was asked for
		}
	case Fault:
		if slices.Contains(l.stage.masks[l.scene.Parts[part-1].In], unix.Signal(e.Want)) { // others act at once
			v.signal(e.Want)
			v.foreign++
		}
	case Deliver:
		v.deliver(e.Want)
	}
}

// signalsOf gives the part that holds the signals of a process; 0 if there is none.
func (l *live) signalsOf(proc uint16) uint16 {
	return uint16(1 + slices.IndexFunc(l.scene.Parts, func(p Part) bool {
		return proc != 0 && p.Type == Signals && p.In == l.scene.Procs[proc-1].Role
	}))
}
