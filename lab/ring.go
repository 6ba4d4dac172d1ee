package lab

import (
	"sync/atomic"
	"unsafe"
)

// A ring carries records from one worker's main thread to the lab through shared
// memory: one writer, one reader, no lock, no system call. When it is full,
// records are counted and dropped: watching never slows down what is watched.
// It outlives its writer, so the last records of a killed worker can be read.
//
// The slot after the newest record is the call in progress: Begin fills in what is
// asked, marks Seq, and End completes the same slot and publishes it. So the
// intent costs one store, and a killed worker leaves it behind, open.
type ring struct {
	*panel
	handled *handled
	slots   []Event

	next uint64 // writer: = panel.wrote
	free uint64 // writer: slots below this index are free
	ours uint64 // reader: = panel.read
	seen uint64 // reader: drops already reported
}

// intent marks a slot's Seq while its call is in progress; the rest of Seq counts
// operations, so that a reader notices when the slot is used again.
const intent = 1 << 63

// newRing lays a ring over a worker's page of pageBytes.
func newRing(mem []byte) *ring {
	return &ring{
		panel:   (*panel)(unsafe.Pointer(&mem[0])),
		handled: (*handled)(unsafe.Pointer(&mem[panelBytes])),
		slots:   unsafe.Slice((*Event)(unsafe.Pointer(&mem[panelBytes+handledBytes])), ringSlots),
		free:    ringSlots,
	}
}

// begin gives the slot for the next record; the spare one if the ring is full.
func (r *ring) begin() *Event {
	if r.next >= r.free {
		r.free = atomic.LoadUint64(&r.read) + ringSlots
		if r.next >= r.free {
			return &r.spare
		}
	}
	return &r.slots[r.next%ringSlots]
}

// crowdedSample is how few records are kept in a ring that is more than half full.
const crowdedSample = 63

// crowded reports whether the ring is more than half full.
func (r *ring) crowded() bool {
	if r.next+ringSlots/2 <= r.free {
		return false
	}
	r.free = atomic.LoadUint64(&r.read) + ringSlots
	return r.next+ringSlots/2 > r.free
}

// end publishes the record in slot s, or counts it as dropped.
func (r *ring) end(s *Event) {
	if s == &r.spare {
		r.dropped++
	} else {
		r.next++
		publish(&r.wrote, r.next)
	}
	publish(&s.Seq, 0) // no intent any more, now that the record stands for it
}

// pending gives the records not yet taken, as they lie in the ring, in at most
// two stretches. They stay there until take.
func (r *ring) pending() (a, b []Event) {
	from, to := r.ours, atomic.LoadUint64(&r.wrote)
	if to-from > ringSlots { // only a writer gone mad can do this
		from = to - ringSlots
	}
	i, j := from%ringSlots, to%ringSlots
	switch {
	case from == to:
		return nil, nil
	case i < j:
		return r.slots[i:j], nil
	}
	return r.slots[i:], r.slots[:j]
}

// take frees n records.
func (r *ring) take(n int) {
	r.ours += uint64(n)
	atomic.StoreUint64(&r.read, r.ours)
}

// lost gives the number of records dropped since the last time it was asked.
func (r *ring) lost() uint64 {
	d := atomic.LoadUint64(&r.dropped)
	n := d - r.seen
	r.seen = d
	return n
}

// ended gives the call that a dead worker had ended and counted, but not recorded.
func (r *ring) ended() (e Event, ok bool) {
	for _, s := range [...]*Event{&r.slots[atomic.LoadUint64(&r.wrote)%ringSlots], &r.spare} {
		if s.Seq == intent|r.booked && r.booked != 0 {
			return *s, true
		}
	}
	return Event{}, false
}

// open gives the call in progress, if there is one.
func (r *ring) open() (e Event, ok bool) {
	for _, s := range [...]*Event{&r.slots[atomic.LoadUint64(&r.wrote)%ringSlots], &r.spare} {
		mark := atomic.LoadUint64(&s.Seq)
		if mark&intent == 0 {
			continue
		}
		e = *s
		if atomic.LoadUint64(&s.Seq) == mark && e.Seq == mark {
			e.Dur, e.Ret, e.Level = 0, 0, -1
			return e, true
		}
	}
	return Event{}, false
}
