package templates

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
)

// LessonOf gathers what the page of a lesson shows. unavailable says why it cannot
// run here, "" if it can.
func LessonOf(p Page, c *lessons.Catalogue, l *lessons.Lesson, info lab.Info, unavailable string) LessonData {
	d := LessonData{Page: p, Lesson: l, Recall: c.Recall(l), Unavailable: unavailable, Info: info, Misconceptions: map[string]lessons.Misconception{}}
	if ch := c.Chapter(l); ch.Letter != "" {
		d.Chapter = ch.Letter + " · " + ch.Title
	}
	for _, id := range l.Needs {
		if before := c.Find(id); before != nil {
			d.Needs = append(d.Needs, Link{before.Number, "/lessons/" + id})
		}
	}
	if next := c.Next(l); next != nil {
		d.Next = &Link{next.Number + " · " + next.Title, "/lessons/" + next.ID}
	}
	for _, s := range l.Steps {
		if s.Predict == nil {
			continue
		}
		for _, o := range s.Predict.Options {
			for _, id := range o.Misconceptions {
				d.Misconceptions[id] = c.Misconception(id)
			}
		}
	}
	return d
}

// lessonScript is what lesson.js needs to know of a lesson beside its text.
type lessonScript struct {
	LessonData
	ID    string       `json:"id"`
	Hash  string       `json:"hash"`
	Title string       `json:"title"`
	Steps []stepScript `json:"steps"`
}

type stepScript struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Question *questionScript `json:"question,omitempty"`
	Answer   int             `json:"answer"` // the line of the claim that answers the question
	Settings lab.Settings    `json:"settings"`
	Knobs    []string        `json:"knobs,omitempty"` // that its task needs
}

type questionScript struct {
	ID             string               `json:"id"`
	Kind           lessons.QuestionKind `json:"kind"`
	Right          []string             `json:"right"` // letters; of an order: in that order
	Number         float64              `json:"number,omitempty"`
	Within         float64              `json:"within,omitempty"`
	Misconceptions map[string][]string  `json:"misconceptions,omitempty"` // by letter
}

func (d LessonData) script() lessonScript {
	d.Info.Source, d.Info.Page = "", ""
	out := lessonScript{LessonData: d, ID: d.Lesson.ID, Hash: d.Lesson.Hash, Title: d.Lesson.Title}
	set := lab.Settings{}
	maps.Copy(set, d.Lesson.Params)
	for _, s := range d.Lesson.Steps {
		step := stepScript{ID: s.ID, Title: s.Title, Knobs: s.Knobs}
		for _, c := range s.Do {
			if a, err := lab.ParseAction(c.Action, &d.Info, &lab.Scene{}); err == nil && a.Verb == "set" {
				set[d.Info.Knobs[a.Knob].Name] = a.Value
			}
		}
		step.Settings = maps.Clone(set)
		if s.Predict != nil {
			q := script(s.Predict)
			step.Question = &q
			if i := slices.IndexFunc(s.Claims, func(c *lessons.Claim) bool { return c.Of == q.ID }); i >= 0 {
				step.Answer = s.Claims[i].Line
			}
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func script(q *lessons.Question) questionScript {
	out := questionScript{ID: q.ID, Kind: q.Kind, Right: []string{}, Number: q.Number, Within: q.Within, Misconceptions: map[string][]string{}}
	for _, o := range q.Options {
		if o.Right || q.Kind == lessons.Order {
			out.Right = append(out.Right, o.Letter)
		}
		if len(o.Misconceptions) > 0 {
			out.Misconceptions[o.Letter] = o.Misconceptions
		}
	}
	return out
}

// shown gives the options of a question as they are put: those of an order not in
// the right one, and always the same.
func shown(q *lessons.Question) []*lessons.Option {
	if q.Kind != lessons.Order {
		return q.Options
	}
	key := func(o *lessons.Option) uint32 {
		h := fnv.New32a()
		fmt.Fprint(h, q.ID, o.Letter, o.Text)
		return h.Sum32()
	}
	out := slices.Clone(q.Options)
	slices.SortFunc(out, func(a, b *lessons.Option) int { return cmp.Compare(key(a), key(b)) })
	if slices.Equal(out, q.Options) {
		slices.Reverse(out)
	}
	return out
}

var kills = map[string]string{
	"STOP": "%s is frozen; nobody else is told",
	"CONT": "%s may go on",
	"KILL": "the kernel ends %s at once",
	"TERM": "%s is asked to end",
}

// gloss says in plain words what a command does.
func gloss(c lessons.Command) string {
	words := strings.Fields(c.Action)
	word := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch c.Verb {
	case lessons.Begin:
		return "new processes begin"
	case lessons.End:
		return "the processes are ended"
	case lessons.RunFor:
		return "time to watch: nothing is done to them"
	case lessons.Wait:
		return "or until " + patience(c.For) + " have passed"
	case lessons.Mark:
		return "a mark in the record"
	case lessons.Gate:
		return c.Role + " is let go until it waits before " + c.Point
	case lessons.StepOne:
		return fmt.Sprintf("%s makes %s, then it is held again", c.Role, plural(max(c.N, 1), "operation"))
	case lessons.Explore:
		if c.Kill {
			return c.Role + " is killed after 0, 1, 2 … operations, each time among new processes"
		}
		return "every order of these operations is tried, each with new processes"
	case lessons.Repeat:
		return "all that follows, " + plural(c.N, "time")
	}
	switch word(0) {
	case "set":
		return "this parameter is set; all others stay"
	case "signal":
		if of, ok := kills[strings.TrimPrefix(word(2), "SIG")]; ok {
			return fmt.Sprintf(of, word(1))
		}
		return "the signal is sent to " + word(1)
	case "kill":
		return fmt.Sprintf(kills["KILL"], word(1))
	case "reap":
		return "its parent waits for " + word(1) + ", which ended"
	case "mode":
		return map[string]string{"step": "each process is held before each operation", "slow": "some operations a second, in turn", "full": "nobody is held: full speed"}[word(1)]
	case "pace":
		return word(1) + " operations a second"
	case "pause":
		return "all are held"
	case "resume":
		return "all go on"
	case "pin":
		return "it may use this processor only"
	}
	return ""
}

func patience(d time.Duration) string {
	if d%time.Second == 0 {
		return plural(int(d/time.Second), "second")
	}
	return d.String()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// meta is the pill of a lesson: "level 1 · 15 minutes".
func meta(l *lessons.Lesson) string {
	var parts []string
	if l.Level > 0 {
		parts = append(parts, "level "+digits(l.Level))
	}
	if l.Minutes > 0 {
		parts = append(parts, plural(l.Minutes, "minute"))
	}
	return strings.Join(parts, " · ")
}

func when(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// isSaw tells the question after the run from the one before it.
func isSaw(name string) bool { return strings.HasSuffix(name, "-saw") }

// rights are the letters of the right answers, in their order, or the number.
func rights(q *lessons.Question) string {
	if q.Kind == lessons.Number {
		return fmt.Sprint(q.Number, " ", q.Within)
	}
	return strings.Join(script(q).Right, " ")
}
