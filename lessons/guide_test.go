package lessons

import (
	"regexp"
	"strings"
	"testing"
)

// The guide names everything that the reader takes.
func TestGuideIsWhole(t *testing.T) {
	var all []string
	for name := range frontKeys {
		all = append(all, "| `"+name+"` |")
	}
	for name := range blocks {
		all = append(all, "`:::"+name)
	}
	for _, v := range verbs {
		all = append(all, regexp.MustCompile(`, or | or |, mode `).Split(v.form, -1)...)
	}
	for _, m := range modifiers {
		all = append(all, "| `"+m)
	}
	for _, k := range []QuestionKind{Multi, Order, Number} {
		all = append(all, "| `"+string(k))
	}
	for _, r := range Requirements {
		all = append(all, "`"+r+"`")
	}
	for _, what := range all {
		if !strings.Contains(Format, what) {
			t.Errorf("the guide does not tell of %s", what)
		}
	}
}
