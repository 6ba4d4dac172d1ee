package lab

import (
	"context"
	"time"
)

// SKELETON: the final signatures; bodies follow in their own files.

type Stage struct {
	Dir      string
	Settings Settings
	Scene    Scene
}
type Worker struct{ Role string }

// Options of a run.
type Options struct {
	Settings Settings // missing knobs take their defaults
	Mode     Mode
	Pace     float64 // operations a second in Slow
	Seed     uint64  // of the order in Slow; 0 takes a random one
	Trace    Trace
	Count    int64 // each giver ends after so many operations; 0 is no end
	Home     *Home // where the journal is kept
}
type Trace uint8

const (
	TraceFull Trace = iota
	TraceCounters
	TraceOff
)

// A Sink takes what a run tells. All methods are called from one goroutine, in
// order, and must not block; slices are only valid during the call.
type Sink interface {
	Start(h *Header)        // once at Attach, and again at every restart (h.Epoch has grown)
	Records(es []Event)     // at Attach first those that the log still holds
	Aggregate(a *Aggregate) // 30 times a second in Full
	End(o *Outcome)         // the workers of this epoch are gone; a restart may follow
}

type Run struct{}

func Start(ctx context.Context, m Mechanism, o Options) (*Run, error) { return nil, nil }
func (r *Run) ID() string                                             { return "" } // 8 letters
func (r *Run) Epoch() int64                                           { return 0 }  // CLOCK_MONOTONIC ns of time 0
func (r *Run) Info() Info                                             { return Info{} }
func (r *Run) Header() Header                                         { return Header{} } // what the scene frame and a recording's first line say
func (r *Run) Do(action string) error                                 { return nil }      // see ParseAction
func (r *Run) Attach(s Sink)                                          {}                  // from now on; first gets the kept records
func (r *Run) Detach(s Sink)                                          {}
func (r *Run) Log() *Log                                              { return nil } // the newest records, by sequence number
func (r *Run) Done() <-chan struct{}                                  { return nil }
func (r *Run) Stop()                                                  {} // asks; Done closes when all is cleaned up
func (r *Run) Wait() (*Outcome, error)                                { return nil, nil }

// Header is the first line of a recording and the first frame of a socket.
type Header struct {
	Format    int            `json:"format"` // 1
	Run       string         `json:"run"`
	Epoch     uint32         `json:"epoch"` // counts restarts of this run
	Start     int64          `json:"start"` // CLOCK_MONOTONIC ns of time 0
	Wall      time.Time      `json:"wall"`  // the same moment, for people
	Mechanism Info           `json:"mechanism"`
	Settings  Settings       `json:"settings"`
	Scene     Scene          `json:"scene"`
	Mode      Mode           `json:"mode"`
	Pace      float64        `json:"pace"`
	Seed      uint64         `json:"seed"`
	Kernel    string         `json:"kernel"` // "Linux 6.18.44 x86_64"
	CPUs      int            `json:"cpus"`
	Version   string         `json:"version"` // of ipclab
	Lines     map[string]int `json:"lines"`   // source lines: "send write" → 23, "gate add" → 35
	Page      int            `json:"page"`    // bytes of a memory page
}

// Log keeps the newest records of a run.
type Log struct{}

func (l *Log) Range() (first, next uint64)                   { return } // sequence numbers held: [first, next)
func (l *Log) Copy(es []Event, from uint64, max int) []Event { return es }
func (l *Log) Since(ns int64) (seq uint64)                   { return } // first record whose At is ≥ ns

// Outcome is the summary of a run: what --json prints, and what experiments judge.
type Outcome struct {
	Mechanism string        `json:"mechanism"`
	Settings  Settings      `json:"settings"`
	Seconds   float64       `json:"seconds"`
	Procs     []ProcOutcome `json:"procs"`
	Parts     []PartOutcome `json:"parts"`
	Totals    Totals        `json:"totals"`
	Records   Records       `json:"events"`
	Agrees    *bool         `json:"agrees"` // nil: nothing to compare
	Events    []Event       `json:"-"`      // those that the log still holds
	Scene     Scene         `json:"-"`
}
type ProcOutcome struct {
	Role          string     `json:"role"`
	PID           int        `json:"pid"`
	Sent          uint64     `json:"sent"`
	Received      uint64     `json:"received"`
	BytesSent     uint64     `json:"bytes_sent"`
	BytesReceived uint64     `json:"bytes_received"`
	BlockedIn     string     `json:"blocked_in"` // where it slept when the end of the run came
	Exit          ExitStatus `json:"exit"`
}
type ExitStatus struct {
	Code   int    `json:"code"`
	Signal string `json:"signal"`
}
type PartOutcome struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Level    *int64 `json:"level"`
	Capacity int64  `json:"capacity"`
}
type Totals struct {
	Sent       uint64 `json:"sent"`
	Received   uint64 `json:"received"`
	Lost       int64  `json:"lost"`
	Duplicated uint64 `json:"duplicated"`
	Reordered  uint64 `json:"reordered"`
	Torn       uint64 `json:"torn"`
	Counter    *int64 `json:"counter,omitempty"`
	Expected   *int64 `json:"expected,omitempty"`
}
type Records struct {
	Written  uint64 `json:"written"`
	Recorded uint64 `json:"recorded"`
	Dropped  uint64 `json:"dropped"`
}

// Home is the folder in which the lab journals what it made, so that the next
// start can remove what a killed lab left behind.
type Home struct{}
