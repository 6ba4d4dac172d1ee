package lab

import (
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// grace is how long a worker may take to end by itself before it is killed.
const grace = time.Second

// finish ends the workers, takes their last records and cleans up.
func (l *live) finish() *Outcome {
	l.stopping = true
	seconds := float64(l.now()) / 1e9
	l.sample() // where does everybody sleep?
	l.flush()
	l.whereAsleep()
	// All hear of the end before any is released: else peers report it as a fault.
	l.ctl.stop.Store(1)
	l.rouse()
	l.await(20*time.Millisecond, l.allDone) // whoever is in a call comes back soon, or not at all
	l.leash.Close()                         // those who do not are ended by their own second thread
	if !l.await(grace, func() bool { return l.allDone() || l.onlyStopped() }) || !l.allDone() {
		for _, p := range l.procs {
			if p.done.Load() == 0 {
				_ = p.signal(unix.SIGKILL)
			}
		}
		l.await(grace, l.allDone)
	}
	l.ctl.quit.Store(1)
	futexWake(&l.ctl.quit, maxProcs)
	if !l.await(grace, l.allDead) {
		for _, p := range l.procs {
			_ = p.signal(unix.SIGKILL)
		}
		l.await(10*grace, l.allDead)
	}
	for _, p := range l.procs {
		if l.deaths(); !p.reaped { // it lingers
			l.reap(p)
		}
	}
	l.drain()
	l.out = l.merger.rest(l.out[:0])
	l.emit(l.out)
	l.told = [maxParts]stamp{} // all levels once more: who did not get every record need not guess
	l.sampleParts()
	l.settle()
	l.flush()
	for range 2 { // nobody changes anything any more
		l.checkLaws()
	}
	l.flush()
	o := l.outcome(seconds)
	for _, p := range l.procs {
		p.view.close()
	}
	if err := l.stage.close(); err != nil {
		l.unasked = append(l.unasked, err.Error())
	}
	o.Events, o.Unasked = l.r.kept.all(), l.unasked
	l.ended = true
	for _, p := range l.procs {
		p.close()
	}
	l.r.mu.Lock()
	l.r.ctl = nil // nobody rings any more
	l.r.mu.Unlock()
	l.watch.Wait()
	l.ctl.close()
	l.procs, l.ctl = nil, nil
	return o
}

// await drains rings until it is so, or the time is over.
func (l *live) await(most time.Duration, so func() bool) bool {
	for end := time.Now().Add(most); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
		l.drain()
		l.deaths()
		l.commands()
	}
	return true
}

func (l *live) allDead() bool {
	for _, p := range l.procs {
		if !p.dead.Load() {
			return false
		}
	}
	return true
}

// allDone reports whether every worker has ended its work, or ended.
func (l *live) allDone() bool {
	for _, p := range l.procs {
		if p.done.Load() == 0 && !p.dead.Load() {
			return false
		}
	}
	return true
}

// onlyStopped reports whether a worker still alive is stopped: it cannot end.
func (l *live) onlyStopped() bool {
	for _, p := range l.procs {
		if p.done.Load() == 0 && !p.dead.Load() && p.view.look(p, l.scene.Parts).state == 'T' {
			return true
		}
	}
	return false
}

// settle finds out how the calls of killed processes went: for bytes by counting
// what is at the other end, for a word by looking at it.
func (l *live) settle() {
	for i := 0; i < len(l.unknown); i++ {
		u := l.unknown[i]
		if u.Part == 0 || !l.outcomeOf(&u) {
			continue
		}
		p := l.procs[u.Proc-1]
		switch u.Kind {
		case Send:
			p.parts[u.Part].in += uint64(u.Ret)
			p.tally.bytesSent += uint64(u.Ret)
		case Recv:
			p.parts[u.Part].out += uint64(u.Ret)
			p.tally.bytesReceived += uint64(u.Ret)
		case Store:
			switch holds := l.scene.Parts[u.Part-1].Holds; {
			case u.Ret == 0:
			case holds == Updates || holds == Items && word(&u) != 0:
				p.tally.sent++
			case holds == Items:
				p.tally.received++
			}
		}
		p.forget()
		u.At, u.Dur, u.Flags = l.now(), 0, Settles
		l.unknown = append(l.unknown[:i], l.unknown[i+1:]...)
		i--
		l.own(u)
	}
}

// forget closes the intent of a process that is gone.
func (r *ring) forget() {
	atomic.StoreUint64(&r.slots[atomic.LoadUint64(&r.wrote)%ringSlots].Seq, 0)
	atomic.StoreUint64(&r.spare.Seq, 0)
}

// atomicWrite is PIPE_BUF: a write of no more bytes goes in whole or not at all (pipe(7)).
const atomicWrite = 4096

// outcomeOf fills in what an open call did, if that can be known by now.
func (l *live) outcomeOf(u *Event) bool {
	if p := l.procs[u.Proc-1]; u.Kind == Send && u.Want <= atomicWrite && p.exit.Signal == "SIGPIPE" && !p.user {
		u.Ret = 0 // the call found nobody to read, and the kernel ended its process for it
		return true
	}
	switch part := &l.scene.Parts[u.Part-1]; part.Law {
	case Bytes:
		lv := l.lastLevel[u.Part]
		b := l.look(u.Part)
		others := b.sending + b.taking - int64(u.Want)
		if lv.at <= u.At+u.Dur || lv.at < l.touched[u.Part] || others != 0 || l.books[u.Part].in != b.in || l.books[u.Part].out != b.out || lv.at < l.died[u.Proc] {
			return false
		}
		missing := lv.value - (b.in - b.out)
		if u.Kind == Recv {
			missing = -missing
		}
		if missing < 0 || missing > int64(u.Want) {
			return false
		}
		u.Ret = int32(missing)
		return true
	case Value:
		if ask := l.stage.asks[u.Part]; ask != nil && u.Kind == Store && !l.unread() {
			if now := ask(); now >= 0 { // else the word is not there any more
				return l.outcomeOfStore(u, uint64(now))
			}
		}
	}
	return false
}

// outcomeOfStore tells whether a store was made by what the word holds now.
func (l *live) outcomeOfStore(u *Event, now uint64) bool {
	v := &l.values[u.Part]
	// Somebody else may have stored since, unless all have told of their stores and
	// those were over before.
	others := !l.keepsAll() || l.storing(u) || slices.ContainsFunc(v.last, func(s stored) bool { return !s.overBy(u.At, l.began[:]) })
	before := v.mayBe(now) || len(v.last) == 0 && now == 0
	switch {
	case word(u) != 0 && !others && now == word(u) && !before:
		u.Ret = 8
		return true
	case word(u) != 0 && !others && now != word(u) && before:
		u.Ret = 0
		return true
	case l.stopping && l.allDead() && l.scene.Parts[u.Part-1].Holds == Updates:
		return l.outcomeOfUpdate(u, now)
	}
	return false
}

// outcomeOfUpdate tells, at the end, whether an update was made: all of those not
// known were if together they are what is missing in the sum of the known ones.
// That one which was made is lost cannot be told from one that was not made, except
// of an atomic addition, whose result nobody knew before.
func (l *live) outcomeOfUpdate(u *Event, now uint64) bool {
	sum, unknown := uint64(0), l.unknownStores(u.Part)
	for _, p := range l.procs {
		sum += p.counted().sent
	}
	switch {
	case now == sum+unknown:
		u.Ret = 8
	case now == sum && word(u) == 0:
		u.Ret = 0
	default:
		return false
	}
	return true
}

// storing reports whether another process is about to store to the same part, or was
// when it was killed.
func (l *live) storing(u *Event) bool {
	return l.unknownStores(u.Part) > 1 || slices.ContainsFunc(l.procs, func(p *process) bool {
		e, ok := p.open()
		return ok && p.proc != int(u.Proc) && e.Part == u.Part && e.Kind == Store
	})
}

// unknownStores counts the stores to a part of which it is not known whether they were
// made: their processes were killed within them.
func (l *live) unknownStores(part uint16) (n uint64) {
	for i := range l.unknown {
		if e := &l.unknown[i]; e.Part == part && e.Kind == Store {
			n++
		}
	}
	return n
}

// outcome sums up.
func (l *live) outcome(seconds float64) *Outcome {
	o := &Outcome{Mechanism: l.r.info.ID, Settings: l.r.o.Settings, Seconds: seconds, Scene: l.scene}
	for i, p := range l.procs {
		t := p.counted()
		o.Procs = append(o.Procs, ProcOutcome{Role: p.role, PID: p.pid, Sent: t.sent, Received: t.received,
			BytesSent: t.bytesSent, BytesReceived: t.bytesReceived, BlockedIn: l.blockedIn[i], Exit: p.status()})
		o.Totals.Sent += t.sent
		o.Totals.Received += t.received
		o.Totals.Torn += t.torn
		o.Totals.Reordered += t.reordered
		o.Totals.Duplicated += t.duplicated
		o.Totals.Lost += int64(t.lost)
		o.Records.Recorded += atomic.LoadUint64(&p.wrote)
	}
	o.Records.Dropped = l.dropped
	o.Records.Written = o.Records.Recorded + l.dropped
	if slices.ContainsFunc(l.scene.Parts, func(p Part) bool { return p.Holds == Items }) {
		o.Totals.Lost += int64(o.Totals.Sent) - int64(o.Totals.Received) // less what the parts still hold
	}
	for i := range l.scene.Parts {
		l.partOutcome(o, uint16(i+1))
	}
	for _, ok := range l.agrees {
		both := ok && (o.Agrees == nil || *o.Agrees)
		o.Agrees = &both
	}
	return o
}

func (l *live) partOutcome(o *Outcome, part uint16) {
	p := l.scene.Parts[part-1]
	po := PartOutcome{ID: p.ID, Object: p.Object, Capacity: p.Cap}
	if lv := l.lastLevel[part]; lv.at != 0 {
		po.Level = &lv.value
	}
	o.Parts = append(o.Parts, po)
	switch {
	case p.Holds == Items && po.Level != nil:
		o.Totals.Lost -= min(*po.Level, 1)
	case p.Holds == Updates && po.Level != nil:
		want := int64(o.Totals.Sent)
		// What the counter is ahead of the known updates, unknown ones have added: that
		// many were made, though nobody can tell which.
		want += max(0, min(*po.Level-want, int64(l.unknownStores(part))))
		o.Totals.Counter, o.Totals.Expected = po.Level, &want
		o.Totals.Lost += want - *po.Level
	case p.Law == Count && l.keepsAll():
		waiting := int64(0)
		for _, n := range l.values[part].count {
			waiting += n
		}
		o.Totals.Lost += int64(o.Totals.Sent+l.values[part].foreign) - int64(o.Totals.Received) - waiting
	}
}
