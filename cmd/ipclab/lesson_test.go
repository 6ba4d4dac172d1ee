package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// Every lesson is performed once on real processes: what it says must be so.
func TestLessons(t *testing.T) {
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	home, err := lab.OpenHome()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all.Lessons {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			err := performLesson(t.Context(), home, l, func(*lessons.Step) bool { return true }, "", func(p performed) {
				t.Run(p.Step, func(t *testing.T) { judged(t, &p) })
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// judged makes a test of each claim.
func judged(t *testing.T, p *performed) {
	if p.State == lessons.Skipped {
		t.Skip(p.Why)
	}
	for i := range p.Claims {
		c := &p.Claims[i]
		t.Run(fmt.Sprintf("claim%d", i+1), func(t *testing.T) {
			switch {
			case c.Skip != "":
				t.Skip(c.Skip)
			case !c.Stands():
				t.Errorf("%s:%d: %s", p.of.File, c.Line, failure(c))
			case c.Runs > 0 || c.Kind == lessons.Show:
				t.Logf("%s%s", c.Text, measured(c.Sides, notes(c)))
			}
		})
	}
	var report bytes.Buffer
	if !p.Green {
		printStep(&report, p)
		t.Errorf("not all is as the lesson says:\n%s", report.String())
	}
}

// Every step of every lesson has a recording, on which the same claims hold, and there
// are no others.
func TestRecordings(t *testing.T) {
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../lessons/recordings/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		step, id := strings.TrimSuffix(filepath.Base(file), ".tape"), filepath.Base(filepath.Dir(file))
		if l := all.Find(id); l == nil || l.Step(step) == nil {
			t.Errorf("%s is of no step that there is: remove it", file)
		}
	}
	for _, l := range all.Lessons {
		for _, step := range l.Steps {
			t.Run(l.ID+"/"+step.ID, func(t *testing.T) {
				rec, err := lessons.Recording(step)
				if err != nil {
					t.Fatalf("%v: run make recordings", err)
				}
				r, err := lessons.Rejudge(step, rec)
				if err != nil {
					t.Fatal(err)
				}
				judged(t, &performed{Report: r, Green: r.Holds(), of: l, step: step})
				for i := range r.Claims {
					if c := &r.Claims[i]; !c.Held && c.Skip == "" && c.Kind != lessons.Show {
						t.Errorf("%s:%d: on the recording, %s", l.File, c.Line, failure(c))
					}
				}
			})
		}
	}
}
