package lessons_test

import (
	"slices"
	"strings"
	"testing"

	"ipclab/lessons"
	"ipclab/mechanisms"
)

func shipped(t *testing.T) *lessons.Catalogue {
	t.Helper()
	c, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What ipclab brings along has no mistakes and gives no warnings, every file is in
// the path, and the path goes from what is needed to what needs it.
func TestShipped(t *testing.T) {
	ls, found := lessons.Embedded(mechanisms.All)
	if found = append(found, lessons.Check(ls, mechanisms.All)...); len(found) > 0 {
		t.Error(found)
	}
	c := shipped(t)
	var before []string
	last := ""
	for _, l := range c.Lessons {
		for _, n := range l.Needs {
			if !slices.Contains(before, n) {
				t.Errorf("%s needs %s, which does not come before it", l.ID, n)
			}
		}
		if l.Number <= last {
			t.Errorf("%s has the number %q, after %q", l.ID, l.Number, last)
		}
		if !strings.HasSuffix(l.File, "-"+l.ID+".md") {
			t.Errorf("%s is in %s: name the file NN-%s.md", l.ID, l.File, l.ID)
		}
		if c.Find(l.ID) != l || c.Numbered(l.Number) != l || !slices.Contains(c.Chapter(l).Lessons, l) {
			t.Errorf("%s is not found", l.ID)
		}
		before, last = append(before, l.ID), l.Number
	}
}

func TestNext(t *testing.T) {
	c := shipped(t)
	for i, l := range c.Lessons {
		if next := c.Next(l); i+1 < len(c.Lessons) && next != c.Lessons[i+1] || i+1 == len(c.Lessons) && next != nil {
			t.Errorf("after %s comes %v", l.ID, next)
		}
	}
}

// Recall asks for what was taught before, never for what comes.
func TestRecall(t *testing.T) {
	c := shipped(t)
	asked := 0
	for i, l := range c.Lessons {
		for _, q := range c.Recall(l) {
			asked++
			if !slices.ContainsFunc(c.Lessons[:i], func(e *lessons.Lesson) bool {
				return slices.ContainsFunc(e.Steps, func(s *lessons.Step) bool { return slices.Contains(s.Reflect, q) })
			}) {
				t.Errorf("%s asks for %s, which is not of an earlier lesson", l.ID, q.ID)
			}
		}
	}
	if asked == 0 {
		t.Error("nothing is asked again")
	}
}

func TestMisconceptions(t *testing.T) {
	c := shipped(t)
	seen := map[string]bool{}
	for _, m := range c.Misconceptions {
		if seen[m.ID] || c.Misconception(m.ID) != m {
			t.Errorf("%s is there twice", m.ID)
		}
		seen[m.ID] = true
		for _, s := range []string{m.Says, m.So} {
			if !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q is not a sentence", m.ID, s)
			}
		}
	}
}
