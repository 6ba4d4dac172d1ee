package lessons

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"ipclab/lab"
)

// A Book folds the stream of one epoch into what claims ask. It is a lab.Sink, and
// safe for concurrent use. Of a live run and of its recording it says the same,
// because it knows nothing but the header and the events.
type Book struct {
	mu sync.Mutex
	account
}

// account is what a book knows.
type account struct {
	started bool
	head    lab.Header
	updates uint16 // the part whose stores are updates; 0 is none
	set     lab.Settings
	seq     uint64
	at      int64 // the newest moment that was told, ns
	procs   []procBook
	parts   []partBook
	began   []int64 // when each process began its newest operation; 0 is the lab

	lost    uint64 // records that found no room, or are not in the stream
	sampled bool   // some of the calls were not recorded
	holes   bool   // what the lab itself told is not all here either
	window  window
}

// NewBook makes an empty book; Start begins it.
func NewBook() *Book { return &Book{} }

// Start begins anew.
func (b *Book) Start(h *lab.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := account{started: true, head: *h, set: lab.Settings{}, procs: make([]procBook, len(h.Scene.Procs)), parts: make([]partBook, len(h.Scene.Parts)), began: make([]int64, len(h.Scene.Procs)+1)}
	maps.Copy(a.set, h.Settings)
	a.head.Scene.Procs, a.head.Scene.Parts = slices.Clone(h.Scene.Procs), slices.Clone(h.Scene.Parts)
	var items []uint16
	for i := range a.head.Scene.Parts {
		if a.head.Scene.Parts[i].Holds == lab.Items {
			items = append(items, uint16(i+1))
		}
	}
	for i := range a.procs {
		a.procs[i].init(&a.head.Scene.Procs[i])
		a.procs[i].items = items
	}
	for i := range a.parts {
		a.initPart(i)
		if a.head.Scene.Parts[i].Holds == lab.Updates && a.updates == 0 {
			a.updates = uint16(i + 1)
		}
	}
	b.account = a
}

// Records takes events.
func (b *Book) Records(es []lab.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range es {
		if e := &es[i]; b.started && int(e.Proc) <= len(b.procs) && int(e.Part) <= len(b.parts) {
			b.fold(e)
		}
	}
}

// Aggregate tells nothing that the events and the outcome do not.
func (b *Book) Aggregate(*lab.Aggregate) {}

// End changes nothing: what was so stays so.
func (b *Book) End(*lab.Outcome) {}

// Seq is the number of the newest event: a mark.
func (b *Book) Seq() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(b.seq)
}

// fold takes one event in.
func (a *account) fold(e *lab.Event) {
	if e.Seq != a.seq+1 {
		a.holes = true
		if e.Seq > a.seq && e.Kind != lab.Lost { // which says itself how many
			a.lost += e.Seq - a.seq - 1
		}
	}
	a.seq, a.at = e.Seq, max(a.at, e.End())
	switch e.Kind {
	case lab.State:
		a.fact(e)
		return
	case lab.Knob:
		if knobs := a.head.Mechanism.Knobs; int(e.Want) < len(knobs) && !knobs[e.Want].Restart {
			a.set[knobs[e.Want].Name] = e.Level
		}
		return
	case lab.Lost:
		a.lost += uint64(max(e.Level, 0))
		a.holes = a.holes || e.Proc == 0 // of a recorder: anything may have been among them
		return
	}
	a.window.add(e)
	if e.Part != 0 {
		a.onPart(e)
	}
	if e.Proc != 0 {
		if e.Kind == lab.Fault {
			a.faultOf(e)
		}
		a.procs[e.Proc-1].did(e, a.updates)
	}
	if e.Flags&lab.Handler == 0 {
		a.began[e.Proc] = max(a.began[e.Proc], e.At)
	}
}

// fact takes in what the lab looked up.
func (a *account) fact(e *lab.Event) {
	switch f := lab.Fact(e.Call); f {
	case lab.FactSample:
		a.sampled = a.sampled || e.Level > 1
	case lab.FactLevel, lab.FactCapacity, lab.FactAgrees, lab.FactExists, lab.FactAttached:
		if e.Part != 0 {
			a.parts[e.Part-1].lookedAt(f, e)
		}
	default:
		if e.Proc != 0 {
			a.procs[e.Proc-1].fact(f, e)
		}
	}
}

// missing says why something that needs every record cannot be known; "" if it can.
func (a *account) missing() string {
	switch {
	case !a.started:
		return "no processes were started"
	case a.holes || a.lost > 0:
		return fmt.Sprintf("%s records are not here, so it cannot be known", lab.Digits(int64(a.lost)))
	case a.sampled:
		return "there were too many calls to record all of them, so it cannot be known"
	}
	return ""
}

// blind says why something that the lab itself tells cannot be known.
func (a *account) blind() string {
	if a.holes || !a.started {
		return a.missing()
	}
	return ""
}

// window keeps the newest events, but no facts. It is read while it grows: what a
// snapshot may still read is never changed.
type window struct {
	chunks []*chunk
	left   int // events that were too old
}

type chunk struct {
	events []lab.Event
	shared bool // with a snapshot
}

const (
	keptEvents = 10_000
	chunkSize  = 1000
)

func (w *window) add(e *lab.Event) {
	n := len(w.chunks)
	if n == 0 || len(w.chunks[n-1].events) == chunkSize {
		w.turn()
		n = len(w.chunks)
	}
	c := w.chunks[n-1]
	c.events = append(c.events, *e)
}

// turn makes room for the next events, if it can where the oldest were.
func (w *window) turn() {
	next := &chunk{}
	if n := len(w.chunks); n > keptEvents/chunkSize {
		oldest := w.chunks[0]
		w.left += len(oldest.events)
		copy(w.chunks, w.chunks[1:])
		w.chunks = w.chunks[:n-1]
		if !oldest.shared {
			next.events = oldest.events[:0]
		}
	}
	if next.events == nil {
		next.events = make([]lab.Event, 0, chunkSize)
	}
	w.chunks = append(w.chunks, next)
}

// snapshot is the window as it is now.
func (w *window) snapshot() window {
	s := window{left: w.left}
	for _, c := range w.chunks {
		c.shared = true
		s.chunks = append(s.chunks, &chunk{events: c.events})
	}
	return s
}

// each calls f for the events kept, the oldest first.
func (w *window) each(f func(*lab.Event)) {
	for _, c := range w.chunks {
		for i := range c.events {
			f(&c.events[i])
		}
	}
}
