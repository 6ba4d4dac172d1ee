package lab

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Format is the version of records, frames and recordings. Version is ipclab's.
const (
	Format  = 1
	Version = "0.1"
)

// Header is the first line of a recording and the first frame of a socket.
type Header struct {
	Format    int            `json:"format"`
	Run       string         `json:"run"`
	Epoch     uint32         `json:"epoch"` // counts the starts of this run
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
	Version   string         `json:"version"`
	Lines     map[string]int `json:"lines"` // of the workers' source: see sourceLines
	Page      int            `json:"page"`  // bytes of a page of memory
}

// Options of a run.
type Options struct {
	Settings Settings // missing knobs take their defaults
	Mode     Mode
	Pace     float64 // operations a second in Slow; 0 is 1
	Seed     uint64  // of the order in Slow; 0 takes a random one
	Trace    Trace
	Count    int64 // givers and peers end after so many rounds; 0 is no end
	Once     bool  // the run is over when its workers have ended: no restart
	Home     *Home // where named objects are journaled; nil makes one
}

// Trace says how much is recorded.
type Trace uint8

// TraceFull records every call, TraceCounters only counts and measures, TraceOff
// only counts messages and bytes and reads no clock.
const (
	TraceFull Trace = iota
	TraceCounters
	TraceOff
)

// ParseTrace reads the name of a trace.
func ParseTrace(s string) (Trace, error) {
	switch s {
	case "full":
		return TraceFull, nil
	case "counters":
		return TraceCounters, nil
	case "off":
		return TraceOff, nil
	}
	return 0, fmt.Errorf("read trace %q: choose full, counters or off", s)
}

// A Sink takes what a run tells: the live view, a recording, a test, a lesson. All
// methods are called from one goroutine, in order, and must not block; what they
// are given is theirs only during the call.
type Sink interface {
	Start(h *Header)        // at Attach, and at every restart: h.Epoch has grown
	Records(es []Event)     // at Attach first what the log still holds
	Aggregate(a *Aggregate) // 30 times a second at full speed
	End(o *Outcome)         // the workers of this epoch are gone
}

var errOver = errors.New("the run is over")

var (
	beginCall = regexp.MustCompile(`Begin\(lab\.(\w+), lab\.Call(\w+)`)
	gateCall  = regexp.MustCompile(`\.(?:[Gg]ate\((?:w, )?"(\w+)"\)|Next\()`)
)

// sourceLines finds, in the source that the workers run, the line of each
// operation: "send write" is the line after Begin(lab.Send, lab.CallWrite, …), and
// "gate add" the line of w.Gate("add"). "gate" alone is w.Next.
func sourceLines(src string) map[string]int {
	lines := map[string]int{}
	put := func(key string, n int) {
		if _, ok := lines[key]; !ok {
			lines[key] = n
		}
	}
	n := 0
	for line := range strings.Lines(src) {
		n++
		if m := beginCall.FindStringSubmatch(line); m != nil {
			call := strings.ToLower(m[2])
			if call == "none" {
				call = ""
			}
			put(strings.TrimSpace(strings.ToLower(m[1])+" "+call), n+1)
		}
		if m := gateCall.FindStringSubmatch(line); m != nil {
			put(strings.TrimSpace("gate "+m[1]), n)
		}
	}
	return lines
}
