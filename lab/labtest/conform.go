package labtest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"ipclab/lab"
)

// Conform checks what must hold of every mechanism.
func Conform(t *testing.T, m lab.Mechanism) {
	t.Run("info", func(t *testing.T) { conformInfo(t, m.Info()) })
	t.Run("scene", func(t *testing.T) {
		conformScene(t, m, nil)
		for _, k := range m.Info().Knobs {
			conformScene(t, m, lab.Settings{k.Name: k.Min})
			conformScene(t, m, lab.Settings{k.Name: k.Max})
		}
	})
	t.Run("bounds", func(t *testing.T) {
		for _, k := range m.Info().Knobs {
			for _, v := range []int64{k.Min - 1, k.Max + 1} {
				run, err := lab.Start(t.Context(), m, lab.Options{Settings: lab.Settings{k.Name: v}})
				if err == nil {
					run.Stop()
					t.Errorf("%s = %d was accepted: it is not from %d to %d", k.Name, v, k.Min, k.Max)
				}
			}
		}
	})
	for _, mode := range []lab.Mode{lab.Full, lab.Slow} {
		t.Run(mode.String(), func(t *testing.T) {
			Record(t, m, lab.Options{Mode: mode, Pace: 60}, 100*time.Millisecond) // what the process keeps for good is made
			before := leftovers(t)
			tape := Record(t, m, lab.Options{Mode: mode, Pace: 60}, 400*time.Millisecond)
			for d := time.Second; !tape.moved() && d < 10*time.Second; d *= 2 { // a busy machine needs longer to start
				tape = Record(t, m, lab.Options{Mode: mode, Pace: 60}, d)
			}
			conformRun(t, tape)
			for _, what := range leftBehind(t, before) {
				t.Errorf("%s was left behind", what)
			}
		})
	}
}

// moved tells whether anybody gave anything.
func (t *Tape) moved() bool {
	return slices.ContainsFunc(t.Events, func(e lab.Event) bool {
		return e.Kind == lab.Send || e.Kind == lab.Signal || e.Kind == lab.Store && e.Part != 0
	})
}

func conformInfo(t *testing.T, info lab.Info) {
	for what, text := range map[string]string{"id": info.ID, "title": info.Title, "family": info.Family, "sentence": info.Sentence,
		"boundaries": info.Boundaries, "copies": info.Copies, "related": info.Related, "survives": info.Survives, "source": info.Source, "page": info.Page} {
		if text == "" {
			t.Errorf("it says nothing of its %s", what)
		}
	}
	knobs := map[string]lab.KnobInfo{}
	for _, k := range info.Knobs {
		if _, twice := knobs[k.Name]; twice || k.Name == "" || k.Label == "" {
			t.Errorf("knob %q: its name is missing or not its own, or it has no label", k.Name)
		}
		if k.Default < k.Min || k.Default > k.Max {
			t.Errorf("knob %s: default %d is not from %d to %d", k.Name, k.Default, k.Min, k.Max)
		}
		if k.Values != nil && int64(len(k.Values)) != k.Max-k.Min+1 {
			t.Errorf("knob %s: %d names for the values from %d to %d", k.Name, len(k.Values), k.Min, k.Max)
		}
		knobs[k.Name] = k
	}
}

// Settings gives each knob its default, changed as asked.
func Settings(m lab.Mechanism, change lab.Settings) lab.Settings {
	s := lab.Settings{}
	for _, k := range m.Info().Knobs {
		s[k.Name] = k.Default
	}
	for name, v := range change {
		s[name] = v
	}
	return s
}

func conformScene(t *testing.T, m lab.Mechanism, change lab.Settings) {
	sc := m.Scene(Settings(m, change))
	if again := m.Scene(Settings(m, change)); !reflect.DeepEqual(sc, again) {
		t.Errorf("%v: the scene is not the same the second time", change)
	}
	if len(sc.Procs) == 0 || len(sc.Parts) == 0 {
		t.Errorf("%v: %d processes and %d parts in the scene", change, len(sc.Procs), len(sc.Parts))
	}
	known := map[string]bool{}
	for _, p := range sc.Procs {
		if known[p.Role] || p.Role == "" || p.Kind == "" || p.Group == "" || len(p.Gates) == 0 {
			t.Errorf("%v: process %q: its role is missing or not its own, or it has no kind, group or gates", change, p.Role)
		}
		known[p.Role] = true
	}
	for _, p := range sc.Parts {
		if known[p.ID] || p.ID == "" || p.Type == "" {
			t.Errorf("%v: part %q: its id is missing or not its own, or it has no type", change, p.ID)
		}
		known[p.ID] = true
	}
	for _, p := range sc.Parts {
		if p.In != "" && !known[p.In] {
			t.Errorf("%v: part %s lies in %q, which is not there", change, p.ID, p.In)
		}
	}
	for _, w := range sc.Wires {
		if !known[w.From] || !known[w.To] {
			t.Errorf("%v: wire from %q to %q: one is not there", change, w.From, w.To)
		}
	}
}

// conformRun checks the events of a run in which nobody interfered.
func conformRun(t *testing.T, tape *Tape) {
	sc, n := tape.Outcome.Scene, map[lab.Kind]int{}
	sent, last := map[uint64]bool{}, uint64(0)
	for _, e := range tape.Events {
		n[e.Kind]++
		where := fmt.Sprintf("event %d (%v)", e.Seq, e.Kind)
		if e.Seq <= last {
			t.Errorf("%s comes after %d", where, last)
		}
		last = e.Seq
		switch {
		case int(e.Proc) > len(sc.Procs):
			t.Errorf("%s: process %d of %d", where, e.Proc, len(sc.Procs))
			continue
		case int(e.Part) > len(sc.Parts):
			t.Errorf("%s: part %d of %d", where, e.Part, len(sc.Parts))
			continue
		case e.Msg >= 1<<53:
			t.Errorf("%s: message %#x is more than a page can count to", where, e.Msg)
		case e.Dur < 0:
			t.Errorf("%s: took %d ns", where, e.Dur)
		}
		if e.Part > 0 && e.Kind != lab.State {
			if c := sc.Parts[e.Part-1].Cap; sc.Parts[e.Part-1].Holds == "bytes" && c > 0 && e.Level > c {
				t.Errorf("%s: level %d of %d", where, e.Level, c)
			}
		}
		switch e.Kind {
		case lab.Send, lab.Signal:
			sent[e.Msg] = true
		case lab.Recv, lab.Deliver:
			if e.Msg != 0 && !sent[e.Msg] && n[lab.Lost] == 0 {
				t.Errorf("%s: message %#x was taken before it was sent", where, e.Msg)
			}
		case lab.Fault:
			t.Errorf("%s: nobody interfered: %+v", where, e)
		}
	}
	if n[lab.Spawn] != len(sc.Procs) || n[lab.Exit] != len(sc.Procs) {
		t.Errorf("%d processes in the scene, %d spawned, %d ended", len(sc.Procs), n[lab.Spawn], n[lab.Exit])
	}
	if !tape.moved() {
		t.Error("nothing was sent and nothing was stored")
	}
	if a := tape.Outcome.Agrees; a == nil || !*a {
		t.Error("the calls and the kernel do not agree")
	}
	if r := tape.Outcome.Records; r.Written != r.Recorded+r.Dropped {
		t.Errorf("%d records written, %d recorded and %d dropped", r.Written, r.Recorded, r.Dropped)
	}
}
