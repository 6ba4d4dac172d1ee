package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"ipclab/lab"
	"ipclab/mechanisms"
)

// runFlags is what can be said of a run on the command line.
type runFlags struct {
	fs     *flag.FlagSet
	set    []string
	do     []string
	mode   string
	pace   float64
	seed   uint64
	length time.Duration
	count  int64
	trace  string
	events string
	record string
	json   bool
}

func newRunFlags() *runFlags {
	f := &runFlags{fs: flag.NewFlagSet("run", flag.ContinueOnError)}
	f.fs.Func("set", "`knob=value`; may be repeated", func(s string) error { f.set = append(f.set, s); return nil })
	f.fs.Func("do", "a timed `action`, as in '500ms signal reader STOP'; may be repeated", func(s string) error { f.do = append(f.do, s); return nil })
	f.fs.StringVar(&f.mode, "mode", "", "full, slow or step")
	f.fs.Float64Var(&f.pace, "pace", 0, "operations a second in slow")
	f.fs.Uint64Var(&f.seed, "seed", 0, "of the order in slow; 0 takes a random one")
	f.fs.DurationVar(&f.length, "for", 0, "how long (default 2s)")
	f.fs.Int64Var(&f.count, "count", 0, "end after `N` operations of each sender")
	f.fs.StringVar(&f.trace, "trace", "full", "full, counters or off")
	f.fs.StringVar(&f.events, "events", "", "write one JSON object for each event to `FILE`, or - for standard output")
	f.fs.StringVar(&f.record, "record", "", "write a recording to `FILE`")
	f.fs.BoolVar(&f.json, "json", false, "print the summary as JSON")
	return f
}

func run(args []string) error {
	f := newRunFlags()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return badUsage("run what? ipclab run MECHANISM[/EXPERIMENT]; ipclab list names them")
	}
	if err := parse(f.fs, args[1:], 0); err != nil {
		return err
	}
	id, name, isExperiment := strings.Cut(args[0], "/")
	m, o, do, err := f.options(id)
	if err != nil {
		return err
	}
	home, err := openHome()
	if err != nil {
		return err
	}
	o.Home = home
	// Ctrl-C ends the run in order, with its summary.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if isExperiment {
		e, err := findExperiment(m, name)
		if err != nil {
			return err
		}
		return f.experiment(ctx, m, e, o)
	}
	out, err := f.perform(ctx, m, o, do)
	if err != nil {
		return err
	}
	if err := f.summary(out); err != nil {
		return err
	}
	if len(out.Unasked) > 0 {
		return errors.New(strings.Join(out.Unasked, "; "))
	}
	return nil
}

// options turns words into a run.
func (f *runFlags) options(id string) (lab.Mechanism, lab.Options, []lab.TimedAction, error) {
	var o lab.Options
	m := mechanisms.Find(id)
	if m == nil {
		return nil, o, nil, badUsage("there is no mechanism %q: ipclab list names them", id)
	}
	info := m.Info()
	o.Settings, o.Pace, o.Seed, o.Count, o.Once = lab.Settings{}, f.pace, f.seed, f.count, true
	for _, s := range f.set {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return nil, o, nil, badUsage("set %q: write knob=value", s)
		}
		a, err := lab.ParseAction("set "+k+" = "+v, &info, &lab.Scene{})
		if err != nil {
			return nil, o, nil, usageError{err}
		}
		o.Settings[info.Knobs[a.Knob].Name] = a.Value
	}
	var err error
	if f.mode != "" {
		if o.Mode, err = lab.ParseMode(f.mode); err != nil {
			return nil, o, nil, usageError{err}
		}
	}
	if o.Trace, err = lab.ParseTrace(f.trace); err != nil {
		return nil, o, nil, usageError{err}
	}
	if f.length < 0 || f.length > 24*time.Hour || f.count < 0 {
		return nil, o, nil, badUsage("--for %s --count %d: give a time from 1ms to 24h, or a positive number", f.length, f.count)
	}
	full, err := info.Complete(o.Settings)
	if err != nil {
		return nil, o, nil, usageError{err}
	}
	scene := m.Scene(full)
	var do []lab.TimedAction
	for _, s := range f.do {
		t, err := lab.ParseTimed(s)
		if err == nil {
			_, err = lab.ParseAction(t.Text, &info, &scene)
		}
		if err != nil {
			return nil, o, nil, usageError{err}
		}
		do = append(do, t)
	}
	return m, o, do, nil
}

// perform runs it, with its timed actions.
func (f *runFlags) perform(ctx context.Context, m lab.Mechanism, o lab.Options, do []lab.TimedAction) (*lab.Outcome, error) {
	sinks, closeSinks, err := f.sinks()
	if err != nil {
		return nil, err
	}
	length := f.length
	if length == 0 && o.Count == 0 {
		length = 2 * time.Second
	}
	if length == 0 {
		length = 24 * time.Hour
	}
	r, err := lab.Start(ctx, m, o)
	if err != nil {
		var b *lab.Budget
		if errors.As(err, &b) {
			return nil, usageError{err}
		}
		return nil, err
	}
	for _, s := range sinks {
		r.Attach(s)
	}
	out, err := lab.Perform(r, do, length, progress(f, length))
	if e := closeSinks(); err == nil {
		err = e
	}
	return out, err
}

// progress shows on a terminal how a long run goes on.
func progress(f *runFlags, length time.Duration) func(time.Duration) {
	st, err := os.Stderr.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 || length < 3*time.Second {
		return nil
	}
	return func(at time.Duration) {
		if at >= length {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
			return
		}
		fmt.Fprintf(os.Stderr, "\r%s of %s ", at.Round(100*time.Millisecond), length)
	}
}

func (f *runFlags) summary(o *lab.Outcome) error {
	if f.json {
		return json.NewEncoder(os.Stdout).Encode(o)
	}
	if f.events == "-" {
		return nil
	}
	return printOutcome(os.Stdout, o)
}
