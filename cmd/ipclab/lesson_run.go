package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// lessonFlags is what can be said of performing lessons on the command line.
type lessonFlags struct {
	fs     *flag.FlagSet
	times  int
	atOnce int
	step   string
	stale  bool
	json   bool
	junit  string
	record string
}

// maxAtOnce is how many lessons may be performed at once: their processes share the
// machine.
const maxAtOnce = 16

func newLessonFlags() *lessonFlags {
	f := &lessonFlags{fs: flag.NewFlagSet("lesson run", flag.ContinueOnError)}
	f.fs.IntVar(&f.times, "times", 1, "perform all of it `N` times, and count")
	f.fs.IntVar(&f.atOnce, "j", 1, "perform `N` lessons at once")
	f.fs.StringVar(&f.step, "step", "", "perform the step with this `ID` only")
	f.fs.BoolVar(&f.stale, "stale", false, "perform only steps of which ipclab brings along no recording, or that have changed since")
	f.fs.BoolVar(&f.json, "json", false, "print what came of each step as JSON")
	f.fs.StringVar(&f.junit, "junit", "", "write a JUnit report to `FILE`")
	f.fs.StringVar(&f.record, "record", "", "write a recording of each step to `FOLDER`/LESSON/STEP.tape")
	return f
}

// lessonRun performs lessons on real processes, and says which of their claims hold.
func lessonRun(args []string) error {
	f := newLessonFlags()
	names, err := parseMixed(f.fs, args)
	if err != nil {
		return err
	}
	if f.times < 1 || f.times > 10000 {
		return badUsage("--times %d: choose a number from 1 to 10000", f.times)
	}
	if f.atOnce < 1 || f.atOnce > maxAtOnce {
		return badUsage("-j %d: choose a number from 1 to %d", f.atOnce, maxAtOnce)
	}
	ls, err := findLessons(names)
	if err != nil {
		return err
	}
	ls = slices.DeleteFunc(slices.Clone(ls), func(l *lessons.Lesson) bool { return !slices.ContainsFunc(l.Steps, f.wants) })
	if len(ls) == 0 && f.step != "" {
		return badUsage("--step %s: none of these lessons has such a step to perform", f.step)
	}
	home, err := openHome()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return f.run(ctx, home, ls)
}

// wants reports whether a step is to be performed.
func (f *lessonFlags) wants(step *lessons.Step) bool {
	return (f.step == "" || f.step == step.ID) && !(f.stale && recorded(step))
}

// recorded reports whether ipclab brings along a recording on which the claims of a
// step, as it is now, hold.
func recorded(step *lessons.Step) bool {
	rec, err := lessons.Recording(step)
	if err != nil {
		return false
	}
	r, err := lessons.Rejudge(step, rec)
	return err == nil && r.Holds()
}

// findLessons gives those that are named: files, or ids and numbers of shipped ones;
// all shipped ones if none is named.
func findLessons(names []string) (ls []*lessons.Lesson, err error) {
	var files, shipped []string
	for _, name := range names {
		if strings.ContainsAny(name, "./\\") {
			files = append(files, name)
		} else {
			shipped = append(shipped, name)
		}
	}
	if len(files) == 0 || len(shipped) > 0 {
		all, err := lessons.Shipped(mechanisms.All)
		if err != nil {
			return nil, usageError{err}
		}
		if len(names) == 0 {
			return all.Lessons, nil
		}
		for _, name := range shipped {
			l := all.Find(name)
			if l == nil {
				l = all.Numbered(name)
			}
			if l == nil {
				return nil, badUsage("there is no lesson %q: name a file, or one of %s", name, strings.Join(ids(all.Lessons), ", "))
			}
			ls = append(ls, l)
		}
	}
	if len(files) == 0 {
		return ls, nil
	}
	read, found, err := loadLessons(files)
	if err != nil {
		return nil, err
	}
	if len(found.Errors()) == 0 {
		found = append(found, lessons.Check(read, mechanisms.All)...)
	}
	if wrong := found.Errors(); len(wrong) > 0 {
		wrong.Sort()
		return nil, usageError{wrong}
	}
	return append(ls, read...), nil
}

func ids(ls []*lessons.Lesson) (all []string) {
	for _, l := range ls {
		all = append(all, l.ID)
	}
	return all
}

// A performed step, and how long it took.
type performed struct {
	*lessons.Report
	Seconds float64 `json:"seconds"`
	Green   bool    `json:"green"` // nothing speaks against the lesson

	of   *lessons.Lesson
	step *lessons.Step
}

// run performs all lessons, as often as was asked.
func (f *lessonFlags) run(ctx context.Context, home *lab.Home, ls []*lessons.Lesson) error {
	var all []performed
	var failed error
	red, skipped := 0, 0
	for n := range f.times {
		if f.times > 1 && !f.json {
			fmt.Printf("%d of %d\n", n+1, f.times)
		}
		green := true
		for _, one := range f.performAll(ctx, home, ls) {
			if one.err != nil && ctx.Err() != nil {
				return one.err
			}
			failed = errors.Join(failed, one.err)
			for _, p := range one.steps {
				all, green = append(all, p), green && p.Green
				if p.State == lessons.Skipped {
					skipped++
				}
			}
		}
		if !green {
			red++
		}
	}
	if f.json {
		if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
			return err
		}
	} else {
		printEnd(os.Stdout, f.times, red, all)
	}
	if f.junit != "" {
		if err := writeJUnit(f.junit, all); err != nil {
			return err
		}
	}
	switch {
	case failed != nil:
		return failed
	case red > 0:
		return errors.New(countOf(f.times, red))
	case skipped == len(all) && skipped > 0:
		return fmt.Errorf("perform the lessons: %w: %s", lab.ErrUnavailable, all[0].Why)
	}
	return nil
}

// done is what came of one lesson.
type done struct {
	steps []performed
	err   error
}

// performAll performs lessons, some of them at once, and prints what came of them in
// their order.
func (f *lessonFlags) performAll(ctx context.Context, home *lab.Home, ls []*lessons.Lesson) []done {
	all := make([]done, len(ls))
	ready := make([]chan struct{}, len(ls))
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range ls {
			next <- i
		}
	}()
	for range f.atOnce {
		go func() {
			for i := range next {
				all[i].err = performLesson(ctx, home, ls[i], f.wants, f.record, func(p performed) {
					if all[i].steps = append(all[i].steps, p); !f.json && f.atOnce == 1 {
						printPerformed(&p, len(all[i].steps) == 1)
					}
				})
				close(ready[i])
			}
		}()
	}
	for i := range ls {
		<-ready[i]
		if !f.json && f.atOnce > 1 {
			for j := range all[i].steps {
				printPerformed(&all[i].steps[j], j == 0)
			}
		}
	}
	return all
}

func printPerformed(p *performed, first bool) {
	if first {
		printLesson(os.Stdout, p.of)
	}
	printStep(os.Stdout, p)
}

// performLesson performs those steps of a lesson that are wanted, and tells what came
// of each. With a folder, it leaves a recording of each step there.
func performLesson(ctx context.Context, home *lab.Home, l *lessons.Lesson, wanted func(*lessons.Step) bool, folder string, tell func(performed)) error {
	m := mechanisms.Find(l.Lab)
	why := unavailable(m)
	s := lessons.NewSession(l, m, func(ctx context.Context, o lab.Options) (lessons.Run, error) {
		o.Home = home
		return lab.Start(context.WithoutCancel(ctx), m, o) // Close ends it
	}, nil)
	defer s.Close()
	var tape *lessons.Tape
	if folder != "" {
		tape = &lessons.Tape{}
		s.Witness = tape
	}
	var unkept error
	for _, step := range l.Steps {
		if !wanted(step) {
			continue
		}
		p := performed{of: l, step: step, Report: &lessons.Report{Lesson: l.ID, Step: step.ID, State: lessons.Skipped, Why: why}}
		if why == "" {
			begin := time.Now()
			r, err := s.Repeat(ctx, step)
			if err != nil {
				return fmt.Errorf("%s:%d: perform step %s: %w", l.File, step.Line, step.ID, err)
			}
			p.Report, p.Seconds = r, time.Since(begin).Seconds()
		}
		p.Green = p.Holds()
		tell(p)
		if ctx.Err() != nil {
			return errors.New("it was ended before all steps were performed")
		}
		if tape != nil && p.State == lessons.Judged && p.Green {
			unkept = errors.Join(unkept, tape.Keep(folder, step))
		}
	}
	return unkept
}

// unavailable says why a mechanism cannot run here; "" if it can.
func unavailable(m lab.Mechanism) string {
	if p, ok := m.(lab.Prober); ok {
		if err := p.Probe(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// parseMixed reads flags that stand before, between or after names.
func parseMixed(fs *flag.FlagSet, args []string) (names []string, err error) {
	fs.SetOutput(os.Stderr)
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			os.Exit(0)
		} else if err != nil {
			return nil, usageError{err}
		}
		if fs.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, fs.Arg(0)), fs.Args()[1:]
	}
}
