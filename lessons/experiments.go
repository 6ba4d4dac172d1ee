package lessons

import (
	"fmt"
	"strings"
	"time"

	"ipclab/lab"
)

// An Experiment is a step that a mechanism brings along, as lists show it: a prepared
// run, and what must be seen in it.
type Experiment struct {
	ID      string       `json:"id"`    // "P1"
	Name    string       `json:"name"`  // "full", as in ipclab run pipe/full
	Title   string       `json:"title"` // "A full pipe puts the writer to sleep"
	Sees    string       `json:"sees"`  // what must be seen, in a sentence or two
	Set     lab.Settings `json:"set"`
	Mode    lab.Mode     `json:"mode"`
	Usually float64      `json:"usually,omitempty"` // the least share of runs in which it comes out so; 0 means always
	Shows   bool         `json:"shows,omitempty"`   // it promises nothing, but tells a number
	Step    *Step        `json:"-"`
}

// Experiments reads and checks the experiments of a mechanism.
func Experiments(m lab.Mechanism) ([]Experiment, error) {
	info := m.Info()
	if info.Experiments == "" {
		return nil, nil
	}
	l, problems := ParseExperiments("mechanisms/"+info.ID+"/experiments.md", []byte(info.Experiments))
	if l != nil {
		problems = append(problems, Check([]*Lesson{l}, []lab.Mechanism{m})...)
	}
	if bad := problems.Errors(); len(bad) > 0 {
		return nil, fmt.Errorf("read the experiments of %s: %w", info.ID, bad)
	}
	var all []Experiment
	for _, step := range l.Steps {
		e := Experiment{ID: step.Number, Name: step.ID, Title: step.Title, Sees: firstParagraph(step.Prose), Step: step, Shows: true}
		e.Set, e.Mode = step.startsWith(l, &info)
		for _, c := range step.Claims {
			e.Shows = e.Shows && c.Kind == Show
			if share := float64(c.Least) / float64(max(c.Runs, 1)); c.Kind == Usually && (e.Usually == 0 || share < e.Usually) {
				e.Usually = share
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// startsWith gives what a step of a file of experiments sets before it starts.
func (step *Step) startsWith(l *Lesson, info *lab.Info) (lab.Settings, lab.Mode) {
	set, mode := lab.Settings{}, l.Mode
	for _, c := range step.Do {
		if c.Verb == Begin || c.Verb == Explore {
			break
		}
		if c.Verb != Act {
			continue
		}
		a, err := lab.ParseAction(c.Action, info, &lab.Scene{})
		switch {
		case err != nil: // it names a process
		case a.Verb == "set":
			set[info.Knobs[a.Knob].Name] = a.Value
		case a.Verb == "mode":
			mode = lab.Mode(a.Value)
		}
	}
	return set, mode
}

// Length is how long an experiment runs if nothing needs to be waited for.
func (e *Experiment) Length() (d time.Duration) {
	for _, c := range e.Step.Do {
		if c.Verb == RunFor {
			d += c.For
		}
	}
	var hold time.Duration
	for _, c := range e.Step.Claims {
		hold = max(hold, c.Hold)
	}
	return d + hold
}

func firstParagraph(p Prose) string {
	for _, b := range p {
		if b.Kind == Para {
			var s strings.Builder
			for _, in := range b.Text {
				s.WriteString(in.Text)
			}
			return s.String()
		}
	}
	return ""
}
