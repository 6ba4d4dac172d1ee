package main

import (
	"os"
	"strings"
	"testing"

	"ipclab/lessons"
	"ipclab/mechanisms"
)

// What lesson new writes has no mistakes, and holds.
func TestLessonNew(t *testing.T) {
	for _, m := range mechanisms.All {
		lab := m.Info().ID
		t.Run(lab, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, args := range [][]string{
				{"lesson", "new", "my-first", "--lab", lab},
				{"lesson", "check", "my-first.md"},
				{"lesson", "run", "./my-first.md"},
			} {
				if out, errs, status := call(t, args...); status != 0 || strings.Contains(out, "warning:") {
					t.Fatalf("%v ended with %d: %s%s", args, status, out, errs)
				}
			}
			if _, errs, status := call(t, "lesson", "new", "my-first"); status != 2 || !strings.Contains(errs, "is there already") {
				t.Errorf("it may be overwritten: status %d, %s", status, errs)
			}
		})
	}
}

// How a lesson is written is told without a file of the project at hand.
func TestLessonFormat(t *testing.T) {
	if out, errs, status := call(t, "lesson", "format"); status != 0 || out != lessons.Format {
		t.Errorf("ended with %d: %s%s", status, out, errs)
	}
	if _, errs, status := call(t, "lesson", "format", "x"); status != 2 || !strings.Contains(errs, `"x"`) {
		t.Errorf("ended with %d: %s", status, errs)
	}
}

// A folder is read with all that lies in it; mistakes are told line by line.
func TestLessonCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("page.md", "# A page\n")
	if _, errs, status := call(t, "lesson", "check", "."); status != 2 || !strings.Contains(errs, "there is no lesson") {
		t.Errorf("a page alone: status %d, %s", status, errs)
	}
	write("wrong.md", "---\nid: wrong\n---\n\n:::hok\n:::\n")
	out, errs, status := call(t, "lesson", "check", ".")
	if want := "wrong.md:5:4: there is no block \"hok\"; did you mean hook?\n"; status != 1 || !strings.Contains(out, want) || strings.Contains(out, "page.md") {
		t.Errorf("status %d, want 1 and %s in: %s%s", status, want, out, errs)
	}
	if out, errs, status := call(t, "lesson", "check"); status != 0 {
		t.Errorf("those that ipclab brings along: status %d, %s%s", status, out, errs)
	}
	for _, args := range [][]string{{"lesson"}, {"lesson", "chek"}, {"lesson", "check", "gone.md"}, {"lesson", "new"}, {"lesson", "new", "A B"}, {"lesson", "new", "a", "--lab", "pip"}} {
		if _, errs, status := call(t, args...); status != 2 || errs == "" {
			t.Errorf("%v: status %d, want 2 and a reason: %s", args, status, errs)
		}
	}
}
