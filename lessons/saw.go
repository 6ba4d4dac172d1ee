package lessons

import (
	"fmt"
	"strings"

	"ipclab/lab"
)

// counted gives the totals so far; nil where nothing runs.
func (p *performance) counted() *lab.Outcome {
	if p.Run() == nil || !p.live {
		return nil
	}
	o, err := p.outcome()
	if err != nil {
		return nil
	}
	return o
}

// saw says in words what happened while a command was carried out.
func (p *performance) saw(c *Command, before *lab.Outcome) string {
	after := p.counted()
	if after == nil {
		return ""
	}
	var s []string
	switch {
	case c.Verb == Begin:
		return fmt.Sprintf("%d processes", len(after.Procs))
	case c.Verb == Explore:
		return fmt.Sprintf("%d tried", len(p.extra.Schedules))
	case c.Verb == Wait:
		if v, _, err := p.look(nil); err == nil {
			return Measured(c.Cond.Sides(v))
		}
	}
	if before == nil {
		before = &lab.Outcome{}
	}
	if t := after.Totals; t.Counter != nil {
		if before.Totals.Counter == nil || *before.Totals.Counter != *t.Counter {
			s = append(s, fmt.Sprintf("the counter is %s", lab.Digits(*t.Counter)))
		}
	} else {
		if n := int64(t.Sent - before.Totals.Sent); n > 0 {
			s = append(s, lab.Digits(n)+" sent")
		}
		if n := int64(t.Received - before.Totals.Received); n > 0 {
			s = append(s, lab.Digits(n)+" received")
		}
	}
	for i, p := range after.Procs {
		if i < len(before.Procs) && before.Procs[i].PID == p.PID && before.Procs[i].Exit != p.Exit {
			s = append(s, p.Role+" ended with "+p.Exit.String())
		}
		if p.BlockedIn != "" && (c.Verb == StepOne || c.Verb == Gate || c.Verb == Act) {
			s = append(s, p.Role+" sleeps in "+p.BlockedIn)
		}
	}
	return strings.Join(s, ", ")
}
