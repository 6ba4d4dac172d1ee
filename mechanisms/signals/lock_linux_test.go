package signals

import (
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// With its signals blocked while it has the lock, the receiver is never interrupted
// there: the handler finds the lock free each time, and gives it back.
func TestGuardedHandler(t *testing.T) {
	if !lab.CanHandle {
		t.Skip("no handler for this kind of processor")
	}
	set := lab.Settings{"signal": 41, "receiver": handles, "sleep": inLock, "guard": 1, "limit": 1000}
	o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Count: 200}, 3*time.Second).Outcome
	var runs, taken, back int
	for i := range o.Events {
		e := &o.Events[i]
		switch {
		case e.Kind == lab.Block && e.Call == lab.CallFutex:
			t.Fatalf("event %d: process %d sleeps for the lock", e.Seq, e.Proc)
		case e.Flags&lab.Handler == 0:
		case e.Kind == lab.Deliver:
			runs++
		case e.Kind == lab.Lock:
			if e.Ret != 1 || e.Word() != 0 {
				t.Fatalf("event %d: the handler finds %#x in the lock", e.Seq, e.Word())
			}
			taken++
		case e.Kind == lab.Unlock:
			back++
		}
	}
	s, r, dropped := o.Proc("sender").Sent, o.Proc("receiver").Received, o.Records.Dropped
	if r != s || runs == 0 || dropped == 0 && (runs != int(s) || taken != runs || back != runs) {
		t.Errorf("%d accepted, %d taken, the handler ran %d times, took the lock %d times and gave it back %d times, %d records dropped", s, r, runs, taken, back, dropped)
	}
}
