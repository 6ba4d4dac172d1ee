package templates_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/static"
	"ipclab/templates"
)

// evil would be markup if anything forgot to escape it.
const evil = `</script><img src=x onerror=alert(1)>"'`

func pages(t *testing.T) map[string]string {
	t.Helper()
	f, err := static.New(static.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	p := templates.Page{Assets: f, Role: "presenter"}
	info := lab.Info{ID: "pipe", Title: evil, Family: evil, Sentence: evil, Boundaries: evil, Source: evil}
	experiments := []lessons.Experiment{{ID: "P1", Name: "full", Title: evil, Sees: evil}}
	out := map[string]string{}
	for name, c := range map[string]templ.Component{
		"home":      templates.Home(templates.HomeData{Page: p, Run: "abcdefgh", Kernel: evil, CPUs: 2, Mechanisms: []templates.Tile{{Info: info}, {Info: info, Unavailable: evil}}}),
		"home gone": templates.Home(templates.HomeData{Page: p, NoRun: evil}),
		"bench":     templates.Bench(templates.BenchData{Page: p, Info: templates.BenchInfo{Info: info, Experiments: experiments}, Unavailable: evil, Experiment: evil}),
		"player":    templates.Player(templates.PlayerData{Page: p}),
		"lesson":    templates.Lesson(evilLesson(p, info)),
		"doctor":    templates.Doctor(templates.DoctorData{Page: p, Kernel: evil, User: evil}),
		"problem":   templates.Problem(templates.ProblemData{Page: p, Title: evil, Text: []string{evil}, Links: []templates.Link{{Text: evil, URL: "javascript:alert(1)"}}}),
	} {
		var b bytes.Buffer
		if err := c.Render(context.Background(), &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b.String()
	}
	return out
}

// evilLesson has the text in every place that a lesson has for one.
func evilLesson(p templates.Page, info lab.Info) templates.LessonData {
	inlines := []lessons.Inline{{Text: evil}, {Text: evil, Style: lessons.Mono}, {Text: evil, Link: "javascript:alert(1)"}}
	text := lessons.Prose{{Kind: lessons.Para, Text: inlines}, {Kind: lessons.Code, Code: evil}, {Kind: lessons.Table, Rows: [][][]lessons.Inline{{inlines}, {inlines}}},
		{Kind: lessons.List, Items: []lessons.Prose{{{Kind: lessons.Para, Text: inlines}}}}, {Kind: lessons.Quote, Items: []lessons.Prose{{{Kind: lessons.Head, Text: inlines}}}}}
	options := []*lessons.Option{{Letter: "A", Right: true, Text: text}, {Letter: "B", Text: text, Misconceptions: []string{evil}}}
	l := &lessons.Lesson{ID: "evil", Hash: evil, Number: evil, Title: evil, Hook: text, Intro: text}
	d := templates.LessonData{Page: p, Lesson: l, Chapter: evil, Unavailable: evil, Info: info, Needs: []templates.Link{{Text: evil, URL: "javascript:alert(1)"}}}
	for _, kind := range []lessons.QuestionKind{lessons.Choice, lessons.Multi, lessons.Order, lessons.Number} {
		q := &lessons.Question{ID: "q", Kind: kind, Text: text, Options: options}
		d.Recall = append(d.Recall, q)
		l.Steps = append(l.Steps, &lessons.Step{Lesson: l, ID: string(kind), Title: evil, Prose: text, Predict: q, Do: []lessons.Command{{Text: evil, Role: evil, Point: evil}},
			Explain: text, Modify: text, Knobs: []string{evil}, Terminal: []lessons.TerminalLine{{Command: evil, Gloss: evil}}, Refs: []lessons.Ref{{Page: evil, Sections: evil}}})
	}
	return d
}

func TestNothingBecomesMarkup(t *testing.T) {
	for name, page := range pages(t) {
		for _, bad := range []string{"<img", " style=", " onclick=", "javascript:"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page holds %s", name, bad)
			}
		}
	}
}

// The only script in a page that runs is the import map, admitted by its hash.
func TestInlineScripts(t *testing.T) {
	f, err := static.New(static.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`)
	for name, page := range pages(t) {
		maps := 0
		for _, m := range script.FindAllStringSubmatch(page, -1) {
			switch {
			case strings.Contains(m[1], `type="importmap"`):
				maps++
				sum := sha256.Sum256([]byte(m[2]))
				if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; want != f.ImportMapHash() {
					t.Errorf("%s: the import map's hash is %s, the policy admits %s", name, want, f.ImportMapHash())
				}
			case strings.Contains(m[1], `type="application/json"`):
				if !json.Valid([]byte(m[2])) {
					t.Errorf("%s: its data are no JSON", name)
				}
			case m[2] != "" || !strings.Contains(m[1], "src="):
				t.Errorf("%s: inline script %.80q", name, m[0])
			}
		}
		if maps != 1 {
			t.Errorf("%s: has %d import maps, not 1", name, maps)
		}
	}
}

// One yellow button on a page: one thing to do first.
func TestOnePrimaryAction(t *testing.T) {
	for name, page := range pages(t) {
		if n := len(regexp.MustCompile(`class="[^"]*\bbtn go\b`).FindAllString(page, -1)); n > 1 {
			t.Errorf("%s: has %d primary buttons", name, n)
		}
	}
}
