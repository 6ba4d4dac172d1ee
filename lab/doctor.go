package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Check is one question that the doctor asks of this machine, and its answer.
// Each makes the real thing, looks at it and removes it.
type Check struct {
	ID     string        `json:"id"`
	Group  string        `json:"group"` // GroupMechanisms, GroupLooking or GroupLimits
	Title  string        `json:"title"`
	Status CheckStatus   `json:"status"`
	Value  string        `json:"value,omitempty"` // as read
	From   string        `json:"from,omitempty"`  // the file or the call that it was read from
	Says   string        `json:"says"`            // what that means, in a sentence
	Mend   string        `json:"mend,omitempty"`  // how to mend it, where something is missing
	Took   time.Duration `json:"took"`            // ns
}

// CheckStatus is the outcome of a check.
type CheckStatus string

// Part means that lessons run but one thing is not to be seen; a check that fails
// to find out is Unknown.
const (
	CheckOK      CheckStatus = "ok"
	CheckPart    CheckStatus = "part"
	CheckNo      CheckStatus = "no"
	CheckUnknown CheckStatus = "unknown"
)

// The groups of checks.
const (
	GroupMechanisms = "mechanisms"
	GroupLooking    = "looking"
	GroupLimits     = "limits"
)

// Machine is what is known of this machine without checking.
type Machine struct {
	Kernel string `json:"kernel"` // "Linux 6.18.44 x86_64"
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	User   string `json:"user"`
	Root   bool   `json:"root"`
}

// ThisMachine tells on what the lab runs.
func ThisMachine() Machine {
	m := Machine{Kernel: kernelName(), Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), User: os.Getenv("USER"), Root: os.Geteuid() == 0}
	if m.Root {
		m.User = "root"
	}
	return m
}

// checkPatience is how long one check may take before the next one starts.
const checkPatience = 5 * time.Second

// probe is a check that has not been made yet: ask fills in what it found.
type probe struct {
	Check
	ask func(context.Context, *Check) error
}

// Doctor checks what this machine can show of the given mechanisms and reports
// each answer as it comes. One that fails or takes too long says so, and the
// others go on. It returns early only when ctx ends.
func Doctor(ctx context.Context, all []Mechanism, report func(Check)) {
	for _, p := range probes(all) {
		if ctx.Err() != nil {
			return
		}
		report(p.run(ctx))
	}
}

// DoctorLength is the number of checks that Doctor will report.
func DoctorLength(all []Mechanism) int { return len(probes(all)) }

func probes(all []Mechanism) []probe {
	var ps []probe
	for _, m := range all {
		info := m.Info()
		ps = append(ps, probe{
			Check{ID: info.ID, Group: GroupMechanisms, Title: info.Title, Says: info.Sentence},
			func(ctx context.Context, c *Check) error { return tryMechanism(ctx, m, c) },
		})
	}
	return slices.Concat(ps, lookingProbes(all), limitProbes())
}

func (p probe) run(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	begin, done := time.Now(), make(chan Check, 1)
	go func() {
		c := p.Check
		c.Status = CheckOK
		if err := p.ask(ctx, &c); err != nil {
			if c.Status == CheckOK {
				c.Status = CheckUnknown
			}
			c.Says = sentence(err)
		}
		done <- c
	}()
	var c Check
	select {
	case c = <-done:
	case <-ctx.Done():
		c = p.Check
		c.Status, c.Says = CheckUnknown, fmt.Sprintf("no answer within %v", checkPatience)
	}
	c.Took = time.Since(begin)
	return c
}

// tryMechanism runs a mechanism for a moment with real processes.
func tryMechanism(ctx context.Context, m Mechanism, c *Check) error {
	if p, is := m.(Prober); is {
		if err := p.Probe(); err != nil {
			c.Status, c.Mend = CheckNo, "the page plays a recording instead"
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
	defer cancel()
	run, err := Start(ctx, m, Options{Count: 100, Once: true})
	if err != nil {
		if c.Status = CheckNo; !errors.Is(err, ErrUnavailable) {
			c.Mend = "end other runs, or raise the limit that the message names"
		}
		return err
	}
	out, err := run.Wait()
	if err != nil {
		return err
	}
	c.Says = fmt.Sprintf("%s sent, %s received by %d processes", Digits(int64(out.Totals.Sent)), Digits(int64(out.Totals.Received)), len(out.Procs))
	if out.Agrees != nil && !*out.Agrees {
		c.Status = CheckPart
		c.Says += ", but the calls and the kernel do not agree"
	}
	return nil
}

// Digits writes a number in groups of three, with no-break spaces.
func Digits(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		s, sign = s[1:], "-"
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return sign + s
}

func sentence(err error) string { return strings.TrimSpace(err.Error()) }
