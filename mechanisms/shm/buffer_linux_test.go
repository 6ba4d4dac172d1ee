package shm

import (
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// Every item that is put into the ring is taken out once, however small the ring is and
// however many want it.
func TestRingKeepsItems(t *testing.T) {
	for _, set := range []lab.Settings{
		{"workers": 1, "consumers": 1, "slots": 1, "n": 300},
		{"workers": 4, "consumers": 1, "slots": 2, "n": 100},
		{"workers": 1, "consumers": 4, "slots": 6, "n": 300},
		{"workers": 3, "consumers": 3, "slots": 3, "n": 100},
	} {
		set["work"] = buffer
		o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Count: set["n"]}, 20*time.Second).Outcome
		all := uint64(set["workers"] * set["n"])
		if r := o.Totals; r.Sent != all || r.Received != all || r.Lost != 0 || r.Duplicated != 0 || r.Reordered != 0 {
			t.Errorf("%v: %d sent, %d received, %d lost, %d twice, %d late; %d were made", set, r.Sent, r.Received, r.Lost, r.Duplicated, r.Reordered, all)
		}
		if empty, full, mutex := value(o.Part("empty").Level), value(o.Part("full").Level), value(o.Part("mutex").Level); empty != set["slots"] || full != 0 || mutex != 1 {
			t.Errorf("%v: in the end empty is %d, full %d, mutex %d", set, empty, full, mutex)
		}
		if o.Agrees == nil || !*o.Agrees || len(o.Unasked) > 0 {
			t.Errorf("%v: agrees %v, unasked faults %q", set, o.Agrees, o.Unasked)
		}
	}
}

// What a killed process had put and nobody has taken yet still lies in the ring; with it
// an item may be known to have been put, or taken, only by half.
func TestKilledAtTheRing(t *testing.T) {
	for _, who := range []string{"producer1", "consumer1"} {
		set := lab.Settings{"work": buffer, "workers": 2, "consumers": 2, "n": 0}
		o := labtest.Record(t, Mechanism, lab.Options{Settings: set}, 500*time.Millisecond, "300ms kill "+who).Outcome
		if r := o.Totals; r.Sent == 0 || r.Lost > 1 || r.Lost < -1 || r.Duplicated != 0 || r.Reordered != 0 {
			t.Errorf("%s killed: %d sent, %d received, %d lost, %d twice, %d late", who, r.Sent, r.Received, r.Lost, r.Duplicated, r.Reordered)
		}
	}
}

// What was posted before anybody waited is taken later: the waiter at the semaphore
// comes to the end in any order of the two.
func TestPostIsRemembered(t *testing.T) {
	set := lab.Settings{"work": signal, "n": 20}
	for seed := range uint64(3) {
		o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Mode: lab.Slow, Pace: 500, Seed: seed}, 2*time.Second).Outcome
		if p := o.Proc("waiter2"); p.BlockedIn != "" {
			t.Errorf("seed %d: waiter2 sleeps in %s, the flag is %d", seed, p.BlockedIn, value(o.Part("flag").Level))
		}
	}
}
