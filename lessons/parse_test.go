package lessons_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// good is a lesson with all that there is in the format.
func good(t testing.TB) (*lessons.Lesson, []byte) {
	t.Helper()
	src, err := os.ReadFile("testdata/good.md")
	if err != nil {
		t.Fatal(err)
	}
	l, found := lessons.Parse("good.md", src)
	if l != nil {
		found = append(found, lessons.Check([]*lessons.Lesson{l}, mechanisms.All)...)
	}
	if len(found) > 0 {
		t.Fatalf("a good lesson has mistakes:\n%v", found)
	}
	return l, src
}

func TestGoodLesson(t *testing.T) {
	l, _ := good(t)
	same(t, "front matter", []any{l.ID, l.Number, l.Title, l.Lab, l.Level, l.Minutes, l.Mode, l.Pace, l.Needs, l.Requires, l.Params, l.Misconceptions},
		[]any{"all-of-it", "L99", "All that a lesson may have", "shm", 2, 15, lab.Step, 2.5, []string{"race"},
			[]string{"linux", "cores>=2"}, lab.Settings{"n": 10, "lock": 0}, []string{"SH-7", "GE-9"}})
	if len(l.Steps) != 2 {
		t.Fatalf("%d steps, want 2", len(l.Steps))
	}
	s := l.Steps[0]
	same(t, "step", []any{s.ID, s.Title, s.Knobs, s.Refs},
		[]any{"all", "Everything", []string{"n", "window"}, []lessons.Ref{{94, "mmap(2)", "Description; Notes"}, {95, "futex(7)", ""}}})
	same(t, "terminal", s.Terminal, []lessons.TerminalLine{
		{81, "cat /proc/{worker1.pid}/maps | grep 'a # b'", "where the page lies"}, {82, "", "only a remark"}})
	same(t, "order", []any{s.Reflect[0].ID, s.Reflect[0].Kind, len(s.Reflect[0].Options)}, []any{"reflect1", lessons.Order, 3})
	q := l.Steps[1].Predict
	same(t, "number", []any{q.Kind, q.Number, q.Within}, []any{lessons.Number, 2000.0, 5.0})
}

func TestAnswers(t *testing.T) {
	l, _ := good(t)
	q := l.Steps[0].Predict
	var got []string
	for _, o := range q.Options {
		s := fmt.Sprintln(o.Letter, o.Right, o.Line, o.Misconceptions, text(o.Text))
		if o.Wrong != nil {
			s += fmt.Sprintln(o.Wrong.Source, o.Wrong.Line, o.Wrong.Col)
		}
		got = append(got, oneLine(s))
	}
	same(t, "answers", got, []string{
		"A true 47 [] It is lost.",
		"B false 48 [SH-7 GE-9] It is never lost, whatever the order. counter == expected 49 40",
		"C false 50 [SH-7] It is doubled. duplicated > 0 50 29",
	})
}

func TestCommands(t *testing.T) {
	l, _ := good(t)
	var got []string
	for _, s := range l.Steps {
		for _, c := range s.Do {
			got = append(got, oneLine(fmt.Sprintln(c.Line, c.Verb, c.Action, c.Role, c.Point, c.Name, c.N, c.For, c.Turns, c.Kill)))
		}
	}
	same(t, "commands", got, []string{
		"54 act set lock = none 0 0s [] false",
		"55 start 0 0s [] false",
		"56 gate worker1 store 0 0s [] false",
		"57 step step worker2 worker2 3 0s [] false",
		"58 step step worker1 worker1 1 0s [] false",
		"59 mark here 0 0s [] false",
		"60 wait 0 10s [] false",
		"115 repeat 3 0s [] false",
		"116 act mode full 0 0s [] false",
		"117 explore 0 0s [{worker1 [load store]} {worker2 [load store]}] false",
		"118 explore worker1 0 0s [] true",
		"119 stop 0 0s [] false",
	})
	cond := l.Steps[0].Do[6].Cond
	same(t, "condition", []any{cond.Source, cond.Line, cond.Col}, []any{"counter >= 1", 60, 6})
}

func TestClaims(t *testing.T) {
	l, _ := good(t)
	var got []string
	for _, c := range l.Steps[0].Claims {
		got = append(got, oneLine(fmt.Sprintln(c.Source, c.Line, c.Of, c.Kind, c.Least, c.Runs, c.Within, c.Hold, c.Requires)))
	}
	same(t, "claims", got, []string{
		"counter == 1 64 q1 must 0 0 5s 0s [cores>=2 linux]",
		"lost >= 0 65 q1 must 0 0 5s 0s [cores>=2 linux]",
		"dropped == 0 69 usually 18 20 0s 200ms []",
		"lost == 0 73 show 0 0 0s 0s []",
	})
	if c := l.Steps[0].Claims[0]; c.Within != 5*time.Second {
		t.Errorf("within %v, want 5s", c.Within)
	}
}

func TestProse(t *testing.T) {
	l, _ := good(t)
	p := l.Steps[0].Prose
	var kinds []lessons.BlockKind
	for _, b := range p {
		kinds = append(kinds, b.Kind)
	}
	same(t, "kinds", kinds, []lessons.BlockKind{lessons.Para, lessons.Head, lessons.Numbered, lessons.Quote, lessons.Table, lessons.Code})
	same(t, "inlines", p[0].Text, []lessons.Inline{
		{Text: "Prose with "}, {Style: lessons.Mono, Text: "code"}, {Text: ", "}, {Style: lessons.Strong, Text: "strong"},
		{Text: " words, "}, {Text: "a link", Link: "/doctor"}, {Text: ", "},
		{Text: "https://www.kernel.org/", Link: "https://www.kernel.org/"}, {Text: " and AT&T *."}})
	same(t, "list", text(p[2].Items[1]), "second within")
	same(t, "table", p[4].Rows[1][0], []lessons.Inline{{Style: lessons.Mono, Text: "n"}})
	same(t, "code", p[5].Code, ":::do\n## not a step {#no}")
}

// Files are also written on other systems.
func TestLineEnds(t *testing.T) {
	l, src := good(t)
	other, found := lessons.Parse("good.md", append([]byte("\ufeff"), bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))...))
	if len(found) > 0 || other.Hash != l.Hash {
		t.Errorf("with other line ends: hash %s, want %s; %v", other.Hash, l.Hash, found)
	}
}

// What no lesson is, is refused at once.
func TestUnreadable(t *testing.T) {
	for name, src := range map[string]string{
		"1:1: the file has":                   strings.Repeat("x\n", 200_000),
		"2:4000: the line has 5000":           "---\n" + strings.Repeat("x", 5000),
		"2:3: byte 0xff is not UTF-8":         "---\nid\xff: x",
		"1:4: the invisible character U+202E": "---\u202e",
		"1:1: the invisible character U+0000": "\x00",
	} {
		l, found := lessons.Parse("f", []byte(src))
		if l != nil || len(found) == 0 || !strings.HasPrefix(found[0].String(), "f:"+name) {
			t.Errorf("%v, want %s", found, name)
		}
	}
}

// An answer is a paragraph, whatever it begins with.
func TestAnswerIsAParagraph(t *testing.T) {
	_, src := good(t)
	for _, answer := range []string{"2000.", "1) one", "- none", "# 1", "> 0"} {
		l, found := lessons.Parse("f", bytes.Replace(src, []byte("- [x] It is lost."), []byte("- [x] "+answer), 1))
		if len(found) > 0 {
			t.Fatalf("%q: %v", answer, found)
		}
		if got := l.Steps[0].Predict.Options[0].Text; len(got) != 1 || text(got) != answer {
			t.Errorf("%q was read as %+v", answer, got)
		}
	}
}

// A hostile file gives a few mistakes, not thousands.
func TestManyMistakes(t *testing.T) {
	_, found := lessons.Parse("f", []byte(strings.Repeat(":::x\n", 50_000)))
	if len(found) > 101 {
		t.Errorf("%d mistakes", len(found))
	}
}

// text is prose in one line.
func text(p lessons.Prose) string {
	var all []string
	for _, b := range p {
		s := ""
		for _, i := range b.Text {
			s += i.Text
		}
		if s != "" {
			all = append(all, s)
		}
		for _, item := range b.Items {
			all = append(all, text(item))
		}
	}
	return strings.Join(all, " ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n%v, want\n%v", what, got, want)
	}
}
