package lab

import (
	"math/rand/v2"
	"testing"
)

func never(uint64) bool { return false }

// A receive that was seen before its send waits for it; the order within each
// process is kept.
func TestMergeHoldsReceive(t *testing.T) {
	m := newMerger(2)
	msg := Message(1, 1)
	m.add(2, []Event{{Kind: Recv, Proc: 2, Msg: msg, At: 10, Dur: 5}, {Kind: Recv, Proc: 2, At: 20, Dur: 1}})
	if out := m.merge(nil, 100, never); len(out) != 0 {
		t.Fatalf("got %d events before the send", len(out))
	}
	m.add(1, []Event{{Kind: Send, Proc: 1, Msg: msg, At: 12, Dur: 90}})
	out := m.merge(nil, 200, never)
	if len(out) != 3 || out[0].Kind != Send || out[1].Msg != msg || out[2].At != 20 {
		t.Fatalf("got %+v, want the send, its receive and the next receive", out)
	}
}

// It does not wait for ever: the record of a send may be lost, or its call may
// sleep with part of the message given.
func TestMergePatience(t *testing.T) {
	msg := Message(1, 1)
	recv := []Event{{Kind: Recv, Proc: 2, Msg: msg, At: 10, Dur: 5}}
	for _, c := range []struct {
		name string
		cut  int64
		open bool
		gone bool
		want int
	}{
		{"soon", 1000, false, false, 0},
		{"call in progress", 1000, true, false, 0},
		{"call that sleeps", int64(2 * drowsy), true, false, 1},
		{"sender gone", 1000, false, true, 1},
		{"much later", int64(2 * patience), false, false, 1},
		{"not before it happened", 12, true, false, 0},
	} {
		m := newMerger(2)
		m.queues[1].gone = c.gone
		m.add(2, recv)
		if out := m.merge(nil, c.cut, func(uint64) bool { return c.open }); len(out) != c.want {
			t.Errorf("%s: got %d events, want %d", c.name, len(out), c.want)
		}
	}
}

// A send that slept takes effect when it returned, after the read that woke it; but
// a read of what it had already given does not wait for that.
func TestMergeSleeper(t *testing.T) {
	m := newMerger(2)
	msg := Message(1, 17)
	m.asleep(&Event{Kind: Block, Call: CallWrite, Proc: 1, Msg: msg, At: 10})
	m.add(1, []Event{{Kind: Send, Proc: 1, Msg: msg, At: 10, Dur: 90}})
	m.add(2, []Event{{Kind: Recv, Proc: 2, Msg: Message(1, 1), At: 80, Dur: 5}, {Kind: Recv, Proc: 2, Msg: msg, At: 86, Dur: 4}})
	out := m.merge(nil, 200, never)
	if len(out) != 3 || out[0].Kind != Recv || out[1].Kind != Recv || out[2].Kind != Send {
		t.Fatalf("got %+v, want both receives before the end of the send", out)
	}
}

// Whatever the batches are, no receive comes before its send, every record comes
// out once, and each process's records stay in order.
func TestMergeProperty(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		const procs = 4
		var all [procs + 1][]Event
		clock, sent := int64(0), uint64(0)
		for range 300 { // messages of process 1 … 3 received by process 4, in causal order
			p := 1 + r.IntN(procs-1)
			sent++
			clock += 1 + r.Int64N(50)
			begin := clock
			clock += 1 + r.Int64N(50)
			all[p] = append(all[p], Event{Kind: Send, Proc: uint16(p), Msg: Message(p, sent), At: begin, Dur: clock - begin + r.Int64N(30)})
			all[procs] = append(all[procs], Event{Kind: Recv, Proc: procs, Msg: Message(p, sent), At: begin - r.Int64N(20), Dur: clock - begin})
		}
		m, now, fed := newMerger(procs), int64(0), [procs + 1]int{}
		var out []Event
		for len(out) < 600 && now < 1e9 {
			now += r.Int64N(500)
			for p := range all {
				n := fed[p]
				for n < len(all[p]) && all[p][n].At+all[p][n].Dur+r.Int64N(200) < now { // records come late
					n++
				}
				m.add(p, all[p][fed[p]:n])
				fed[p] = n
			}
			out = m.merge(out, now, never)
		}
		seen, last := map[uint64]bool{}, [procs + 1]uint64{}
		for _, e := range out {
			if e.Kind == Send {
				seen[e.Msg] = true
			} else if !seen[e.Msg] {
				t.Fatalf("seed %d: message %d received before it was sent", seed, Number(e.Msg))
			}
			if n := Number(e.Msg); n <= last[e.Proc] {
				t.Fatalf("seed %d: process %d: message %d after %d", seed, e.Proc, n, last[e.Proc])
			} else {
				last[e.Proc] = n
			}
		}
		if len(out) != 600 {
			t.Fatalf("seed %d: %d of 600 records came out", seed, len(out))
		}
	}
}
