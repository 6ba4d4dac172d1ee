package mechanisms_test

import (
	"context"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// Every experiment comes out as it says, on real processes. One that does so only
// usually gets as many tries as that takes.
func TestExperiments(t *testing.T) {
	for _, m := range mechanisms.All {
		all, err := lessons.Experiments(m)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, e := range all {
			if e.ID == "" || e.Sees == "" || names[e.ID] || names[e.Name] {
				t.Errorf("%s/%s: its id %q or name is missing or not its own, or it does not say what is to be seen", m.Info().ID, e.Name, e.ID)
			}
			names[e.ID], names[e.Name] = true, true
			t.Run(m.Info().ID+"/"+e.Name, func(t *testing.T) {
				besideOthers(t, m)
				comesOut(t, m, &e)
			})
		}
	}
}

// besideOthers lets a test run at the same time as others: most of it is waiting. Not
// one with signals: the kernel counts those that are queued for all processes of a
// user together.
func besideOthers(t *testing.T, m lab.Mechanism) {
	info := m.Info()
	set, err := info.Complete(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Scene(set).Parts {
		if p.Type == lab.Signals {
			return
		}
	}
	t.Parallel()
}

func comesOut(t *testing.T, m lab.Mechanism, e *lessons.Experiment) {
	if p, is := m.(lab.Prober); is && p.Probe() != nil {
		t.Skip(p.Probe())
	}
	const tries = 10
	for try := 1; ; try++ {
		session := lessons.NewSession(e.Step.Lesson, m, func(_ context.Context, o lab.Options) (lessons.Run, error) {
			return lab.Start(t.Context(), m, o)
		}, nil)
		r, err := session.Perform(t.Context(), e.Step, nil)
		session.Close()
		if err != nil {
			t.Fatal(err)
		}
		if r.State == lessons.Skipped {
			t.Skip(r.Why)
		}
		missed := strings.Join(r.Misses(), "\n")
		if !r.Holds() {
			t.Fatalf("%s: %s", r.State, missed)
		}
		if e.Usually == 0 || missed == "" {
			return
		}
		if try == tries {
			t.Fatalf("not once in %d tries: %s", tries, missed)
		}
		t.Logf("try %d: %s", try, missed)
	}
}
