package lessons

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// noArgs refuses words after the name of a block.
func (p *reader) noArgs(b *block) {
	if len(b.args) > 0 {
		p.errorf(b.args[0].at, "%s takes nothing after it: remove %q", b.text, b.args[0].text)
	}
}

// one reads the prose of a block of which there is one.
func (p *reader) one(b *block, to *Prose, in string) {
	if *to != nil {
		p.errorf(b.at, "%s has one %s: this is the second", in, b.text)
		return
	}
	if *to = p.prose(p.pieces(b.from, b.to)); *to == nil {
		p.errorf(b.at, "%s is empty", b.text)
		*to = Prose{}
	}
	p.keys[fmt.Sprint(b.text, " ", b.at.line)] = b.at
}

func (p *reader) hook(b *block) {
	p.noArgs(b)
	switch {
	case p.l.Apart:
		p.errorf(b.at, "experiments have no hook")
	case p.step != nil:
		p.errorf(b.at, "the hook stands before the first step")
	default:
		p.keys["hook"] = b.at
		p.one(b, &p.l.Hook, "a lesson")
	}
}

func (p *reader) explain(b *block) {
	p.noArgs(b)
	p.keys["explain "+p.step.ID] = b.at
	p.one(b, &p.step.Explain, "a step")
}

func (p *reader) note(b *block) {
	p.noArgs(b)
	p.one(b, &p.step.Note, "a step")
}

func (p *reader) modify(b *block) {
	for _, a := range b.args {
		if slices.Contains(p.step.Knobs, a.text) {
			p.errorf(a.at, "modify names %s twice", a.text)
			continue
		}
		p.step.Knobs = append(p.step.Knobs, a.text)
	}
	p.keys["modify "+p.step.ID] = b.at
	p.one(b, &p.step.Modify, "a step")
}

// modifiers of a claim.
var modifiers = []string{"show", "usually", "within", "hold", "requires"}

func (p *reader) claim(b *block) {
	all := Claim{Kind: Must}
	args := b.args
	if len(args) > 0 && !slices.Contains(modifiers, args[0].text) {
		all.Of, args = args[0].text, args[1:]
	}
	for len(args) > 0 {
		args = p.modifier(&all, args)
	}
	before := len(p.step.Claims)
	for i := b.from; i < b.to; i++ {
		if strings.TrimSpace(p.lines[i]) == "" {
			continue
		}
		if len(p.step.Claims) == maxClaims {
			p.errorf(p.start(i), "more than %d claims in a step", maxClaims)
			return
		}
		c := all
		c.Expr = exprAt(place{i + 1, 1}, p.lines[i])
		c.Shown = c.Kind == Show
		p.step.Claims = append(p.step.Claims, &c)
	}
	if len(p.step.Claims) == before {
		p.errorf(b.at, "claim is empty: write what must hold, one expression a line, as in lost == 0")
	}
	if all.Of != "" {
		p.keys[fmt.Sprint("claim ", b.at.line)] = b.args[0].at
	}
}

// modifier reads one, and gives the words after it.
func (p *reader) modifier(c *Claim, args []span) []span {
	m, rest := args[0], args[1:]
	if m.text == "show" || m.text == "usually" {
		if c.Kind != Must {
			p.errorf(m.at, "a claim is shown, or holds usually: not both, and once")
		}
	}
	if m.text == "show" {
		c.Kind = Show
		return rest
	}
	if !slices.Contains(modifiers, m.text) {
		p.errorf(m.at, "claim: there is no %q%s", m.text, orChoose(m.text, modifiers))
		return rest
	}
	if len(rest) == 0 {
		p.errorf(m.at, "claim: %s needs a value: %s", m.text, map[string]string{
			"usually": "usually 18/20", "within": "within 5s", "hold": "hold 2s", "requires": "requires cores>=2"}[m.text])
		return nil
	}
	v := rest[0]
	switch m.text {
	case "usually":
		c.Kind = Usually
		if n, err := fmt.Sscanf(v.text+" ", "%d/%d ", &c.Least, &c.Runs); n != 2 || err != nil || c.Least < 1 || c.Least > c.Runs || c.Runs > maxRepeat {
			p.errorf(v.at, "usually %q: say how many of how many runs, as in 18/20, at most %d", v.text, maxRepeat)
		}
	case "within":
		c.Within = p.duration(v)
	case "hold":
		c.Hold = p.duration(v)
	case "requires":
		for more := true; more && len(rest) > 0; {
			var name string
			name, more = strings.CutSuffix(rest[0].text, ",")
			c.Requires = append(c.Requires, strings.Split(name, ",")...)
			rest = rest[1:]
		}
		return rest
	}
	return rest[1:]
}

func (p *reader) terminal(b *block) {
	p.noArgs(b)
	for i := b.from; i < b.to; i++ {
		line := strings.TrimSpace(p.lines[i])
		if line == "" {
			continue
		}
		if len(p.step.Terminal) == maxCommands {
			p.errorf(p.start(i), "more than %d lines", maxCommands)
			return
		}
		t := TerminalLine{Line: i + 1, Command: line}
		if at := comment(line); at >= 0 {
			t.Command, t.Gloss = strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+1:])
		}
		p.step.Terminal = append(p.step.Terminal, t)
	}
	if p.step.Terminal == nil {
		p.errorf(b.at, "terminal is empty: write one command a line, and what it shows after #")
	}
}

// comment finds the # that begins a comment in a line for a shell, or gives -1.
func comment(line string) int {
	var quote rune
	before := ' '
	for i, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '#' && (before == ' ' || before == '\t'):
			return i
		}
		before = r
	}
	return -1
}

var manual = regexp.MustCompile(`^([A-Za-z0-9_.+-]+\([1-9][a-z]*\))(?::(.*))?$`)

func (p *reader) ref(b *block) {
	p.noArgs(b)
	for i := b.from; i < b.to; i++ {
		line := strings.TrimSpace(p.lines[i])
		if line == "" {
			continue
		}
		m := manual.FindStringSubmatch(line)
		if m == nil || len(p.step.Refs) == maxCommands {
			p.errorf(p.start(i), "write a manual page and its sections, as in pipe(7): Pipe capacity")
			continue
		}
		p.step.Refs = append(p.step.Refs, Ref{Line: i + 1, Page: m[1], Sections: strings.TrimSpace(m[2])})
	}
	if b.from == b.to {
		p.errorf(b.at, "ref is empty: name a manual page, as in pipe(7): Pipe capacity")
	}
}
