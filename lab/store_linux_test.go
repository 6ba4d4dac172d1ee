package lab_test

import (
	"fmt"
	"testing"

	"ipclab/lab"
	"ipclab/mechanisms/shm"
)

// additions starts two workers that add to one counter without end, atomically.
func additions(t *testing.T) (*lab.Run, *tape) {
	r, tape := startOf(t, shm.Mechanism, lab.Options{Settings: lab.Settings{"lock": 1, "n": 0, "rate": 50}, Once: true})
	until(t, "both have added", func() bool { return tape.count(isKind(lab.Store, 1)) > 2 && tape.count(isKind(lab.Store, 2)) > 2 })
	return r, tape
}

// stopAt lets a worker stop itself at a point of its next addition.
func stopAt(t *testing.T, r *lab.Run, tape *tape, proc uint16, point uint32) {
	t.Helper()
	if err := r.FailAt(fmt.Sprint("worker", proc), point); err != nil {
		t.Fatal(err)
	}
	until(t, "it has stopped itself", func() bool { return tape.count(isStopped(proc)) > 0 })
}

func noneLost(t *testing.T, r *lab.Run) {
	t.Helper()
	r.Stop()
	o, err := r.Wait()
	if err != nil {
		t.Fatal(err)
	}
	tt := o.Totals
	if tt.Counter == nil || tt.Expected == nil {
		t.Fatalf("counter %v, expected %v", tt.Counter, tt.Expected)
	}
	if tt.Lost != 0 || int64(tt.Sent) != *tt.Counter || *tt.Counter != *tt.Expected || o.Agrees != nil && !*o.Agrees {
		t.Errorf("%d additions, the counter %d, expected %d", tt.Sent, *tt.Counter, *tt.Expected)
	}
}

// An addition that the end of the run cut off is counted if it was made.
func TestEndWithinStore(t *testing.T) {
	for _, point := range []uint32{1, 2, 3} {
		r, tape := additions(t)
		stopAt(t, r, tape, 1, point)
		noneLost(t, r)
	}
}

// A store that began earlier may be made later: it does not show that the one of a
// killed process was not made.
func TestKilledWithinOverlappingStore(t *testing.T) {
	r, tape := additions(t)
	stopAt(t, r, tape, 1, 1) // it has begun
	stopAt(t, r, tape, 2, 2) // begins, and adds
	n := tape.count(isKind(lab.Store, 1))
	do(t, r, "set n = 1", "signal worker1 CONT") // it adds to that, and that is all
	until(t, "the first has added", func() bool { return tape.count(isKind(lab.Store, 1)) > n })
	do(t, r, "kill worker2")
	until(t, "it is dead", func() bool { return tape.count(isKind(lab.Exit, 2)) == 1 })
	noneLost(t, r)
}
