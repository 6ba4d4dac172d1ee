package lessons_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// FuzzParse reads anything. It must end, say where mistakes are, and let nothing
// through but the fixed verbs and prose without markup.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.md")
	if err != nil || len(names) == 0 {
		f.Fatalf("no lessons in testdata: %v", err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, strings.Contains(name, "experiments"))
	}
	f.Fuzz(func(t *testing.T, src []byte, experiments bool) {
		parse := lessons.Parse
		if experiments {
			parse = lessons.ParseExperiments
		}
		l, found := parse("f.md", src)
		places(t, src, found)
		if l == nil {
			if len(found.Errors()) == 0 {
				t.Fatal("no lesson, and no reason why")
			}
			return
		}
		harmless(t, l)
		places(t, src, lessons.Check([]*lessons.Lesson{l}, mechanisms.All))
	})
}

// Every beginning of a lesson is a lesson with mistakes, no more.
func TestEveryPrefix(t *testing.T) {
	_, src := good(t)
	for i := range src {
		l, found := lessons.Parse("f.md", src[:i])
		places(t, src[:i], found)
		if l != nil {
			harmless(t, l)
		}
	}
}

// places makes sure that a mistake is where there is text, or just behind it.
func places(t *testing.T, src []byte, found lessons.Problems) {
	t.Helper()
	lines := strings.Split(string(src), "\n")
	for _, p := range found {
		if p.Line < 1 || p.Line > len(lines) {
			t.Fatalf("%s: the file has %d lines", p, len(lines))
		}
		if most := max(utf8.RuneCountInString(lines[p.Line-1]), 1) + 1; p.Col < 1 || p.Col > most {
			t.Fatalf("%s: the line has %d columns: %q", p, most, lines[p.Line-1])
		}
		if p.Text == "" || strings.ContainsAny(p.Text, "\n\x00") {
			t.Fatalf("said %q", p.Text)
		}
	}
}

var actions = []string{"set", "signal", "kill", "reap", "pin", "mode", "pace", "pause", "resume", "step"}

var verbs = []lessons.Verb{lessons.Act, lessons.Begin, lessons.End, lessons.RunFor, lessons.Wait, lessons.Mark,
	lessons.Gate, lessons.StepOne, lessons.Explore, lessons.Repeat}

// harmless makes sure that a lesson asks for nothing but what lessons may ask for.
func harmless(t *testing.T, l *lessons.Lesson) {
	t.Helper()
	all := append(slices.Clone(l.Hook), l.Intro...)
	for _, s := range l.Steps {
		for _, c := range s.Do {
			if !slices.Contains(verbs, c.Verb) || (c.Verb == lessons.Act) != (c.Action != "" && c.Verb != lessons.StepOne) {
				t.Fatalf("line %d: command %+v", c.Line, c)
			}
			if c.Action != "" && !slices.Contains(actions, strings.Fields(c.Action)[0]) {
				t.Fatalf("line %d: action %q", c.Line, c.Action)
			}
		}
		for _, p := range []lessons.Prose{s.Prose, s.Explain, s.Modify, s.Note} {
			all = append(all, p...)
		}
		qs := s.Reflect
		if s.Predict != nil {
			qs = append(slices.Clone(qs), s.Predict)
		}
		for _, q := range qs {
			all = append(all, q.Text...)
			for _, o := range q.Options {
				all = append(all, o.Text...)
			}
		}
	}
	addresses(t, all)
}

// addresses makes sure that links lead into ipclab, or to https.
func addresses(t *testing.T, p lessons.Prose) {
	t.Helper()
	for _, b := range p {
		for _, i := range b.Text {
			within := strings.HasPrefix(i.Link, "/") && !strings.HasPrefix(i.Link, "//")
			if i.Link != "" && !within && !strings.HasPrefix(strings.ToLower(i.Link), "https://") {
				t.Fatalf("link to %q", i.Link)
			}
		}
		for _, item := range b.Items {
			addresses(t, item)
		}
	}
}

// What a lesson's commands say is what the lab understands.
func TestActionsAreTheLabs(t *testing.T) {
	l, _ := good(t)
	m := mechanisms.Find(l.Lab)
	info := m.Info()
	set, err := info.Complete(l.Params)
	if err != nil {
		t.Fatal(err)
	}
	scene := m.Scene(set)
	for _, s := range l.Steps {
		for _, c := range s.Do {
			if c.Action != "" {
				if _, err := lab.ParseAction(c.Action, &info, &scene); err != nil {
					t.Errorf("line %d: %v", c.Line, err)
				}
			}
		}
	}
}
