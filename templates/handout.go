package templates

import (
	"slices"
	"strconv"
	"strings"

	"ipclab/lessons"
)

// HandoutData is one sheet.
type HandoutData struct {
	Lesson         *lessons.Lesson
	Lecturer       bool
	Misconceptions []lessons.Misconception // behind the wrong answers of this lesson
}

// HandoutOf gathers what stands on a sheet.
func HandoutOf(l *lessons.Lesson, lecturer bool, find func(id string) lessons.Misconception) HandoutData {
	d := HandoutData{Lesson: l, Lecturer: lecturer}
	var ids []string
	for _, s := range l.Steps {
		if s.Predict == nil {
			continue
		}
		for _, o := range s.Predict.Options {
			ids = append(ids, o.Misconceptions...)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		d.Misconceptions = append(d.Misconceptions, find(id))
	}
	return d
}

func terminalLines(l *lessons.Lesson) (all []lessons.TerminalLine) {
	for _, s := range l.Steps {
		all = append(all, s.Terminal...)
	}
	return all
}

// onPaper writes a command so that a student knows what to fill in.
func onPaper(command string) string {
	return strings.NewReplacer("{", "‹", "}", "›").Replace(command)
}

// onSheet gives the answers as they are put, or in the right order.
func onSheet(q *lessons.Question, solved bool) []*lessons.Option {
	if solved {
		return q.Options
	}
	return shown(q)
}

// number writes the right number, and how far off is still right.
func number(q *lessons.Question) string {
	s := strconv.FormatFloat(q.Number, 'f', -1, 64)
	if q.Within > 0 {
		s += " ± " + strconv.FormatFloat(q.Within, 'f', -1, 64)
	}
	return s
}

func joined(ids []string) string { return strings.Join(ids, ", ") }
