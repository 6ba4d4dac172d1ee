package shm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// Whatever locks its updates and survives its owners loses none, and tears no
// record, though workers are killed whenever it happens.
func TestKilledWorkersLoseNothing(t *testing.T) {
	for name, lock := range map[string]int64{"atomic": atomicAdd, "robust": robust, "semaphore": semaphore} {
		for range 3 {
			t.Run(name, func(t *testing.T) {
				o := killed(t, lab.Settings{"lock": lock, "record": withRecord}, 2)
				if o.Totals.Lost != 0 {
					t.Errorf("%d updates, the counter %d, expected %d", o.Totals.Sent, value(o.Totals.Counter), value(o.Totals.Expected))
				}
				// A record that a killed worker left half written is read once, and whole again.
				if lock != atomicAdd && o.Totals.Torn > 2 {
					t.Errorf("%d torn records, and two workers were killed", o.Totals.Torn)
				}
				if len(o.Unasked) > 0 || o.Agrees != nil && !*o.Agrees {
					t.Errorf("unasked faults %q, agrees %v", o.Unasked, o.Agrees)
				}
			})
		}
	}
}

// killed runs four workers without end and kills some of them. Nobody begins before
// all are ready, so that one that is killed too early holds up the others: on a busy
// machine it waits longer.
func killed(t *testing.T, set lab.Settings, n int) *lab.Outcome {
	t.Helper()
	set["workers"], set["n"] = 4, 0
	for wait := 60; ; wait *= 2 {
		var do []string
		for i, w := range rand.Perm(4)[:n] {
			do = append(do, fmt.Sprintf("%dms kill worker%d", wait+i*100+rand.IntN(80), w+1))
		}
		o := labtest.Record(t, Mechanism, lab.Options{Settings: set}, time.Duration(wait+100*n+100)*time.Millisecond, do...).Outcome
		if o.Totals.Sent > 0 {
			return o
		}
		if wait > 5000 {
			t.Fatalf("no update was made in %d ms", wait)
		}
	}
}

// The word goes through the states that its events tell of: nobody takes a lock
// that another has.
func TestOneOwnerAtATime(t *testing.T) {
	for name, lock := range map[string]int64{"spin": spin, "mutex": mutex, "robust": robust} {
		t.Run(name, func(t *testing.T) {
			o := labtest.Record(t, Mechanism, lab.Options{Settings: lab.Settings{"workers": 3, "lock": lock, "n": 400}}, 10*time.Second).Outcome
			part, owner := o.Scene.PartNumber("lock"), uint16(0)
			for i := range o.Events {
				e := &o.Events[i]
				switch {
				case e.Part != part || e.Kind == lab.State:
				case e.Kind == lab.Lock && e.Ret == 1 && owner != 0:
					t.Fatalf("event %d: process %d takes the lock that %d has", e.Seq, e.Proc, owner)
				case e.Kind == lab.Lock && e.Ret == 1:
					owner = e.Proc
				case e.Kind == lab.Unlock && owner != e.Proc:
					t.Fatalf("event %d: process %d gives back the lock that %d has", e.Seq, e.Proc, owner)
				case e.Kind == lab.Unlock:
					owner = 0
				}
			}
			if err := counted(o, 1200, 1200); err != nil {
				t.Error(err)
			}
		})
	}
}

// With a note before it, no record is read half written, whenever its writer is killed.
func TestJournalKeepsRecordWhole(t *testing.T) {
	for range 5 {
		o := killed(t, lab.Settings{"lock": robust, "record": withJournal}, 3)
		if o.Totals.Torn != 0 || o.Totals.Lost != 0 {
			t.Errorf("%d updates, %d lost, %d torn records", o.Totals.Sent, o.Totals.Lost, o.Totals.Torn)
		}
	}
}

// Two locks that all take in the same order let everybody come to the end.
func TestOrderedLocksEnd(t *testing.T) {
	set := lab.Settings{"workers": 3, "lock": ordered, "n": 400}
	o := labtest.Record(t, Mechanism, lab.Options{Settings: set}, 20*time.Second).Outcome
	if err := counted(o, 1200, 1200); err != nil {
		t.Error(err)
	}
}

// A store that all have seen before the load is made is found by at least one of two.
func TestFencedFindsOne(t *testing.T) {
	for _, mode := range []lab.Mode{lab.Full, lab.Slow} {
		rounds := map[lab.Mode]int64{lab.Full: 20_000, lab.Slow: 5}[mode]
		set := lab.Settings{"work": fenced, "n": rounds}
		o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Mode: mode, Pace: 500}, 20*time.Second).Outcome
		if got := o.Part("rounds").Level; got == nil || *got != rounds {
			t.Errorf("%v: %d of %d rounds were made", mode, value(got), rounds)
		}
		if err := counted(o, 0, 0); err != nil {
			t.Error(err)
		}
	}
}

func counted(o *lab.Outcome, counter, expected int64) error {
	if t := o.Totals; value(t.Counter) != counter || value(t.Expected) != expected {
		return fmt.Errorf("the counter is %d after %d updates, want %d after %d", value(t.Counter), value(t.Expected), counter, expected)
	}
	return nil
}

// value gives a number that is known; -1 if it is not.
func value(v *int64) int64 {
	if v == nil {
		return -1
	}
	return *v
}

// No read that a sequence lock lets through is torn, though torn ones are made.
func TestSequenceAcceptsWhole(t *testing.T) {
	set := lab.Settings{"work": bySequence, "workers": 3, "n": 20_000, "rate": 20_000}
	o := labtest.Record(t, Mechanism, lab.Options{Settings: set}, 20*time.Second).Outcome
	for _, i := range []int{2, 3} {
		accepted, torn := o.Part(fmt.Sprint("accepted", i)).Level, o.Part(fmt.Sprint("torn_accepted", i)).Level
		if value(accepted) != 20_000 || value(torn) != 0 {
			t.Errorf("worker%d accepted %d reads, %d of them torn", i, value(accepted), value(torn))
		}
	}
	if counter := value(o.Part("sequence").Level); counter != 40_000 || len(o.Unasked) > 0 {
		t.Errorf("the counter is %d after 20 000 updates, unasked faults %q", counter, o.Unasked)
	}
}

// A reader of a sequence lock stores nowhere but in its own memory.
func TestSequenceReadersWriteNothing(t *testing.T) {
	set := lab.Settings{"work": bySequence, "workers": 3, "n": 200}
	o := labtest.Record(t, Mechanism, lab.Options{Settings: set}, 10*time.Second).Outcome
	for i := range o.Events {
		e := &o.Events[i]
		if e.Kind == lab.Store && e.Proc > 1 && o.Scene.Parts[e.Part-1].In == "page" {
			t.Fatalf("event %d: reader %d stores to %s", e.Seq, e.Proc, o.Scene.Parts[e.Part-1].ID)
		}
	}
}
