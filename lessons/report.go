package lessons

import "ipclab/lab"

// A Report is how a step stands while it is performed, and what came of it. It is
// what the page draws, the command line prints and tests judge.
type Report struct {
	Lesson string      `json:"lesson"`
	Step   string      `json:"step"`
	State  ReportState `json:"state"`
	Why    string      `json:"why,omitempty"` // of Failed, Skipped
	Epoch  uint32      `json:"epoch"`         // of the run, which begins anew with each start

	Lines     []LineReport   `json:"lines"`
	Claims    []ClaimReport  `json:"claims"`
	Options   []OptionReport `json:"options"` // the wrong answers that say what would have to be so
	Schedules []Schedule     `json:"schedules,omitempty"`
	Touched   bool           `json:"touched,omitempty"` // somebody interfered: the claims are judged on what happened
	Settings  lab.Settings   `json:"settings"`
	PIDs      map[string]int `json:"pids"`             // by role
	Replay    bool           `json:"replay,omitempty"` // judged on a recording
}

// ReportState says how far it is.
type ReportState string

// Running, judged, given up by somebody, not possible, and not for this machine.
const (
	Running ReportState = "running"
	Judged  ReportState = "judged"
	Taken   ReportState = "taken"
	Failed  ReportState = "failed"
	Skipped ReportState = "skipped"
)

// A LineReport tells of one line of do.
type LineReport struct {
	Line  int     `json:"line"`
	Text  string  `json:"text"`
	State string  `json:"state"` // "", doing, done, failed
	At    float64 `json:"at"`    // seconds since the processes started, when it began
	Saw   string  `json:"saw,omitempty"`
}

// A ClaimReport tells of one claim.
type ClaimReport struct {
	Line   int       `json:"line"`
	Text   string    `json:"text"`
	Kind   ClaimKind `json:"kind"`
	Held   bool      `json:"held"`
	Error  string    `json:"error,omitempty"`   // why it could not be judged; it does not hold then
	Skip   string    `json:"skip,omitempty"`    // what this machine has not
	Sides  []Side    `json:"sides,omitempty"`   // what was measured
	After  float64   `json:"after,omitempty"`   // seconds until it held, or was given up
	Mods   string    `json:"mods,omitempty"`    // "within 5s", "usually 18/20"
	HeldOf int       `json:"held_of,omitempty"` // of Usually: how often it held …
	Runs   int       `json:"runs,omitempty"`    // … of so many
	Least  int       `json:"least,omitempty"`   // and how often it must, …
	Of     int       `json:"of,omitempty"`      // … of so many
}

// A Side is a part of a claim, and its value.
type Side struct {
	Text   string `json:"text"`
	Value  string `json:"value"`
	Source string `json:"source"` // "● FIONREAD": read from the kernel; "○ calls": worked out
}

// An OptionReport tells whether what a wrong answer says was so.
type OptionReport struct {
	Letter string `json:"letter"`
	Line   int    `json:"line"`
	Text   string `json:"text"` // the expression
	So     bool   `json:"so"`   // then the lesson is wrong
	Error  string `json:"error,omitempty"`
	Sides  []Side `json:"sides,omitempty"`
}

// A Schedule is one order of operations that was tried, and what came of it. Its
// fields are what claims may ask of it.
type Schedule struct {
	Order    string   `json:"order" expr:"order" from:"○ explore" says:"the order in which the operations were let go"`                           // "worker1.load worker2.load worker1.store worker2.store"
	Killed   string   `json:"killed,omitempty" expr:"killed" from:"○ explore" says:"the gate at which the process was killed; empty if none was"` // the gate at which Role was killed
	Counter  int      `json:"counter" expr:"counter" from:"○ explore" says:"the counter in the end"`
	Expected int      `json:"expected" expr:"expected" from:"○ explore" says:"what all updates add up to"`
	Lost     int      `json:"lost" expr:"lost" from:"○ explore" says:"updates that are not in the counter"`
	Torn     bool     `json:"torn" expr:"torn" from:"○ explore" says:"a record was left with words of two updates, or was read so"` // a record was left with words of two updates
	Blocked  []string `json:"blocked" expr:"blocked" from:"○ explore" says:"who slept in the kernel in the end"`                    // who slept in the kernel in the end
	Ended    bool     `json:"ended" expr:"ended" from:"○ explore" says:"everybody else came to the end of the work"`                // everybody else came to the end of the work
}

// A Sample is one time of a step that is repeated.
type Sample struct {
	Counter  int     `json:"counter" expr:"counter" from:"○ repeat" says:"the counter in the end"`
	Expected int     `json:"expected" expr:"expected" from:"○ repeat" says:"what all updates add up to"`
	Lost     int     `json:"lost" expr:"lost" from:"○ repeat" says:"updates or messages that are nowhere"`
	Torn     int     `json:"torn" expr:"torn" from:"○ repeat" says:"times that pieces were found mixed"`
	Sent     int     `json:"sent" expr:"sent" from:"○ repeat" says:"messages, signals or updates given"`
	Received int     `json:"received" expr:"received" from:"○ repeat" says:"messages or signals taken"`
	Seconds  float64 `json:"seconds" expr:"seconds" from:"○ repeat" says:"how long the run took"`
}

// Holds reports whether nothing speaks against the lesson: every claim that can be
// judged holds, unless it is only shown, and no wrong answer is right.
func (r *Report) Holds() bool {
	if r.State != Judged {
		return r.State == Skipped
	}
	for i := range r.Claims {
		if !r.Claims[i].Stands() {
			return false
		}
	}
	for _, o := range r.Options {
		if o.So || o.Error != "" {
			return false
		}
	}
	return true
}

// Misses lists what did not come out as the claims say, with what was measured: also
// of those that hold only usually.
func (r *Report) Misses() (all []string) {
	if r.State != Judged && r.State != Skipped {
		all = append(all, r.Why)
	}
	for i := range r.Claims {
		switch c := &r.Claims[i]; {
		case c.Skip != "":
		case c.Error != "":
			all = append(all, c.Text+": "+c.Error)
		case !c.Held && c.Kind != Show:
			all = append(all, c.Text+in(Measured(c.Sides)))
		}
	}
	return all
}

// in puts a text that is not empty in brackets.
func in(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// Stands reports whether nothing speaks against a claim. One that is only shown must
// still be a number, and of one that holds usually few runs tell nothing.
func (c *ClaimReport) Stands() bool {
	switch {
	case c.Skip != "":
		return true
	case c.Error != "":
		return false
	case c.Kind == Show:
		return true
	case c.Kind == Usually:
		return c.Runs < c.Of || c.HeldOf*c.Of >= c.Least*c.Runs
	}
	return c.Held
}
