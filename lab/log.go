package lab

import "sync"

// Log keeps the newest records of a run, so that viewers can come late, come back,
// or ask for a stretch. Sequence numbers of one epoch run from 1.
type Log struct {
	mu    sync.RWMutex
	slots []Event
	next  uint64 // sequence number of the next record
}

// logSlots is the number of records kept: 16 MiB.
const logSlots = 1 << 18

func newLog() *Log { return &Log{next: 1} }

func (l *Log) reset() {
	l.mu.Lock()
	l.slots, l.next = l.slots[:0], 1
	l.mu.Unlock()
}

// append adds records whose sequence numbers go on from the last one.
func (l *Log) append(es []Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(es) > 0 {
		if len(l.slots) < logSlots {
			n := min(len(es), logSlots-len(l.slots))
			l.slots = append(l.slots, es[:n]...)
			l.next, es = l.next+uint64(n), es[n:]
			continue
		}
		n := copy(l.slots[(l.next-1)%logSlots:], es)
		l.next, es = l.next+uint64(n), es[n:]
	}
}

// Range gives the sequence numbers held: first to next-1.
func (l *Log) Range() (first, next uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.next - uint64(len(l.slots)), l.next
}

// Copy appends at most max records to es, beginning with sequence number from, or
// with the oldest one held if that is newer.
func (l *Log) Copy(es []Event, from uint64, max int) []Event {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if first := l.next - uint64(len(l.slots)); from < first {
		from = first
	}
	for ; from < l.next && max > 0; max-- {
		es = append(es, l.slots[(from-1)%logSlots])
		from++
	}
	return es
}

// all gives every record held.
func (l *Log) all() []Event {
	first, next := l.Range()
	return l.Copy(make([]Event, 0, next-first), first, int(next-first))
}

// Since gives the sequence number of the first record that began at ns since the
// epoch or later, by binary search: order and time agree closely enough for that.
func (l *Log) Since(ns int64) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	lo, hi := l.next-uint64(len(l.slots)), l.next
	for lo < hi {
		if mid := (lo + hi) / 2; l.slots[(mid-1)%logSlots].At < ns {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
