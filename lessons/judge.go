package lessons

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ipclab/lab"
)

// look gives what claims may ask, at one moment.
func (p *performance) look(claims []int) (v *Values, m Moment, err error) {
	x := p.extra
	x.Marks = p.marks
	err = p.examine(func(o *lab.Outcome) {
		v = p.ear.Values(o, x)
		m = Moment{Seq: p.ear.seq.Load(), Outcome: o, Extra: x, Claims: claims}
	})
	return v, m, err
}

// examine is Run.Examine, unless somebody has started other processes meanwhile.
func (p *performance) examine(f func(*lab.Outcome)) error {
	run, mine := p.Run(), true
	err := run.Examine(func(o *lab.Outcome) {
		if mine = run.Header().Epoch == p.epoch; mine {
			f(o)
		}
	})
	if !mine {
		return errTaken
	}
	return err
}

func (p *performance) outcome() (o *lab.Outcome, err error) {
	err = p.examine(func(now *lab.Outcome) { o = now })
	return o, err
}

// holds asks whether an expression holds now. Where a process sleeps counts only if
// three looks say the same: a writer at a full pipe that is being read falls asleep
// and wakes all the time.
func (p *performance) holds(ctx context.Context, e *Expr, claims []int) (held bool, v *Values, m Moment, err error) {
	looks := 1
	if e.Mentions("blocked_in") {
		looks = 3
	}
	for i := range looks {
		if i > 0 {
			if err := rest(ctx, apart); err != nil {
				return false, nil, m, err
			}
		}
		if v, m, err = p.look(claims); err != nil {
			return false, nil, m, errTaken
		}
		if held, err = e.Eval(v); err != nil || !held {
			return false, v, m, err
		}
	}
	return true, v, m, nil
}

// watch waits until an expression holds; last tells what was seen in the end.
func (p *performance) watch(ctx context.Context, e *Expr, within time.Duration) (held bool, last string, err error) {
	for end := newTimer(within); ; {
		held, v, _, err := p.holds(ctx, e, nil)
		if ctx.Err() != nil || v == nil {
			return false, "", err
		}
		if held {
			return true, "", nil
		}
		if end.over() {
			if err != nil {
				return false, err.Error(), nil
			}
			return false, Measured(e.Sides(v)), nil
		}
		if err := rest(ctx, glance); err != nil {
			return false, "", err
		}
		if err := p.mine(ctx); err != nil {
			return false, "", err
		}
	}
}

// settling is how long the kernel's word may be behind the calls, on a busy machine.
const settling = 2 * time.Second

// judge judges all that a step claims: what needs no time at one moment, then the
// rest in the order in which it stands.
func (p *performance) judge(ctx context.Context) error {
	p.pids()
	now, m, err := p.look(nil)
	for end := newTimer(settling); err == nil && now.Stale() && !end.over(); now, m, err = p.look(nil) {
		if err := rest(ctx, glance); err != nil {
			return err
		}
	}
	if err != nil {
		return errTaken
	}
	m.Options = true
	p.options(now)
	var rest []int
	for i, c := range p.step.Claims {
		p.report.Claims = append(p.report.Claims, ClaimReport{Line: c.Line, Text: c.Source, Kind: c.Kind, Mods: c.mods(), Least: c.Least, Of: c.Runs})
		r := &p.report.Claims[i]
		switch r.Skip = Unmet(c.Requires); {
		case r.Skip != "":
		case c.Within > 0 || c.Hold > 0 || c.Mentions("blocked_in"):
			rest = append(rest, i)
		default:
			r.Held, r.Error = verdict(c.Eval(now))
			r.Sides = c.Sides(now)
			m.Claims = append(m.Claims, i)
		}
	}
	p.moments = []Moment{m}
	for _, i := range rest {
		if err := p.judgeLater(ctx, i); err != nil {
			return err
		}
	}
	p.tally()
	return nil
}

func verdict(held bool, err error) (bool, string) {
	if err != nil {
		return false, err.Error()
	}
	return held, ""
}

// judgeLater judges a claim that needs time: until it holds, or that it goes on
// holding.
func (p *performance) judgeLater(ctx context.Context, i int) error {
	c, r := p.step.Claims[i], &p.report.Claims[i]
	begin := time.Now()
	held, holding := false, time.Time{}
	for {
		so, v, m, err := p.holds(ctx, c.Expr, []int{i})
		if v == nil {
			return err
		}
		after := time.Since(begin)
		r.Held, r.Error = verdict(so, err)
		r.Sides, r.After = c.Sides(v), after.Seconds()
		switch {
		case !so:
			holding = time.Time{}
		case holding.IsZero():
			holding = time.Now()
		}
		held = so && time.Since(holding) >= c.Hold
		// What must hold for a time must hold from the start, unless there is a time
		// within which it may begin to.
		if held || !so && after >= c.Within {
			r.Held = held
			p.moments = append(p.moments, m)
			return nil
		}
		if err := rest(ctx, glance); err != nil {
			return err
		}
		if err := p.mine(ctx); err != nil {
			return err
		}
	}
}

// options judges the wrong answers: what they say must not be so.
func (p *performance) options(v *Values) {
	if p.step.Predict == nil {
		return
	}
	p.report.Options = judgeOptions(p.step.Predict, v)
}

func judgeOptions(q *Question, v *Values) (all []OptionReport) {
	for _, o := range q.Options {
		if o.Wrong == nil {
			continue
		}
		r := OptionReport{Letter: o.Letter, Line: o.Line, Text: o.Wrong.Source, Sides: o.Wrong.Sides(v)}
		r.So, r.Error = verdict(o.Wrong.Eval(v))
		all = append(all, r)
	}
	return all
}

// tally counts how often claims held that hold usually, on runs as the lesson has
// them.
func (p *performance) tally() {
	if len(p.over) > 0 {
		return
	}
	for i, c := range p.step.Claims {
		r := &p.report.Claims[i]
		if c.Kind != Usually || r.Skip != "" {
			continue
		}
		n := p.counts[c]
		n.runs++
		if r.Held {
			n.held++
		}
		p.counts[c] = n
		r.HeldOf, r.Runs = n.held, n.runs
	}
}

// mods writes a claim's modifiers.
func (c *Claim) mods() string {
	var s []string
	if c.Kind == Usually {
		s = append(s, fmt.Sprintf("usually %d/%d", c.Least, c.Runs))
	}
	if c.Kind == Show {
		s = append(s, "show")
	}
	if c.Within > 0 {
		s = append(s, "within "+c.Within.String())
	}
	if c.Hold > 0 {
		s = append(s, "hold "+c.Hold.String())
	}
	return strings.Join(s, ", ")
}

// pids notes who is who, for commands to try in a terminal.
func (p *performance) pids() {
	if o, err := p.outcome(); err == nil {
		for _, proc := range o.Procs {
			p.report.PIDs[proc.Role] = proc.PID
		}
	}
}

func sampleOf(o *lab.Outcome) Sample {
	t := o.Totals
	return Sample{Counter: int(valueOf(t.Counter)), Expected: int(valueOf(t.Expected)), Lost: int(t.Lost), Torn: int(t.Torn),
		Sent: int(t.Sent), Received: int(t.Received), Seconds: o.Seconds}
}

func valueOf(v *int64) int64 {
	if v == nil {
		return -1
	}
	return *v
}
