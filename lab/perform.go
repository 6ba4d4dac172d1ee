package lab

import (
	"slices"
	"strings"
	"time"
)

// Perform lets a run go on for a time, or until nothing more can happen, with its
// timed actions, and ends it. tick, if there is one, is called ten times a second.
func Perform(r *Run, do []TimedAction, length time.Duration, tick func(time.Duration)) (*Outcome, error) {
	failed := r.perform(do, length, tick)
	r.Stop()
	o, err := r.Wait()
	if failed != nil {
		err = failed
	}
	return o, err
}

// perform waits for each timed action and carries it out. On a busy machine a worker
// may not have come to its gate when a step is due: then that and all later actions
// wait. It returns when the time is over, or when nothing more can happen.
func (r *Run) perform(do []TimedAction, length time.Duration, tick func(time.Duration)) error {
	do = slices.Clone(do)
	slices.SortStableFunc(do, func(a, b TimedAction) int { return int(a.After - b.After) })
	start := time.Now()
	for {
		at := time.Since(start)
		for len(do) > 0 && do[0].After <= at {
			late, err := doSoon(r, do[0].Text)
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
func doSoon(r *Run, action string) (late time.Duration, err error) {
	begin := time.Now()
	for {
		err = r.Do(action)
		late = time.Since(begin)
		if err == nil || !strings.HasPrefix(action, "step ") || late > 3*time.Second || r.Ended() {
			return late, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}
