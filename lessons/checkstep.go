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
