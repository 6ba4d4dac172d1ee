package signals

import (
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// Wherever it interrupts the main program, the handler runs once for each signal that
// was accepted, and the oldest first.
func TestHandlerRuns(t *testing.T) {
	if !lab.CanHandle {
		t.Skip("no handler for this kind of processor")
	}
	for name, sleep := range map[string]int64{"read": inRead, "poll": inPoll, "pause": inPause, "sigsuspend": inSuspend} {
		t.Run(name, func(t *testing.T) {
			set := lab.Settings{"signal": 41, "receiver": handles, "sleep": sleep, "sa_restart": sleep % 2, "limit": 1000}
			o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Count: 3000}, 20*time.Second).Outcome
			var last, runs, stores uint64
			for i := range o.Events {
				e := &o.Events[i]
				switch {
				case e.Flags&lab.Handler == 0:
				case e.Kind == lab.Store:
					stores++
				case e.Kind == lab.Deliver:
					runs++
					if v := e.Word(); v <= last || e.Ret != 41 {
						t.Fatalf("event %d: signal %d with value %d after %d", e.Seq, e.Ret, v, last)
					}
					last = e.Word()
				}
			}
			want := runs
			if sleep == inRead || sleep == inPoll {
				want = 0 // nothing waits for a flag
			}
			s, r, dropped := o.Proc("sender").Sent, o.Proc("receiver").Received, o.Records.Dropped
			if r != s || runs == 0 || runs > s || runs < s && dropped == 0 || stores != want || o.Totals.Lost != 0 {
				t.Errorf("%d accepted, %d taken, the handler ran %d times and stored %d times, %d lost, %d records dropped", s, r, runs, stores, o.Totals.Lost, dropped)
			}
			if dropped > 0 {
				return // then nothing can be compared
			}
			if o.Agrees == nil || !*o.Agrees {
				t.Error("the calls and the kernel do not agree")
			}
		})
	}
}
