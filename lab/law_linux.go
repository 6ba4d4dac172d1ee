package lab

import "sync/atomic"

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

// checkValue compares the last store in the stream with the word in memory, when
// nothing has been stored between two looks.
func (l *live) checkValue(part uint16) {
	v, ok := l.values[part]
	quiet := v.stores == l.quiet[part]
	l.quiet[part] = v.stores
	if lv := l.lastLevel[part]; ok && quiet && !l.anyOpen(part) && l.keepsAll() && lv.at != 0 {
		l.verdict(part, int64(v.value) == lv.value, lv.value, int64(v.value))
	}
}

// checkSignals compares which signals are pending with which were sent and not yet
// taken: a bit for each number, and no more than that is to be known from outside.
func (l *live) checkSignals(part uint16) {
	v, ok := l.values[part]
	quiet := v.stores == l.quiet[part]
	l.quiet[part] = v.stores
	n := l.scene.ProcNumber(l.scene.Parts[part-1].In)
	if !ok || !quiet || n == 0 || l.anyOpen(part) || !l.keepsAll() {
		return
	}
	p := l.procs[n-1]
	if p.reaped || p.dead.Load() {
		return
	}
	sh, pn, blk := p.view.facts[FactShdPnd], p.view.facts[FactSigPnd], p.view.facts[FactSigBlk]
	known := v.known & word(&blk) // the others never stay pending
	kernel, ours := (word(&sh)|word(&pn))&known, v.value&known
	l.verdict(part, kernel == ours, int64(kernel), int64(ours))
}

func (l *live) anyOpen(part uint16) bool {
	for _, p := range l.procs {
		if o, ok := p.open(); ok && o.Part == part && o.Kind != Recv && o.Kind != Deliver && o.Kind != Block {
			return true
		}
	}
	return false
}

// keepsAll reports whether every record has come through so far.
func (l *live) keepsAll() bool { return l.dropped == 0 && !l.sampled && l.r.trace == TraceFull }

func (l *live) verdict(part uint16, ok bool, kernel, ours int64) {
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

// held values: what the stream says of a word, or of a set of pending signals.
type value struct {
	value  uint64
	known  uint64 // signals ever seen in the stream, as a mask
	count  [65]int64
	stores uint64
}

// keepBooks follows the stream for the laws that need it.
func (l *live) keepBooks(e *Event) {
	if e.Ret < 0 || e.Part == 0 || e.Flags&Open != 0 {
		return
	}
	switch e.Kind {
	case Store, Unlock, Lock:
		v := l.values[e.Part]
		v.stores++
		if e.Kind == Store {
			v.value = word(e)
		}
		l.values[e.Part] = v
	case Signal, Deliver:
		v := l.values[e.Part]
		v.stores++
		if n := e.Want; n > 0 && n <= 64 {
			v.known |= 1 << (n - 1)
			if e.Kind == Signal && (n >= 32 || v.count[n] == 0) {
				v.count[n]++
			} else if e.Kind == Deliver && v.count[n] > 0 {
				v.count[n]--
			}
			v.value &^= 1 << (n - 1)
			if v.count[n] > 0 {
				v.value |= 1 << (n - 1)
			}
		}
		l.values[e.Part] = v
	}
}
