//go:build !linux

package lab

import (
	"context"
	"fmt"
	"runtime"
)

// Where there is no Linux, recordings and pages work; what would start a process
// says how to get a live lab.

var errElsewhere = fmt.Errorf("%w: a live run needs Linux, and this is %s; start ipclab in WSL2, a container or a virtual machine, or open a recording", ErrUnavailable, runtime.GOOS)

// Elsewhere is embedded by mechanisms: where there is no Linux it says so.
type Elsewhere struct{}

// Open says that there is no Linux here.
func (Elsewhere) Open(*Stage) error { return errElsewhere }

// Work says that there is no Linux here.
func (Elsewhere) Work(*Worker) error { return errElsewhere }

// Probe says that there is no Linux here.
func (Elsewhere) Probe() error { return errElsewhere }

type (
	// Stage is where a mechanism puts its kernel objects; there are none here.
	Stage struct{}
	// Worker is a worker process's view of the lab; there is none here.
	Worker struct{}
	// Run is a mechanism at work; it cannot be here.
	Run struct{ kept *Log }
	// Home is the folder of the journal; nothing is made here that would need it.
	Home struct{}
	// Leftover is an object that a dead run has left.
	Leftover struct {
		Run, Kind, Name string
		Removed         bool
		Err             error
	}
)

// Start says that there is no Linux here.
func Start(context.Context, Mechanism, Options) (*Run, error) { return nil, errElsewhere }

// The methods of a run that there cannot be.
func (r *Run) ID() string                   { return "" }
func (r *Run) Info() Info                   { return Info{} }
func (r *Run) Header() Header               { return Header{} }
func (r *Run) Log() *Log                    { return newLog() }
func (r *Run) Done() <-chan struct{}        { return nil }
func (r *Run) Ended() bool                  { return true }
func (r *Run) Stuck() bool                  { return true }
func (r *Run) Stop()                        {}
func (r *Run) Wait() (*Outcome, error)      { return nil, errElsewhere }
func (r *Run) Look() (*Outcome, error)      { return nil, errElsewhere }
func (r *Run) Examine(func(*Outcome)) error { return errElsewhere }
func (r *Run) Attach(Sink)                  {}
func (r *Run) Detach(Sink)                  {}
func (r *Run) Do(string) error              { return errElsewhere }
func (r *Run) Again(Options) error          { return errElsewhere }
func (r *Run) Stands() ([]Stand, error)     { return nil, errElsewhere }

// OpenHome gives a folder in which there is nothing to do.
func OpenHome() (*Home, error) { return &Home{}, nil }

// Clean finds nothing: nothing can be left behind here.
func (h *Home) Clean(bool) ([]Leftover, error) { return nil, nil }

// IsWorker is false: no workers are started here.
func IsWorker() bool { return false }

// RunWorker says that there is no Linux here.
func RunWorker([]Mechanism) error { return errElsewhere }

// IsJanitor is false: no janitor is started here.
func IsJanitor() bool { return false }

// RunJanitor says that there is no Linux here.
func RunJanitor() error { return errElsewhere }
