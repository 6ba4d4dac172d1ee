package signals

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// Real-time signals that were accepted are taken, each once, those of one number in
// the order sent; what does not fit into the queue is refused, not lost.
func TestQueuedSignalsAreKept(t *testing.T) {
	for name, receiver := range map[string]int64{"sigtimedwait": waits, "signalfd": reads} {
		t.Run(name, func(t *testing.T) {
			set := lab.Settings{"signal": 41, "receiver": receiver, "value": 7000, "limit": 100}
			o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Count: 3000}, 20*time.Second).Outcome
			var last, refused, taken uint64
			for i := range o.Events {
				e := &o.Events[i]
				switch {
				case e.Kind == lab.Signal && e.Ret == -int32(unix.EAGAIN):
					refused++
				case e.Kind == lab.Deliver && e.Ret > 0:
					taken++
					if v := e.Word(); v <= last || v <= 7000 || e.Ret != 41 || lab.Number(e.Msg) != v-7000 {
						t.Fatalf("event %d: signal %d with value %d, message %d, after %d", e.Seq, e.Ret, v, lab.Number(e.Msg), last)
					}
					last = e.Word()
				}
			}
			if s := o.Proc("sender").Sent; s+refused != 3000 || taken != s || o.Totals.Lost != 0 {
				t.Errorf("%d accepted, %d refused, %d taken, %d lost", s, refused, taken, o.Totals.Lost)
			}
			if o.Agrees == nil || !*o.Agrees {
				t.Error("the calls and the kernel do not agree")
			}
		})
	}
}

// A stop, and going on, interrupts the call but loses no signal.
func TestStoppedReceiver(t *testing.T) {
	for name, receiver := range map[string]int64{"sigtimedwait": waits, "signalfd": reads} {
		t.Run(name, func(t *testing.T) {
			o := labtest.Record(t, Mechanism, lab.Options{Settings: lab.Settings{"signal": 38, "count": 0, "receiver": receiver}}, 3*time.Second,
				"1s signal receiver STOP", "1500ms signal receiver CONT").Outcome
			if o.Totals.Lost != 0 || o.Totals.Received < 5 {
				t.Errorf("%d sent, %d taken, %d lost", o.Totals.Sent, o.Totals.Received, o.Totals.Lost)
			}
			if !slices.ContainsFunc(o.Events, func(e lab.Event) bool { return e.Is(lab.FactState) && e.Data[0] == 'T' }) {
				t.Error("the receiver was never seen stopped")
			}
		})
	}
}
