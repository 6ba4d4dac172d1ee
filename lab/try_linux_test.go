package lab_test

import (
	"testing"
	"time"

	"ipclab/lab"
)

// A look tells what the end of the run would tell, again and again, and the run
// goes on; after the end it tells the end.
func TestLook(t *testing.T) {
	r, _ := start(t, lab.Options{Settings: lab.Settings{"rate": 500, "drain": 0}})
	var last *lab.Outcome
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		o, err := r.Look()
		if err != nil {
			t.Fatal(err)
		}
		w, rd := o.Proc("writer"), o.Proc("reader")
		if lost := o.Totals.Lost; w.BytesSent < rd.BytesReceived || lost != 0 {
			t.Errorf("%d bytes sent, %d received, %d lost", w.BytesSent, rd.BytesReceived, lost)
		}
		last = o
	}
	if w := last.Proc("writer"); w.Sent == 0 || w.Exit.Signal != "" || last.Agrees == nil || !*last.Agrees {
		t.Errorf("%+v, agrees %v", *w, last.Agrees)
	}
	if r.Ended() {
		t.Error("the run has ended")
	}
	if err := r.Do("signal reader STOP"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if o, err := r.Look(); err != nil || o.Proc("writer").BlockedIn != "pipe_write" || *o.Part("pipe").Level != o.Part("pipe").Capacity {
		t.Errorf("a full pipe: %v, the writer is in %q", err, o.Proc("writer").BlockedIn)
	}
	r.Stop()
	end, _ := r.Wait()
	if o, err := r.Look(); err != nil || o != end {
		t.Errorf("after the end: %v", err)
	}
}
