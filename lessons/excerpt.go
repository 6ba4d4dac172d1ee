package lessons

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"ipclab/lab"
)

// Excerpt gives those lines of the workers' source in which the operations of a lesson
// stand that were made most often, as its recordings tell; "" if there are none.
func (l *Lesson) Excerpt() string {
	made := map[string]int{}
	var h lab.Header
	for _, step := range l.Steps {
		rec, err := Recording(step)
		if err != nil {
			continue
		}
		rr, err := lab.OpenRecording(rec)
		if err != nil {
			continue
		}
		h = rr.Header
		for err == nil {
			var es []lab.Event
			es, _, err = rr.Next()
			for i := range es {
				if isCall(&es[i]) {
					made[strings.TrimSpace(es[i].Kind.String()+" "+es[i].Call.String())]++
				}
			}
		}
		if err != io.EOF {
			return ""
		}
	}
	const operations = 4
	var often []string
	for key := range made {
		if h.Lines[key] > 0 {
			often = append(often, key)
		}
	}
	slices.SortFunc(often, func(a, b string) int { return cmp.Or(cmp.Compare(made[b], made[a]), cmp.Compare(a, b)) })
	source := strings.Split(h.Mechanism.Source, "\n")
	keep := map[int]bool{}
	for _, key := range often[:min(operations, len(often))] {
		for n := h.Lines[key] - 1; n <= h.Lines[key]+1; n++ {
			keep[n] = n >= 1 && n <= len(source) && strings.TrimSpace(source[n-1]) != ""
		}
	}
	var out []string
	for n := 1; n <= len(source); n++ {
		switch {
		case keep[n]:
			out = append(out, source[n-1])
		case len(out) > 0 && out[len(out)-1] != "" && keep[n-1]:
			out = append(out, "")
		}
	}
	return dedent(out)
}

// dedent takes away what all lines begin with.
func dedent(lines []string) string {
	least := -1
	for _, l := range lines {
		if n := len(l) - len(strings.TrimLeft(l, "\t")); l != "" && (least < 0 || n < least) {
			least = n
		}
	}
	for i, l := range lines {
		if l != "" {
			lines[i] = strings.ReplaceAll(l[least:], "\t", "    ")
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
