package templates_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"ipclab/lessons"
	"ipclab/static"
	"ipclab/templates"
)

// hostile is a catalogue of one lesson that would be markup if anything forgot to
// escape it.
func hostile() *lessons.Catalogue {
	text := lessons.Prose{{Kind: lessons.Para, Text: []lessons.Inline{{Text: evil}, {Text: evil, Style: lessons.Mono}}}, {Kind: lessons.Code, Code: evil}}
	l := &lessons.Lesson{ID: "evil", Number: evil, Title: evil, Minutes: 5, Hook: text}
	step := &lessons.Step{Lesson: l, ID: "only", Title: evil, Prose: text, Explain: text, Note: text, Modify: text,
		Predict:  &lessons.Question{ID: "q1", Kind: lessons.Choice, Text: text, Options: []*lessons.Option{{Letter: "A", Right: true, Text: text, Misconceptions: []string{evil}}}},
		Claims:   []*lessons.Claim{{Expr: &lessons.Expr{Source: evil}, Kind: lessons.Show}},
		Terminal: []lessons.TerminalLine{{Command: evil, Gloss: evil}}}
	l.Steps = []*lessons.Step{step}
	return &lessons.Catalogue{Lessons: []*lessons.Lesson{l}, Chapters: []lessons.Chapter{{Letter: "A", Title: evil, Lessons: []*lessons.Lesson{l}}, {Letter: "B", Title: evil}},
		Sentences: []lessons.Sentence{{Says: evil, Asks: evil, Found: evil, Lesson: l, Step: step}}}
}

func TestPathIsText(t *testing.T) {
	f, err := static.New(static.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	c, p := hostile(), templates.Page{Assets: f, Role: "presenter"}
	find := func(string) lessons.Misconception { return lessons.Misconception{ID: evil, Says: evil, So: evil} }
	for name, page := range map[string]templ.Component{
		"home":     templates.Home(templates.HomeData{Page: p, Lessons: c}),
		"lessons":  templates.Lessons(templates.LessonsData{Page: p, Lessons: c, Unavailable: map[string]string{"evil": evil}}),
		"student":  templates.Handout(templates.HandoutOf(c.Lessons[0], false, find)),
		"lecturer": templates.Handout(templates.HandoutOf(c.Lessons[0], true, find)),
	} {
		var b bytes.Buffer
		if err := page.Render(t.Context(), &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(b.String(), "&lt;img") {
			t.Errorf("%s does not show the text", name)
		}
		for _, bad := range []string{"<img", " style=", " onclick=", "javascript:"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
	}
}
