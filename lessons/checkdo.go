package lessons

import (
	"slices"
	"strings"

	"ipclab/lab"
)

// state is what holds at one point of a lesson: the settings of the next start, and
// the cast of the last one.
type state struct {
	set   lab.Settings
	mode  lab.Mode
	live  lab.Mode   // that of the processes
	scene *lab.Scene // nil before the first start
	marks []string   // set since then
}

// perform goes through the commands of a step as a run would, and compiles every
// expression for the cast that there is then.
func (c *examiner) perform(s *Step) {
	if c.set == nil || c.l.Apart {
		c.state = state{set: lab.Settings{}, mode: c.l.Mode}
		for k, v := range c.l.Params {
			c.set[k] = v
		}
	}
	for i := range s.Do {
		if c.lab != nil {
			c.command(&s.Do[i])
		}
	}
	for _, cl := range s.Claims {
		c.claim(s, cl)
	}
	if c.lab == nil {
		return
	}
	if c.scene == nil {
		if len(s.Claims) > 0 {
			c.errorf(place{s.Claims[0].Line, s.Claims[0].Col}, "nothing was started, so nothing can be claimed: put start in a do before")
		}
	} else if s.Predict != nil {
		for _, o := range s.Predict.Options {
			if o.Wrong != nil {
				c.compile(o.Wrong, c.scene)
			}
		}
	}
	if len(s.Terminal) > 0 {
		c.terminal(s)
	}
}

func (c *examiner) claim(s *Step, cl *Claim) {
	if cl.Of != "" && (s.Predict == nil || s.Predict.ID != cl.Of) {
		known := slices.Clone(modifiers)
		if s.Predict != nil {
			known = append(known, s.Predict.ID)
		}
		c.errorf(c.header(cl.Line, cl.Of), "claim: this step has no question %q%s", cl.Of, orChoose(cl.Of, known))
	}
	for _, r := range cl.Requires {
		c.requirement(c.header(cl.Line, r), r)
	}
	if c.scene != nil && c.lab != nil {
		c.compile(cl.Expr, c.scene)
	}
}

// header is where the line that opens the block of a claim has a word.
func (c *examiner) header(line int, w string) place {
	for line > 1 && !strings.HasPrefix(strings.TrimSpace(c.lines[line-1]), ":::") {
		line--
	}
	return c.at(line, w)
}

// command checks one line of do.
func (c *examiner) command(cmd *Command) {
	at := c.start(cmd.Line - 1)
	if c.scene == nil && cmd.Verb != Begin && cmd.Verb != Explore && cmd.Verb != Repeat && !cmd.prepares() {
		c.errorf(at, "nothing was started yet: put start before %s", strings.Fields(cmd.Text)[0])
		return
	}
	switch cmd.Verb {
	case Begin:
		c.begin(c.mode)
	case Explore:
		c.begin(lab.Step)
		for _, t := range cmd.Turns {
			for _, p := range t.Points {
				c.gateAt(cmd, t.Role, p)
			}
		}
		if cmd.Kill {
			c.role(cmd, cmd.Role)
		}
	case Act:
		c.act(cmd)
	case Mark:
		c.marks = append(c.marks, cmd.Name)
	case Wait:
		c.compile(cmd.Cond, c.scene)
	case Gate, StepOne:
		if c.live != lab.Step {
			c.errorf(at, "%s lets a worker go by hand: put mode step before start", strings.Fields(cmd.Text)[0])
		}
		if cmd.Verb == Gate {
			c.gateAt(cmd, cmd.Role, cmd.Point)
		} else {
			c.role(cmd, cmd.Role)
		}
	}
}

// begin notes whom a start brings.
func (c *examiner) begin(mode lab.Mode) {
	full, err := c.info.Complete(c.set)
	if err != nil {
		return // said where it was set
	}
	scene := c.lab.Scene(full)
	c.scene, c.live, c.marks = &scene, mode, nil
}

func (c *examiner) act(cmd *Command) {
	w := words(cmd.Line, c.lines[cmd.Line-1])
	switch w[0].text {
	case "set":
		w = setWords(cmd.Line, c.lines[cmd.Line-1])
		if v, ok := c.setting(w[1], w[3]); ok {
			c.set[w[1].text] = v
		}
		return
	case "mode":
		c.mode, _ = lab.ParseMode(w[1].text)
		if c.scene != nil {
			c.live = c.mode
		}
		return
	}
	if cmd.Role != "" && !c.role(cmd, cmd.Role) {
		return
	}
	scene := c.scene
	if scene == nil {
		scene = &lab.Scene{}
	}
	if _, err := lab.ParseAction(cmd.Action, &c.info, scene); err != nil {
		c.errorf(w[len(w)-1].at, "%v", err)
	}
}

func (c *examiner) roles() (names []string) {
	if c.scene != nil {
		for _, p := range c.scene.Procs {
			names = append(names, p.Role)
		}
	}
	return names
}

// role makes sure that there is such a process.
func (c *examiner) role(cmd *Command, role string) bool {
	if c.scene == nil || slices.Contains(c.roles(), role) {
		return true
	}
	c.errorf(c.at(cmd.Line, role), "there is no process %q%s", role, orChoose(role, c.roles()))
	return false
}

// gateAt makes sure that a process has such a gate.
func (c *examiner) gateAt(cmd *Command, role, point string) {
	if c.scene == nil || !c.role(cmd, role) {
		return
	}
	gates := c.scene.Procs[c.scene.ProcNumber(role)-1].Gates
	if !slices.Contains(gates, point) {
		c.errorf(c.at(cmd.Line, point), "%s has no gate %q%s", role, point, orChoose(point, gates))
	}
}
