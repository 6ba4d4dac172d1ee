package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Experiment gives the experiment with that name or id; nil if there is none.
func (info *Info) Experiment(name string) *Experiment {
	i := slices.IndexFunc(info.Experiments, func(e Experiment) bool { return e.Name == name || e.ID == name })
	if i < 0 {
		return nil
	}
	return &info.Experiments[i]
}

// Length is how long the experiment runs.
func (e *Experiment) Length() time.Duration {
	if e.For == 0 {
		return 2 * time.Second
	}
	return e.For
}

// Perform lets a run go on for a time, or until nothing more can happen, with its
// timed actions, and ends it. tick, if there is one, is called ten times a second.
func Perform(r *Run, do []TimedAction, length time.Duration, tick func(time.Duration)) (*Outcome, error) {
	failed := r.perform(context.Background(), do, length, tick)
	r.Stop()
	o, err := r.Wait()
	if failed != nil {
		err = failed
	}
	return o, err
}

// Try performs an experiment on a run that was just started as it says, and judges
// what is to be seen; the run goes on. miss is why that is not what the experiment
// promises, nil if it is; err is why it could not be judged.
func (r *Run) Try(ctx context.Context, e *Experiment) (miss, err error) {
	var do []TimedAction
	for _, text := range e.Do {
		a, err := ParseTimed(text)
		if err != nil {
			return nil, fmt.Errorf("experiment %s: %w", e.Name, err)
		}
		do = append(do, a)
	}
	epoch := r.Header().Epoch
	if err := r.perform(ctx, do, e.Length(), nil); err != nil {
		return nil, err
	}
	o, err := r.Look()
	if err != nil {
		return nil, err
	}
	if o.Events == nil {
		seen := *o
		seen.Events = r.Log().all()
		o = &seen
	}
	select {
	case <-r.Done():
		return nil, errOver // it was ended from outside: nothing follows from that
	default:
	}
	if r.Header().Epoch != epoch {
		return nil, errors.New("the run was started anew")
	}
	return e.Must(o), nil
}

// perform waits for each timed action and carries it out. On a busy machine a worker
// may not have come to its gate when a step is due: then that and all later actions
// wait. It returns when the time is over, or when nothing more can happen.
func (r *Run) perform(ctx context.Context, do []TimedAction, length time.Duration, tick func(time.Duration)) error {
	do = slices.Clone(do)
	slices.SortStableFunc(do, func(a, b TimedAction) int { return int(a.After - b.After) })
	start := time.Now()
	for {
		at := time.Since(start)
		for len(do) > 0 && do[0].After <= at {
			late, err := doSoon(ctx, r, do[0].Text)
			if err != nil {
				return err
			}
			start = start.Add(late)
			do = do[1:]
		}
		if at >= length {
			break
		}
		wait := min(length-at, 100*time.Millisecond)
		if len(do) > 0 {
			wait = min(wait, do[0].After-at)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.Done():
			at = length
		case <-time.After(wait):
		}
		if tick != nil {
			tick(at)
		}
		if at == length || r.Ended() || len(do) == 0 && r.Stuck() {
			break
		}
	}
	if tick != nil {
		tick(length)
	}
	return nil
}

// doSoon carries out an action, and tells how long it had to wait for that.
func doSoon(ctx context.Context, r *Run, action string) (late time.Duration, err error) {
	begin := time.Now()
	for {
		err = r.Do(action)
		late = time.Since(begin)
		if err == nil || !strings.HasPrefix(action, "step ") || late > 3*time.Second || r.Ended() || ctx.Err() != nil {
			return late, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}
