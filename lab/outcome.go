package lab

import "fmt"

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
	Scene     Scene         `json:"-"`
	Events    []Event       `json:"-"` // those that the log still holds
	Unasked   []string      `json:"-"` // faults that nobody asked for
}

// ProcOutcome tells of one process.
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

// ExitStatus tells how a process ended: with a code, or by a signal.
type ExitStatus struct {
	Code   int    `json:"code"`
	Signal string `json:"signal"`
}

// PartOutcome tells of one part at the end of a run.
type PartOutcome struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Level    *int64 `json:"level"` // nil: nobody asked
	Capacity int64  `json:"capacity"`
}

// Totals counts messages, or updates where the mechanism has updates.
type Totals struct {
	Sent       uint64 `json:"sent"`
	Received   uint64 `json:"received"`
	Lost       int64  `json:"lost"`
	Duplicated uint64 `json:"duplicated"`
	Reordered  uint64 `json:"reordered"`
	Torn       uint64 `json:"torn"`
	Counter    *int64 `json:"counter,omitempty"`  // the value found in the end
	Expected   *int64 `json:"expected,omitempty"` // the value that all updates add up to
}

// Records counts the lab's own: written = recorded + dropped.
type Records struct {
	Written  uint64 `json:"written"`
	Recorded uint64 `json:"recorded"`
	Dropped  uint64 `json:"dropped"`
}

// Proc gives what became of the process with that role; nil if there is none.
func (o *Outcome) Proc(role string) *ProcOutcome {
	for i := range o.Procs {
		if o.Procs[i].Role == role {
			return &o.Procs[i]
		}
	}
	return nil
}

// Part gives what became of a part; nil if there is none.
func (o *Outcome) Part(id string) *PartOutcome {
	for i := range o.Parts {
		if o.Parts[i].ID == id {
			return &o.Parts[i]
		}
	}
	return nil
}

func (e ExitStatus) String() string {
	if e.Signal != "" {
		return e.Signal
	}
	return fmt.Sprintf("status %d", e.Code)
}
