package lessons

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ipclab/lab"
)

// How much is tried at most.
const (
	mostSchedules = 100
	mostSteps     = 1000 // of one worker, to one end
)

// An operation is one gated operation of a worker.
type operation struct{ role, point string }

func (o operation) String() string { return o.role + "." + o.point }

// explore tries every order of some operations, or a kill at every gate, each with
// new processes in Step.
func (p *performance) explore(ctx context.Context, c *Command) error {
	p.extra.Schedules, p.report.Schedules = nil, nil
	if c.Kill {
		return p.exploreKill(ctx, c.Role)
	}
	for _, order := range orders(c.Turns) {
		if err := p.start(ctx, lab.Step); err != nil {
			return err
		}
		done, err := p.inOrder(ctx, order, c.Turns)
		if err != nil {
			return err
		}
		if err := p.tried(ctx, Schedule{Order: strings.Join(done, " ")}); err != nil {
			return err
		}
	}
	return nil
}

// Orders tells how many orders the operations of these workers have; one more than
// can be tried if there are too many.
func Orders(turns []Turn) int {
	n, placed := 1, 0
	for _, t := range turns {
		for i := range t.Points { // n · (placed+1 … placed+k) / k!
			n = n * (placed + i + 1) / (i + 1)
			if n > mostSchedules {
				return mostSchedules + 1
			}
		}
		placed += len(t.Points)
	}
	return n
}

// orders lists all orders in which each worker's own operations keep theirs.
func orders(turns []Turn) (all [][]operation) {
	at := make([]int, len(turns))
	var order []operation
	var place func()
	place = func() {
		full := true
		for i, t := range turns {
			if at[i] == len(t.Points) {
				continue
			}
			full = false
			order = append(order, operation{t.Role, t.Points[at[i]]})
			at[i]++
			place()
			at[i]--
			order = order[:len(order)-1]
		}
		if full {
			all = append(all, slices.Clone(order))
		}
	}
	place()
	return all
}

// inOrder lets operations go in an order. Whoever cannot go, because it sleeps in the
// kernel, goes as soon as it can: that order then is what was possible.
func (p *performance) inOrder(ctx context.Context, order []operation, turns []Turn) (done []string, err error) {
	for _, t := range turns {
		if err := p.advance(ctx, t.Role, turns); err != nil {
			return nil, err
		}
	}
	for len(order) > 0 {
		all, err := p.stands()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(order, func(o operation) bool { return standOf(all, o.role).Gate == o.point })
		if i < 0 {
			break // nobody can: who is left sleeps
		}
		if err := p.letGo(ctx, order[i].role); err != nil {
			return nil, err
		}
		done = append(done, order[i].String())
		order = slices.Delete(order, i, i+1)
		for _, t := range turns { // the one that went, and whom it has woken
			if err := p.advance(ctx, t.Role, turns); err != nil {
				return nil, err
			}
		}
	}
	return done, nil
}

// advance lets a worker go on until it waits at one of the gates that are put in
// order, or cannot go on.
func (p *performance) advance(ctx context.Context, role string, turns []Turn) error {
	for range mostSteps {
		if err := p.settle(ctx); err != nil {
			return err
		}
		all, err := p.stands()
		if err != nil {
			return err
		}
		gate := standOf(all, role).Gate
		if gate == "" || slices.ContainsFunc(turns, func(t Turn) bool { return t.Role == role && slices.Contains(t.Points, gate) }) {
			return nil
		}
		if err := p.letGo(ctx, role); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s passed none of its gates in %d operations", role, mostSteps)
}

// exploreKill kills a worker before its first operation, after it, after the second,
// and so on to the end of its work, and lets the others go on each time.
func (p *performance) exploreKill(ctx context.Context, role string) error {
	for k := range mostSchedules {
		if err := p.start(ctx, lab.Step); err != nil {
			return err
		}
		run := p.Run()
		for range k {
			if err := p.settle(ctx); err != nil {
				return err
			}
			all, err := p.stands()
			if err != nil {
				return err
			}
			if standOf(all, role).Gate == "" {
				return nil // it has come to the end: there is no further point
			}
			if err := p.letGo(ctx, role); err != nil {
				return err
			}
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
		all, err := p.stands()
		if err != nil {
			return err
		}
		at := standOf(all, role)
		if at.Gone {
			return nil
		}
		if err := run.Do("kill " + role); err != nil {
			return err
		}
		if err := p.until(ctx, func(all []lab.Stand) bool { return standOf(all, role).Gone }); err != nil {
			return err
		}
		if err := p.tried(ctx, Schedule{Order: fmt.Sprintf("%s: %d", role, k), Killed: at.Gate + at.Asleep}); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s has more than %d points at which it can be killed: give it less to do", role, mostSchedules)
}

// tried lets everybody go on to the end, and notes what came of it. Who has not come
// to an end in so many operations tries again and again.
func (p *performance) tried(ctx context.Context, s Schedule) error {
	for range mostSteps {
		if err := p.settle(ctx); err != nil {
			return err
		}
		all, err := p.stands()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(s lab.Stand) bool { return s.Gate != "" })
		if i < 0 {
			s.Ended = true
			for _, at := range all {
				if at.Asleep != "" {
					s.Ended, s.Blocked = false, append(s.Blocked, at.Role)
				}
			}
			break
		}
		if err := p.letGo(ctx, all[i].Role); err != nil {
			return err
		}
	}
	v, m, err := p.look(nil)
	if err != nil {
		return errTaken
	}
	torn, err := p.leftTorn(v)
	if err != nil {
		return err
	}
	o := sampleOf(m.Outcome)
	s.Counter, s.Expected, s.Lost = o.Counter, o.Expected, o.Lost
	s.Torn = o.Torn > 0 || torn
	p.extra.Schedules = append(p.extra.Schedules, s)
	p.report.Schedules = append(p.report.Schedules, s)
	p.say()
	return nil
}

// leftTorn reports whether a record was left with words of more than one update.
func (p *performance) leftTorn(v *Values) (torn bool, err error) {
	h := p.Run().Header()
	for _, part := range h.Scene.Parts {
		e := &Expr{Source: part.ID + ".torn"}
		if part.Type != lab.Record || part.Off || Compile(e, &h.Mechanism, &h.Scene) != nil {
			continue
		}
		if torn, err = e.Eval(v); err != nil || torn {
			return torn, err
		}
	}
	return false, nil
}
