package lessons

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The longest that a command or a claim may take, and how often.
const (
	maxTime   = time.Minute
	maxRepeat = 200
	maxAtOnce = 10_000 // operations of one step command
)

// A verb is how a command is written, and how it is read. Without read it is an
// action of the lab, with so many words after it.
type verb struct {
	form string
	args int
	read func(p *reader, c *Command, w []span)
}

var verbs map[string]verb

func init() {
	verbs = map[string]verb{
		"start":   {"start", 0, func(_ *reader, c *Command, _ []span) { c.Verb = Begin }},
		"restart": {"restart", 0, func(_ *reader, c *Command, _ []span) { c.Verb = Begin }},
		"stop":    {"stop", 0, func(_ *reader, c *Command, _ []span) { c.Verb = End }},
		"set":     {"set KNOB = VALUE", 3, nil},
		"signal":  {"signal ROLE SIGNAL", 2, nil},
		"kill":    {"kill ROLE", 1, nil},
		"reap":    {"reap ROLE", 1, nil},
		"pin":     {"pin ROLE CPU", 2, nil},
		"mode":    {"mode full, mode slow or mode step", 1, nil},
		"pace":    {"pace N", 1, nil},
		"pause":   {"pause", 0, nil},
		"resume":  {"resume", 0, nil},
		"run":     {"run 2s", 1, (*reader).run},
		"wait":    {"wait CONDITION within 10s", -1, (*reader).wait},
		"mark":    {"mark NAME", 1, (*reader).mark},
		"gate":    {"gate ROLE POINT", 2, (*reader).gate},
		"step":    {"step ROLE, or step ROLE N", -1, (*reader).stepCommand},
		"explore": {"explore ROLE POINT, ROLE POINT, or explore kill ROLE", -1, (*reader).explore},
		"repeat":  {"repeat N", 1, (*reader).repeat},
	}
}

func (p *reader) do(b *block) {
	p.noArgs(b)
	if p.step.Do != nil {
		p.errorf(b.at, "a step has one do: begin another step for what comes later")
		return
	}
	for i := b.from; i < b.to && !p.full(); i++ {
		if strings.TrimSpace(p.lines[i]) == "" {
			continue
		}
		if len(p.step.Do) == maxCommands {
			p.errorf(p.start(i), "more than %d commands in a step", maxCommands)
			return
		}
		if c, ok := p.command(i); ok {
			p.step.Do = append(p.step.Do, c)
		}
	}
	if p.step.Do == nil {
		p.errorf(b.at, "do is empty: write one command a line, as in start")
	}
}

// command reads one line. Nothing but the verbs above comes out of it.
func (p *reader) command(i int) (Command, bool) {
	text := p.lines[i]
	w := words(i+1, text)
	v, known := verbs[w[0].text]
	if !known {
		p.errorf(w[0].at, "there is no command %q%s", w[0].text, orChoose(w[0].text, keys(verbs)))
		return Command{}, false
	}
	if w[0].text == "set" {
		w = setWords(i+1, text)
	}
	before := len(p.all)
	c := Command{Line: i + 1, Text: strings.TrimSpace(text), Verb: Act}
	if v.args >= 0 && len(w)-1 != v.args {
		at := w[0].at
		if len(w)-1 > v.args {
			at = w[v.args+1].at
		}
		p.errorf(at, "write %s", v.form)
		return Command{}, false
	}
	if v.read != nil {
		v.read(p, &c, w)
	} else {
		p.action(&c, w)
	}
	return c, len(p.all) == before
}

// setWords splits set size=2049 also where no blanks are.
func setWords(line int, s string) (all []span) {
	for _, w := range words(line, s) {
		for {
			before, after, found := strings.Cut(w.text, "=")
			if before != "" {
				all = append(all, span{before, w.at})
			}
			if !found {
				break
			}
			w.at.col += len([]rune(before))
			all = append(all, span{"=", w.at})
			w = span{after, place{w.at.line, w.at.col + 1}}
		}
	}
	return all
}

// action is what the lab does by itself.
func (p *reader) action(c *Command, w []span) {
	var s []string
	for _, f := range w {
		s = append(s, f.text)
	}
	c.Action = strings.Join(s, " ")
	switch w[0].text {
	case "set":
		if w[2].text != "=" {
			p.errorf(w[2].at, "write set KNOB = VALUE")
		}
	case "mode":
		if modes := []string{"full", "slow", "step"}; !slices.Contains(modes, w[1].text) {
			p.errorf(w[1].at, "there is no mode %q%s", w[1].text, orChoose(w[1].text, modes))
		}
	case "pace":
		if f, err := strconv.ParseFloat(w[1].text, 64); err != nil || !(f >= 0.1 && f <= 1000) {
			p.errorf(w[1].at, "pace %q: give operations a second, from 0.1 to 1000", w[1].text)
		}
	case "signal", "kill", "reap", "pin":
		c.Role = w[1].text
	}
}

func (p *reader) run(c *Command, w []span) {
	c.Verb, c.For = RunFor, p.duration(w[1])
}

func (p *reader) duration(w span) time.Duration {
	d, err := time.ParseDuration(w.text)
	if err != nil || d < time.Millisecond || d > maxTime {
		p.errorf(w.at, "time %q: give one from 1ms to 60s, as in 500ms or 10s", w.text)
		return 0
	}
	return d
}

// wait's time is its last two words: what stands before them is the condition.
func (p *reader) wait(c *Command, w []span) {
	c.Verb = Wait
	n := len(w)
	if n < 4 || w[n-2].text != "within" {
		at, near := w[0].at, ""
		for _, f := range w[1:] {
			if s := didYouMean(f.text, []string{"within"}); s != "" {
				at, near = f.at, s
			}
		}
		p.errorf(at, "say how long to wait at most: wait CONDITION within 10s%s", near)
		return
	}
	c.For = p.duration(w[n-1])
	line := []rune(p.lines[c.Line-1])
	c.Cond = exprAt(w[1].at, string(line[w[1].at.col-1:w[n-2].at.col-1]))
}

func (p *reader) mark(c *Command, w []span) {
	c.Verb, c.Name = Mark, w[1].text
	if !ident.MatchString(c.Name) {
		p.errorf(w[1].at, "mark %q: use small letters, digits and hyphens", c.Name)
	}
}

func (p *reader) gate(c *Command, w []span) {
	c.Verb, c.Role, c.Point = Gate, w[1].text, w[2].text
}

func (p *reader) stepCommand(c *Command, w []span) {
	c.Verb, c.N = StepOne, 1
	if len(w) < 2 || len(w) > 3 {
		p.errorf(w[0].at, "write %s", verbs["step"].form)
		return
	}
	c.Role, c.Action = w[1].text, "step "+w[1].text
	if len(w) == 3 {
		c.N = p.count(w[2], maxAtOnce)
	}
}

func (p *reader) repeat(c *Command, w []span) {
	c.Verb, c.N = Repeat, p.count(w[1], maxRepeat)
	if len(p.step.Do) > 0 {
		p.errorf(w[0].at, "repeat stands first: all that follows it is done so often")
	}
}

func (p *reader) count(w span, most int) int {
	n, err := strconv.Atoi(w.text)
	if err != nil || n < 1 || n > most {
		p.errorf(w.at, "%q: give a number from 1 to %d", w.text, most)
	}
	return n
}

// explore ROLE POINT POINT, ROLE POINT: a comma ends what belongs to one role.
func (p *reader) explore(c *Command, w []span) {
	c.Verb = Explore
	if len(w) > 1 && w[1].text == "kill" {
		c.Kill = true
		if len(w) != 3 {
			p.errorf(w[0].at, "write explore kill ROLE")
			return
		}
		c.Role = w[2].text
		return
	}
	fresh := true
	for _, f := range w[1:] {
		name, ends := strings.CutSuffix(f.text, ",")
		switch {
		case name == "":
		case fresh:
			c.Turns = append(c.Turns, Turn{Role: name})
		default:
			t := &c.Turns[len(c.Turns)-1]
			t.Points = append(t.Points, name)
		}
		fresh = ends
	}
	bare := slices.ContainsFunc(c.Turns, func(t Turn) bool { return len(t.Points) == 0 })
	switch {
	case len(c.Turns) < 2 || bare || fresh:
		p.errorf(w[0].at, "write %s, as in explore worker1 load store, worker2 load store", verbs["explore"].form)
	case Orders(c.Turns) > mostSchedules:
		p.errorf(w[0].at, "these operations have more than %d orders: name fewer", mostSchedules)
	}
}
