package lessons

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ipclab/lab"
)

// What is more makes a lesson hard to follow.
const (
	mostHook    = 60 // words
	mostExplain = 80 // words
	mostLesson  = 4  // steps
	leastAnswer = 3
	mostAnswer  = 5
)

// Check compares lessons and experiments with the labs, with each other and with the
// lessons that ipclab brings along. It compiles their expressions: without errors
// they can be performed.
func Check(ls []*Lesson, all []lab.Mechanism) Problems {
	var found Problems
	known := knownLessons(ls)
	for _, l := range ls {
		c := &examiner{findings: findings{file: l.File}, source: l.src, l: l, all: all}
		c.lesson(known)
		found = append(found, c.findings.all...)
	}
	found = append(found, together(ls)...)
	found.Sort()
	return found
}

type examiner struct {
	findings
	*source
	l    *Lesson
	all  []lab.Mechanism
	lab  lab.Mechanism // nil if there is none with that name
	info lab.Info
	used map[string]bool // misconceptions behind answers
	ids  map[string]bool // of questions
	state
}

// key is where the front matter names something.
func (c *examiner) key(names ...string) place {
	for _, n := range names {
		if at, ok := c.keys[n]; ok {
			return at
		}
	}
	return place{1, 1}
}

func (c *examiner) lesson(known []string) {
	c.used, c.ids = map[string]bool{}, map[string]bool{}
	c.findLab()
	c.params()
	for _, n := range c.l.Needs {
		if !slices.Contains(known, n) {
			c.errorf(c.key("needs "+n), "needs: there is no lesson %q%s", n, didYouMean(n, known))
		}
	}
	for _, r := range c.l.Requires {
		c.requirement(c.key("requires "+r), r)
	}
	for _, id := range c.l.Misconceptions {
		c.misconception(c.key("misconceptions "+id), id)
	}
	if !c.l.Apart {
		c.shape()
	}
	seen := map[string]bool{}
	for _, s := range c.l.Steps {
		for _, name := range []string{s.ID, s.Number} {
			if seen[name] {
				c.errorf(c.at(s.Line, name), "another step has %q already", name)
			}
			seen[name] = name != ""
		}
		c.step(s)
		if c.l.Apart {
			c.experiment(s)
		}
	}
	for _, id := range c.l.Misconceptions {
		if !c.used[id] {
			c.warnf(c.key("misconceptions "+id), "no answer is tagged {%s}: tag one, or remove it here", id)
		}
	}
}

// findLab finds whose workers the lesson runs.
func (c *examiner) findLab() {
	var names []string
	for _, m := range c.all {
		info := m.Info()
		names = append(names, info.ID)
		if info.ID == c.l.Lab {
			c.lab, c.info = m, info
		}
	}
	if c.lab == nil && c.l.Lab != "" {
		c.errorf(c.key("lab", "mechanism"), "there is no lab %q%s", c.l.Lab, orChoose(c.l.Lab, names))
	}
}

// params gives the settings in the front matter their values.
func (c *examiner) params() {
	c.l.Params = lab.Settings{}
	for _, set := range c.source.params {
		if v, ok := c.setting(set.name, set.value); ok {
			c.l.Params[set.name.text] = v
		}
	}
}

// setting reads a value of a knob.
func (c *examiner) setting(name, value span) (int64, bool) {
	if c.lab == nil {
		return 0, false
	}
	i := slices.IndexFunc(c.info.Knobs, func(k lab.KnobInfo) bool { return k.Name == name.text })
	if i < 0 {
		c.errorf(name.at, "%s has no knob %q%s", c.info.ID, name.text, orChoose(name.text, c.knobs()))
		return 0, false
	}
	v, err := c.info.Knobs[i].Parse(value.text)
	if err != nil {
		c.errorf(value.at, "%v%s", err, didYouMean(value.text, c.info.Knobs[i].Values))
		return 0, false
	}
	return v, true
}

func (c *examiner) knobs() (names []string) {
	for _, k := range c.info.Knobs {
		names = append(names, k.Name)
	}
	return names
}

func (c *examiner) requirement(at place, r string) {
	if !canRequire(r) {
		c.errorf(at, "%q cannot be required%s", r, orChoose(r, Requirements))
	}
}

func (c *examiner) misconception(at place, id string) {
	if !slices.ContainsFunc(misconceptions(), func(m Misconception) bool { return m.ID == id }) {
		var known []string
		for _, m := range misconceptions() {
			known = append(known, m.ID)
		}
		c.errorf(at, "there is no misconception %s in lessons/misconceptions.yaml%s", id, didYouMean(id, known))
		c.used[id] = true // that it is not is no other mistake
	}
}

// shape looks at what every lesson has.
func (c *examiner) shape() {
	switch n := c.l.Hook.words(); {
	case c.l.Hook == nil:
		c.errorf(place{1, 1}, "there is no hook: put :::hook and a question before the first step")
	case n > mostHook:
		c.warnf(c.key("hook"), "the hook has %d words: at most %d are read", n, mostHook)
	}
	switch n := len(c.l.Steps); {
	case n == 0:
		c.errorf(place{len(c.lines), 1}, "there is no step: begin one with ## Title {#id}")
	case n > mostLesson:
		c.errorf(place{c.l.Steps[mostLesson].Line, 1}, "the lesson has %d steps: at most %d, make two lessons of it", n, mostLesson)
	}
}

// experiment looks at what every experiment has.
func (c *examiner) experiment(s *Step) {
	if len(s.Prose) == 0 || s.Prose[0].Kind != Para {
		c.errorf(c.at(s.Line, s.ID), "say below the heading, in one paragraph, what must be seen")
	}
	if len(s.Claims) == 0 {
		c.errorf(c.at(s.Line, s.ID), "nothing is claimed: an experiment shows something with :::claim")
	}
}

func (c *examiner) step(s *Step) {
	c.perform(s)
	if s.Predict != nil {
		c.question(s.Predict, true)
		if !slices.ContainsFunc(s.Claims, func(cl *Claim) bool { return cl.Of == s.Predict.ID }) {
			c.warnf(place{s.Predict.Line, 1}, "nothing shows which answer is right: write :::claim %s", s.Predict.ID)
		}
	}
	for _, q := range s.Reflect {
		c.question(q, false)
	}
	if n := s.Explain.words(); n > mostExplain {
		c.warnf(c.key("explain "+s.ID), "explain has %d words: at most %d are read", n, mostExplain)
	}
	for _, k := range s.Knobs {
		at := c.key("modify " + s.ID)
		if at = c.at(at.line, k); c.lab != nil && !slices.Contains(c.knobs(), k) {
			c.errorf(at, "%s has no knob %q%s", c.info.ID, k, orChoose(k, c.knobs()))
		}
	}
	for _, r := range s.Refs {
		if !slices.Contains(manuals(), r.Page) {
			c.errorf(c.at(r.Line, r.Page), "there is no manual page %s in lessons/manpages.txt%s", r.Page, didYouMean(r.Page, manuals()))
		}
	}
}

// question counts answers and looks at their tags. Of a recall question nothing is
// run: its wrong answers cannot be tried.
func (c *examiner) question(q *Question, run bool) {
	at := c.at(q.Line, q.ID)
	if c.ids[q.ID] {
		c.errorf(at, "another question has the id %q already", q.ID)
	}
	c.ids[q.ID] = true
	right := 0
	for _, o := range q.Options {
		if o.Right {
			right++
		}
		for _, id := range o.Misconceptions {
			c.misconception(c.inOption(o, id), id)
			c.used[id] = true
		}
		switch {
		case q.Kind == Order || o.Right:
		case len(o.Misconceptions) == 0:
			c.warnf(place{o.Line, 1}, "wrong answer without a tag: which misconception is behind it? {PI-2}")
		case o.Wrong != nil && !run:
			c.errorf(place{o.Wrong.Line, o.Wrong.Col}, "a recall question is not run: remove the expression")
		}
	}
	n := len(q.Options)
	switch {
	case n == 0:
	case q.Kind == Choice && right != 1:
		c.errorf(at, "%d right answers of %d: mark exactly one with [x], or write %s multi", right, n, q.ID)
	case q.Kind == Multi && right == 0:
		c.errorf(at, "no right answer of %d: mark each with [x]", n)
	}
	if n > 0 && (n < leastAnswer || n > mostAnswer) {
		c.errorf(at, "%d answers: give %d to %d", n, leastAnswer, mostAnswer)
	}
}

// inOption is where an answer names something: it may have several lines.
func (c *examiner) inOption(o *Option, name string) place {
	for line := o.Line; line <= len(c.lines) && line < o.Line+20; line++ {
		if strings.Contains(c.lines[line-1], name) {
			return c.at(line, name)
		}
	}
	return place{o.Line, 1}
}

// compile checks an expression; col in its error counts from where it begins.
func (c *examiner) compile(e *Expr, scene *lab.Scene) {
	err := Compile(e, &c.info, scene)
	var at *ClaimError
	switch {
	case errors.As(err, &at):
		c.errorf(place{e.Line, e.Col + max(at.Col, 1) - 1}, "claim: %s", at.Text)
	case err != nil:
		c.errorf(place{e.Line, e.Col}, "%v", err)
	}
	for _, m := range marked.FindAllStringSubmatchIndex(e.Source, -1) {
		if name := e.Source[m[2]:m[3]]; !slices.Contains(c.marks, name) {
			at := place{e.Line, e.Col + utf8.RuneCountInString(e.Source[:m[2]])}
			c.errorf(at, "claim: no mark %q was set since the start%s", name, didYouMean(name, c.marks))
		}
	}
}

// marked finds the marks that an expression names.
var marked = regexp.MustCompile(`\b(?:since|at)\(\s*"([^"]*)"`)

var placeholder = regexp.MustCompile(`(\$?)\{([A-Za-z][A-Za-z0-9_-]*)\.([A-Za-z_]+)\}`)

// terminal checks what is filled in: {writer.pid}. ${…} is the shell's own.
func (c *examiner) terminal(s *Step) {
	for _, t := range s.Terminal {
		for _, m := range placeholder.FindAllStringSubmatch(t.Command, -1) {
			at := c.at(t.Line, m[2]+"."+m[3])
			switch roles := c.roles(); {
			case m[1] != "":
			case !slices.Contains(roles, m[2]):
				c.errorf(at, "there is no process %q to fill in%s", m[2], orChoose(m[2], roles))
			case !slices.Contains(fillable, m[3]):
				c.errorf(at, "{%s.%s} cannot be filled in%s", m[2], m[3], orChoose(m[3], fillable))
			}
		}
	}
}

var fillable = []string{"pid", "fd"}

// words counts them.
func (p Prose) words() (n int) {
	inlines := func(all []Inline) {
		var s strings.Builder
		for _, i := range all {
			s.WriteString(i.Text)
		}
		n += len(strings.FieldsFunc(s.String(), unicode.IsSpace))
	}
	for _, b := range p {
		inlines(b.Text)
		for _, item := range b.Items {
			n += item.words()
		}
		for _, row := range b.Rows {
			for _, cell := range row {
				inlines(cell)
			}
		}
	}
	return n
}
