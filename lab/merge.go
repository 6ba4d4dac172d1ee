package lab

import "time"

// A merger puts the records of several processes into one order in which nothing
// is received before it is sent.
//
// The time at which a call returned does not give that order: the receiver may run
// again before the sender has read its clock. So givers count from when their call
// began and takers from when it returned (Event.Effect), and a receive that still
// comes first, because the record of the send is not here yet, waits for it. The
// order within each process is kept.
//
// A send that slept is told twice: that it fell asleep, when part of its message may
// have gone, and when it returned. The second takes effect at its end: what woke it
// came before.
type merger struct {
	queues []queue  // by process; 0 is the lab itself
	sent   []uint64 // the newest message of each sender that is in the order
	slept  []uint64 // the newest message whose sender has been seen asleep
}

type queue struct {
	es   []Event
	head int
	gone bool // no more will come: nobody waits for it
}

// patience is how long a receive waits for a send whose record may be lost.
const patience = 100 * time.Millisecond

// drowsy is how long it waits for a sender that is still within its call. One that
// is awake will have told of it by then; one that sleeps there, with part of the
// message given, has been seen asleep by the sampler.
const drowsy = 20 * time.Millisecond

func newMerger(procs int) *merger {
	return &merger{queues: make([]queue, procs+1), sent: make([]uint64, procs+1), slept: make([]uint64, procs+1)}
}

// add queues records of a process, which are copied.
func (m *merger) add(proc int, es []Event) {
	q := &m.queues[proc]
	if q.head == len(q.es) {
		q.es, q.head = q.es[:0], 0
	}
	q.es = append(q.es, es...)
}

// merge appends to out what can be shown: everything that took effect before cut,
// in order. open tells whether a process is in the middle of sending a message.
func (m *merger) merge(out []Event, cut int64, open func(msg uint64) bool) []Event {
	for {
		best, when := -1, cut
		for i := range m.queues {
			q := &m.queues[i]
			if q.head == len(q.es) {
				continue
			}
			e := &q.es[q.head]
			if t := m.effect(e); t < when && !m.waits(e, cut, open) {
				best, when = i, t
			}
		}
		if best < 0 {
			return out
		}
		// As long as no other process comes before, go on with this one.
		q := &m.queues[best]
		e := &q.es[q.head]
		q.head++
		if e.Kind == Send || e.Kind == Signal {
			m.gave(e.Msg)
		}
		out = append(out, *e)
	}
}

// asleep notes that a process has been seen asleep while it sends a message.
func (m *merger) asleep(e *Event) {
	if e.Msg != 0 && int(e.Proc) < len(m.slept) {
		m.slept[e.Proc] = e.Msg
		m.gave(e.Msg)
	}
}

// gave notes that bytes of a message may be on their way.
func (m *merger) gave(msg uint64) {
	if p := Sender(msg); p < len(m.sent) && msg > m.sent[p] {
		m.sent[p] = msg
	}
}

func (m *merger) effect(e *Event) int64 {
	if e.Kind == Send && e.Msg != 0 && e.Msg == m.slept[e.Proc] {
		return e.At + e.Dur
	}
	return e.Effect()
}

// waits reports whether a receive comes before its send.
func (m *merger) waits(e *Event, cut int64, open func(uint64) bool) bool {
	if e.Kind != Recv && e.Kind != Deliver || e.Msg == 0 {
		return false
	}
	p := Sender(e.Msg)
	if p >= len(m.sent) || m.sent[p] >= e.Msg || m.queues[p].gone && m.queues[p].head == len(m.queues[p].es) {
		return false
	}
	limit := patience
	if open(e.Msg) {
		limit = drowsy
	}
	return cut-e.Effect() < int64(limit)
}

// rest gives what is still queued when nothing more will come, in order.
func (m *merger) rest(out []Event) []Event {
	for i := range m.queues {
		m.queues[i].gone = true
	}
	return m.merge(out, 1<<62, func(uint64) bool { return true })
}
