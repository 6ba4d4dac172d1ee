package lab_test

import (
	"context"
	"errors"
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

// An experiment is judged on the run as it goes on; whoever ends it first learns
// that nothing was judged.
func TestTry(t *testing.T) {
	e := &lab.Experiment{Name: "stop", Do: []string{"20ms signal reader STOP"}, For: 100 * time.Millisecond}
	no := errors.New("it is not so")
	for _, want := range []error{nil, no} {
		r, _ := start(t, lab.Options{})
		e.Must = func(o *lab.Outcome) error {
			stopped := o.Find(func(e *lab.Event) bool { return e.Is(lab.FactState) && e.Data[0] == 'T' })
			return errors.Join(want, lab.Expect(stopped != nil, "it was not stopped"))
		}
		if miss, err := r.Try(t.Context(), e); err != nil || !errors.Is(miss, want) || want == nil && miss != nil || r.Ended() {
			t.Errorf("judged %v, %v; the run has ended: %t", miss, err, r.Ended())
		}
	}
	r, _ := start(t, lab.Options{})
	e.For, e.Must = 10*time.Second, func(*lab.Outcome) error { t.Error("it was judged"); return nil }
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Try(ctx, e); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
	e.Do = nil
	time.AfterFunc(50*time.Millisecond, r.Stop)
	if _, err := r.Try(t.Context(), e); err == nil {
		t.Error("a run that was ended was judged")
	}
}
