// Package labtest checks that a mechanism keeps the lab's promises.
package labtest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"ipclab/lab"
)

// Main is TestMain for a package that starts runs: its test binary is the
// workers' program too.
func Main(m *testing.M, all ...lab.Mechanism) {
	Reenter(all...)
	os.Exit(m.Run())
}

// Reenter does the work of a worker or janitor, if the process was started as one,
// and does not return then.
func Reenter(all ...lab.Mechanism) {
	var err error
	switch {
	case lab.IsWorker():
		err = lab.RunWorker(all)
	case lab.IsJanitor():
		err = lab.RunJanitor()
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A Tape is a sink that keeps what a run tells.
type Tape struct {
	Header     lab.Header
	Events     []lab.Event
	Aggregates int
	Outcome    *lab.Outcome
}

// Start begins the tape anew: after a restart it holds the last epoch only.
func (t *Tape) Start(h *lab.Header) { *t = Tape{Header: *h} }

// Records keeps records.
func (t *Tape) Records(es []lab.Event) { t.Events = append(t.Events, es...) }

// Aggregate counts aggregates.
func (t *Tape) Aggregate(*lab.Aggregate) { t.Aggregates++ }

// End keeps the outcome.
func (t *Tape) End(o *lab.Outcome) { t.Outcome = o }

// Record runs a mechanism for a while, or until its Count is reached, with actions
// as --do takes them, and gives back all that happened. Where the mechanism cannot
// run, the test is skipped.
func Record(t testing.TB, m lab.Mechanism, o lab.Options, d time.Duration, do ...string) *Tape {
	t.Helper()
	possible(t, m)
	var actions []lab.TimedAction
	for _, text := range do {
		action, err := lab.ParseTimed(text)
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, action)
	}
	o.Once = true
	run, err := lab.Start(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	tape := &Tape{}
	run.Attach(tape)
	out, err := lab.Perform(run, actions, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	tape.Outcome = out
	return tape
}

// possible skips the test where the mechanism cannot run.
func possible(t testing.TB, m lab.Mechanism) {
	t.Helper()
	if p, is := m.(lab.Prober); is {
		if err := p.Probe(); err != nil {
			t.Skip(err)
		}
	}
}
