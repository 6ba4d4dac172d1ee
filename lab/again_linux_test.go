package lab_test

import (
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/mechanisms/pipe"
)

// A run that is started again has new processes, new settings and a new epoch.
func TestAgain(t *testing.T) {
	run, err := lab.Start(t.Context(), pipe.Mechanism, lab.Options{Mode: lab.Step})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { run.Stop(); <-run.Done() }()
	for n := range 3 {
		if err := run.Again(lab.Options{Settings: lab.Settings{"writers": int64(n + 2), "size": 100}, Mode: lab.Step}); err != nil {
			t.Fatal(err)
		}
		h := run.Header()
		if h.Epoch != uint32(n+2) || len(h.Scene.Procs) != n+3 || h.Settings["size"] != 100 {
			t.Errorf("epoch %d has %d processes and size %d, want %d, %d and 100", h.Epoch, len(h.Scene.Procs), h.Settings["size"], n+2, n+3)
		}
	}
	if err := run.Again(lab.Options{Settings: lab.Settings{"writers": 9}}); err == nil {
		t.Error("nine writers were accepted, eight are the most")
	}
	for _, role := range []string{"writer1", "reader"} {
		waitFor(t, run, role, func(s lab.Stand) bool { return s.Gate != "" })
		if err := run.Do("step " + role); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, run, "reader", func(s lab.Stand) bool { return s.Gate == "read" }) // it got what writer1 wrote
	if err := run.Do("step reader"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, run, "reader", func(s lab.Stand) bool { return s.Asleep == "pipe_read" })
	if err := run.Do("kill reader"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, run, "reader", func(s lab.Stand) bool { return s.Gone })
}

func waitFor(t *testing.T, run *lab.Run, role string, so func(lab.Stand) bool) {
	t.Helper()
	var all []lab.Stand
	for range 1000 {
		var err error
		if all, err = run.Stands(); err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.Role == role && so(s) {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("%s does not come to where it should: %+v", role, all)
}
