package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
)

// findExperiment finds one by its name or its id.
func findExperiment(m lab.Mechanism, name string) (*lessons.Experiment, error) {
	all, err := lessons.Experiments(m)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(e lessons.Experiment) bool { return e.Name == name || e.ID == name })
	if i < 0 {
		return nil, badUsage("%s has no experiment %q: ipclab list names them", m.Info().ID, name)
	}
	return &all[i], nil
}

// experiment performs an experiment, with knobs set otherwise as asked, and tells
// what came of it.
func (f *runFlags) experiment(ctx context.Context, m lab.Mechanism, e *lessons.Experiment, o lab.Options) error {
	if f.length != 0 || f.count != 0 || len(f.do) > 0 {
		return badUsage("--for, --count and --do: an experiment says itself what is done and for how long; run the mechanism alone: ipclab run %s", m.Info().ID)
	}
	sinks, closeSinks, err := f.sinks()
	if err != nil {
		return err
	}
	var run *lab.Run
	session := lessons.NewSession(e.Step.Lesson, m, func(ctx context.Context, say lab.Options) (lessons.Run, error) {
		say.Home, say.Trace, say.Seed, say.Pace = o.Home, o.Trace, cmp.Or(o.Seed, say.Seed), cmp.Or(o.Pace, say.Pace)
		if f.mode != "" {
			say.Mode = o.Mode
		}
		r, err := lab.Start(context.WithoutCancel(ctx), m, say)
		if err != nil {
			return nil, err
		}
		for _, s := range sinks {
			r.Attach(s)
		}
		run = r
		return r, nil
	}, nil)
	begin := time.Now()
	report, err := session.Perform(ctx, e.Step, o.Settings)
	took := time.Since(begin)
	session.Close()
	err = errors.Join(err, closeSinks())
	if run == nil || err != nil {
		return cmp.Or(err, because(report))
	}
	out, err := run.Wait()
	if err != nil {
		return err
	}
	if f.json {
		err = json.NewEncoder(os.Stdout).Encode(struct {
			*lab.Outcome
			Report *lessons.Report `json:"report"`
		}{out, report})
	} else if f.events != "-" {
		if err = printOutcome(os.Stdout, out); err == nil {
			printStep(os.Stdout, &performed{Report: report, Seconds: took.Seconds(), of: e.Step.Lesson, step: e.Step})
		}
	}
	return errors.Join(err, because(report))
}

// because says why an experiment did not come out as it says; nil if it did.
func because(r *lessons.Report) error {
	switch r.State {
	case lessons.Skipped:
		return fmt.Errorf("%w: %s", lab.ErrUnavailable, r.Why)
	case lessons.Judged:
		if r.Holds() {
			return nil
		}
		return fmt.Errorf("%s did not come out as it says", r.Step)
	}
	return fmt.Errorf("%s was not judged: %s", r.Step, r.Why)
}
