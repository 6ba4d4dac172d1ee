package lessons

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"ipclab/lab"
)

func someRun(n int) *cut {
	r := rand.New(rand.NewPCG(1, 2))
	c := &cut{header: lab.Header{Format: 1, Mechanism: lab.Info{ID: "pipe", Knobs: []lab.KnobInfo{}}, Settings: lab.Settings{"size": 4},
		Scene: lab.Scene{Procs: []lab.Proc{{Role: "writer"}, {Role: "reader"}}, Parts: []lab.Part{{ID: "pipe", Type: lab.Pipe}}, Wires: []lab.Wire{}}}}
	for i := range n {
		e := lab.Event{Seq: uint64(i + 1), At: int64(i)*1000 + r.Int64N(900), Dur: 5, Msg: r.Uint64(), Kind: lab.Send, Call: lab.CallWrite, Proc: 1, Part: 1}
		switch i % 10 {
		case 3:
			e.Kind, e.Call, e.Proc = lab.Recv, lab.CallRead, 2
		case 7:
			e.Kind, e.Call, e.Part = lab.State, lab.Call(lab.FactState), 0
		}
		c.events = append(c.events, e)
	}
	c.views = []lab.Aggregate{{At: 5, Seq: uint64(n / 2), Procs: make([]lab.ProcAggregate, 2), Parts: make([]lab.PartAggregate, 1)}}
	c.note.Moments = []Moment{{Seq: uint64(n), Extra: Extra{Marks: map[string]int64{"here": int64(n / 2)}}}}
	return c
}

// A tape gives back what was put on it.
func TestTape(t *testing.T) {
	for _, n := range []int{0, 1, 2, 5000} {
		c := someRun(n)
		b, err := c.pack()
		if err != nil {
			t.Fatal(err)
		}
		plain, err := OpenTape(b)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := lab.ReadRecording(plain)
		if err != nil || rec.Damage != nil {
			t.Fatal(err, rec.Damage)
		}
		if !slices.Equal(rec.Events, c.events) || !reflect.DeepEqual(rec.Aggregates, c.views) || !reflect.DeepEqual(rec.Header, c.header) {
			t.Errorf("%d events do not come back as they were", n)
		}
	}
	for _, bad := range [][]byte{nil, []byte("no tape"), {31, 139, 8, 0}} {
		if _, err := OpenTape(bad); err == nil {
			t.Errorf("%q was taken for a tape", bad)
		}
	}
}

// What is too much is left out of the middle, and it is said how much.
func TestThin(t *testing.T) {
	c := someRun(5000)
	thin := c.thin(1000)
	var told int64
	facts, mark := 0, thin.note.Moments[0].Extra.Marks["here"]
	for i, e := range thin.events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
		switch e.Kind {
		case lab.Lost:
			told += e.Level
		case lab.State:
			facts++
		}
	}
	if n := int64(len(thin.events)) - 2 + told; n != 5000 || told == 0 {
		t.Errorf("%d events are there, or said not to be: 5000 were recorded", n)
	}
	if facts != 500 {
		t.Errorf("%d of 500 facts were kept", facts)
	}
	if e := thin.events[mark-1]; e.At > c.events[2499].At || thin.events[mark].At < c.events[2499].At {
		t.Errorf("the mark stands at %d ns, it was set at %d", e.At, c.events[2499].At)
	}
	if last := thin.note.Moments[0].Seq; last != uint64(len(thin.events)) {
		t.Errorf("it was judged after event %d of %d", last, len(thin.events))
	}
}
