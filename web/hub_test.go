package web

import (
	"slices"
	"testing"

	"ipclab/lab"
)

// Every page hears how many watch, as they come and go.
func TestViewersAreCounted(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	hears := func(c *client, n float64) {
		t.Helper()
		for c.next(t)["viewers"] != n { // what was true for a moment only may be left out
		}
	}
	first := s.watch(t, run.id, "")
	hears(first, 1)
	second := s.watch(t, run.id, "")
	hears(second, 2)
	hears(first, 2)
	second.Close()
	hears(first, 1)
}

// Facts that changed are told as they are now, but of the modes each: what was
// recorded in one is not to be read as if it were in the next.
func TestFactsKeepEveryMode(t *testing.T) {
	fact := func(seq uint64, f lab.Fact, ret int32) lab.Event {
		return lab.Event{Seq: seq, Kind: lab.State, Call: lab.Call(f), Ret: ret}
	}
	var f facts
	f.begin(1)
	f.note([]lab.Event{fact(1, lab.FactMode, 2), fact(2, lab.FactCapacity, 1), fact(3, lab.FactMode, 0), fact(4, lab.FactCapacity, 2), fact(90, lab.FactMode, 2)})
	var got []uint64
	for _, e := range f.between(1, 0, 50) {
		got = append(got, e.Seq)
	}
	if want := []uint64{1, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("records %v are told, want %v", got, want)
	}
}
