package lab

import (
	"testing"
	"unsafe"
)

// newTestWorker makes a worker in this very process, with pages of its own.
func newTestWorker(t testing.TB, trace Trace) *Worker {
	t.Helper()
	f, ctl, err := newControl()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	t.Cleanup(ctl.close)
	ctl.trace.Store(uint32(trace))
	ctl.epoch.Store(nanotime())
	w := &Worker{Proc: 1, ctl: ctl, ring: newRing(make([]byte, pageBytes)), Scene: Scene{Procs: []Proc{{Role: "writer", Group: Giver}}}}
	w.op.w = w
	return w
}

// What a worker records is what the lab takes, in order; what is left out or finds
// no room is counted, and calls = taken + left out + dropped always holds.
func TestRing(t *testing.T) {
	w := newTestWorker(t, TraceFull)
	r := newRing(memoryOf(w.ring))
	var calls, taken, dropped uint64
	for round := range 40 {
		for range 30_000 * (round % 4) {
			w.msgs++
			calls++
			if round < 20 {
				w.Begin(Send, CallWrite, 1, 8, 0).End(8, w.msgs, nil)
				continue
			}
			s := w.ring.begin() // as if nothing were ever left out
			*s = Event{Kind: Send, Msg: w.msgs, Ret: 8}
			w.ring.end(s)
		}
		a, b := r.pending()
		var last uint64
		for _, e := range append(append([]Event{}, a...), b...) {
			if e.Msg <= last || e.Kind != Send || e.Ret != 8 || e.Dur < 0 {
				t.Fatalf("round %d: record %+v after message %d", round, e, last)
			}
			last = e.Msg
		}
		dropped += r.lost()
		taken += uint64(len(a) + len(b))
		r.take(len(a) + len(b))
		if taken+dropped+w.skipped != calls {
			t.Fatalf("round %d: %d calls, but %d taken, %d left out and %d dropped", round, calls, taken, w.skipped, dropped)
		}
		if round < 20 && dropped > 0 {
			t.Fatalf("round %d: %d dropped, although a crowded ring keeps fewer", round, dropped)
		}
	}
	if dropped == 0 || w.skipped == 0 {
		t.Errorf("%d dropped and %d left out: the test has not filled the ring", dropped, w.skipped)
	}
}

// The call in progress can be seen from Begin to End, also while the ring is full
// and after it has gone round.
func TestIntent(t *testing.T) {
	w := newTestWorker(t, TraceFull)
	r := newRing(memoryOf(w.ring))
	check := func(msg uint64, want bool) {
		t.Helper()
		e, ok := r.open()
		if ok != want || ok && (e.Msg != msg || e.Want != 77 || e.Kind != Send) {
			t.Fatalf("after %d calls: open is %v %+v, want %v for message %d", w.calls, ok, e, want, msg)
		}
	}
	check(0, false)
	for i := range uint64(ringSlots + 1000) { // so that it is full for a while
		o := w.Begin(Send, CallWrite, 1, 77, i+1)
		if i%997 == 0 || i > ringSlots-3 && i < ringSlots+3 {
			check(i+1, true)
		}
		o.End(77, i+1, nil)
		if i%997 == 0 || i > ringSlots-3 && i < ringSlots+3 {
			check(0, false)
		}
	}
	a, b := r.pending()
	r.take(len(a) + len(b))
	o := w.Begin(Send, CallWrite, 1, 77, 5)
	check(5, true)
	o.End(77, 5, nil)
	check(0, false)
}

// Recording costs one clock reading and some stores more than not recording.
func BenchmarkRecord(b *testing.B) {
	for _, c := range []struct {
		name  string
		trace Trace
		kind  Kind
		call  Call
	}{
		{"off", TraceOff, Send, CallWrite}, {"counters", TraceCounters, Send, CallWrite},
		{"call", TraceFull, Send, CallWrite}, {"instant", TraceFull, Store, CallNone},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newTestWorker(b, c.trace)
			r := newRing(memoryOf(w.ring))
			n := 0
			for b.Loop() {
				w.Begin(c.kind, c.call, 1, 64, 1).End(64, 1, nil)
				if n++; n == ringSlots/2 {
					a, z := r.pending()
					r.take(len(a) + len(z))
					n = 0
				}
			}
		})
	}
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			nanotime()
		}
	})
}

func memoryOf(r *ring) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(r.panel)), pageBytes)
}
