package lessons

import (
	"slices"

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
