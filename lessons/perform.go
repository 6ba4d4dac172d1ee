package lessons

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ipclab/lab"
)

// How long things may take that should take no time: starting, coming to a gate,
// falling asleep. A busy machine needs more than a quiet one.
const (
	patience = 30 * time.Second
	glance   = 20 * time.Millisecond // between two looks
	apart    = 50 * time.Millisecond // between three looks that must say the same
)

// prepares reports whether a command only says how the next start will be.
func (c *Command) prepares() bool {
	verb, _, _ := strings.Cut(c.Action, " ")
	return c.Verb == Act && (verb == "set" || verb == "mode" || verb == "pace")
}

// prepare keeps what a command says of the next start.
func (p *performance) prepare(c *Command) error {
	if !c.prepares() {
		return nil
	}
	a, err := lab.ParseAction(c.Action, &p.info, &lab.Scene{})
	if err != nil {
		return err
	}
	switch a.Verb {
	case "set":
		p.set[p.info.Knobs[a.Knob].Name] = a.Value
	case "mode":
		p.mode = lab.Mode(a.Value)
	case "pace":
		p.pace = a.Pace
	}
	return nil
}

// start brings new processes, with all that was set so far.
func (p *performance) start(ctx context.Context, mode lab.Mode) error {
	set := lab.Settings{}
	for _, from := range []lab.Settings{p.set, p.over} {
		for k, v := range from {
			set[k] = v
		}
	}
	o := lab.Options{Settings: set, Mode: mode, Pace: p.pace, Seed: 1}
	run := p.Run()
	if run == nil || isOver(run) {
		var err error
		if run, err = p.launch(ctx, o); err != nil {
			return fmt.Errorf("start the processes: %w", err)
		}
		p.Session.run.Store(&run)
		run.Attach(p.ear)
	} else if err := run.Again(o); err != nil {
		return fmt.Errorf("start the processes anew: %w", err)
	}
	h := run.Header()
	p.epoch, p.began, p.live = h.Epoch, time.Now(), true
	p.report.Epoch, p.report.Settings = h.Epoch, h.Settings
	clear(p.marks)
	if p.Witness != nil {
		p.Witness.Began(run)
	}
	return nil
}

// carryOut carries out the commands of a step.
func (p *performance) carryOut(ctx context.Context, step *Step) error {
	for i := range step.Do {
		if c := &step.Do[i]; c.Verb == Repeat {
			return p.repeat(ctx, step, i)
		}
		if err := p.carry(ctx, step, i); err != nil {
			return err
		}
	}
	return nil
}

// repeat carries out all that follows several times, and keeps what came of each.
func (p *performance) repeat(ctx context.Context, step *Step, i int) error {
	n := step.Do[i].N
	for k := range n {
		for j := i + 1; j < len(step.Do); j++ {
			if err := p.carry(ctx, step, j); err != nil {
				return err
			}
		}
		o, err := p.outcome()
		if err != nil {
			return err
		}
		p.extra.Samples = append(p.extra.Samples, sampleOf(o))
		p.told(step, i, "done", fmt.Sprintf("%d of %d", k+1, n))
	}
	return nil
}

// carry carries out one command, and tells how that went.
func (p *performance) carry(ctx context.Context, step *Step, i int) error {
	c := &step.Do[i]
	if err := p.mine(ctx); err != nil {
		return err
	}
	before := p.counted()
	p.told(step, i, "doing", "")
	err := p.do(ctx, c, p.starts(step, i+1))
	if err != nil {
		p.told(step, i, "failed", err.Error())
		return fmt.Errorf("%s: %w", c.Text, err)
	}
	p.told(step, i, "done", p.saw(c, before))
	return nil
}

// told notes how a line stands; of a step that is only on the way to this one nothing
// is told.
func (p *performance) told(step *Step, i int, state, saw string) {
	if step == p.step {
		l := &p.report.Lines[i]
		if state == "doing" {
			l.At = 0
			if !p.began.IsZero() && step.Do[i].Verb != Begin {
				l.At = time.Since(p.began).Seconds()
			}
		}
		l.State, l.Saw = state, saw
	}
	p.say()
}

// starts reports whether the processes are started anew before anything else is done.
func (p *performance) starts(step *Step, i int) bool {
	rest := Step{Do: step.Do[i:]}
	return rest.begins()
}

// mine makes sure that the processes are still those that the session started.
func (p *performance) mine(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if run := p.Run(); p.live && (isOver(run) || run.Header().Epoch != p.epoch) {
		return errTaken
	}
	return nil
}

// do carries out one command. starting says that new processes follow at once.
func (p *performance) do(ctx context.Context, c *Command, starting bool) error {
	if c.Verb == Begin {
		return p.start(ctx, p.mode)
	}
	if c.Verb == Explore {
		return p.explore(ctx, c)
	}
	run := p.Run()
	if c.prepares() {
		if err := p.prepare(c); err != nil || run == nil || starting || isOver(run) {
			return err
		}
		return p.turn(run, c)
	}
	if run == nil {
		return errors.New("nothing was started yet: begin with start")
	}
	switch c.Verb {
	case Act:
		return run.Do(c.Action)
	case End:
		return p.end(ctx, run)
	case RunFor:
		return p.pass(ctx, run, c.For)
	case Wait:
		return p.wait(ctx, c)
	case Mark:
		p.marks[c.Name] = int64(p.ear.seq.Load())
		return nil
	case StepOne:
		for range max(c.N, 1) {
			if err := p.letGo(ctx, c.Role); err != nil {
				return err
			}
		}
		return nil
	case Gate:
		return p.toGate(ctx, c.Role, c.Point)
	}
	return fmt.Errorf("there is no command %q", c.Verb)
}

// turn turns a knob while the processes work, unless somebody has set it otherwise.
func (p *performance) turn(run Run, c *Command) error {
	a, err := lab.ParseAction(c.Action, &p.info, &lab.Scene{})
	if err != nil {
		return err
	}
	if a.Verb == "set" {
		if _, theirs := p.over[p.info.Knobs[a.Knob].Name]; theirs {
			return nil
		}
	} else if run.Ended() {
		return nil
	}
	return run.Do(c.Action)
}

// end ends all processes; what they left can still be judged.
func (p *performance) end(ctx context.Context, run Run) error {
	all, err := p.stands()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Gone {
			continue
		}
		if err := run.Do("kill " + s.Role); err != nil {
			if all, _ := p.stands(); !standOf(all, s.Role).Gone { // else it has ended by itself
				return err
			}
		}
	}
	return p.until(ctx, func(all []lab.Stand) bool {
		return !slices.ContainsFunc(all, func(s lab.Stand) bool { return !s.Gone })
	})
}

// pass lets time go by; less, if nothing can happen any more.
func (p *performance) pass(ctx context.Context, run Run, d time.Duration) error {
	for end := newTimer(d); !end.over() && !run.Ended(); {
		if err := rest(ctx, min(end.left, glance)); err != nil {
			return err
		}
		if err := p.mine(ctx); err != nil {
			return err
		}
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// wait waits until a condition holds.
func (p *performance) wait(ctx context.Context, c *Command) error {
	held, last, err := p.watch(ctx, c.Cond, c.For)
	if err != nil || held {
		return err
	}
	return fmt.Errorf("waited %s in vain: %s", c.For, last)
}

// letGo lets one operation of a worker go, and waits until everybody stands again.
func (p *performance) letGo(ctx context.Context, role string) error {
	run := p.Run()
	if err := p.until(ctx, func(all []lab.Stand) bool { return !standOf(all, role).OnItsWay() }); err != nil {
		return fmt.Errorf("%s does not come to its next operation: %w", role, err)
	}
	if err := run.Do("step " + role); err != nil {
		return err
	}
	return p.settle(ctx)
}

// settle waits until every worker stands somewhere: at a gate, asleep, stopped, gone.
func (p *performance) settle(ctx context.Context) error {
	return p.until(ctx, func(all []lab.Stand) bool {
		for i := range all {
			if all[i].OnItsWay() {
				return false
			}
		}
		return true
	})
}

// toGate lets a worker go, operation by operation, until it waits at a gate.
func (p *performance) toGate(ctx context.Context, role, point string) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	for range mostSteps {
		all, err := p.stands()
		if err != nil {
			return err
		}
		if standOf(all, role).Gate == point {
			return nil
		}
		if err := p.letGo(ctx, role); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s did not come to %s in %d operations", role, point, mostSteps)
}

// until waits until it is so.
func (p *performance) until(ctx context.Context, so func([]lab.Stand) bool) error {
	for end := newTimer(patience); ; {
		all, err := p.stands()
		if err != nil {
			return err
		}
		if so(all) {
			return nil
		}
		if end.over() {
			return fmt.Errorf("after %s it stands so: %+v", patience, all)
		}
		if err := rest(ctx, 2*time.Millisecond); err != nil {
			return err
		}
		if err := p.mine(ctx); err != nil {
			return err
		}
	}
}

// stands tells where every worker is.
func (p *performance) stands() ([]lab.Stand, error) {
	all, err := p.Run().Stands()
	if err != nil {
		return nil, errTaken // its processes are there no more
	}
	return all, nil
}

func standOf(all []lab.Stand, role string) *lab.Stand {
	for i := range all {
		if all[i].Role == role {
			return &all[i]
		}
	}
	return &lab.Stand{Gone: true}
}
