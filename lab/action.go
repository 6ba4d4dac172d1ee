package lab

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Action is something a person asks of a run. The same words are used by the
// page, by --do and by lessons:
//
//	set KNOB = V        turn a knob; V is a number or one of the knob's names
//	signal ROLE SIG     send a signal: STOP, CONT, TERM, USR1, 38, …
//	kill ROLE           send SIGKILL
//	reap ROLE           wait for a zombie, so that it goes; also: wait ROLE
//	pin ROLE CPU        bind it to one core
//	step ROLE           let one operation of a worker go
//	next [block]        let the next one of the seeded order go; or go on until one blocks
//	mode step|slow|full · pace N · pause · resume
//	start · stop · restart
type Action struct {
	Verb  string
	Role  string
	Knob  int // index in Info.Knobs
	Value int64
	Pace  float64
}

// maxCPUs is how many cores a mask of sched_setaffinity(2) speaks of.
const maxCPUs = 1024

// TimedAction is an action and when it is due, counted from the start of the run.
type TimedAction struct {
	After time.Duration
	Text  string
}

// ParseTimed reads "500ms signal reader STOP".
func ParseTimed(s string) (TimedAction, error) {
	after, text, ok := strings.Cut(strings.TrimSpace(s), " ")
	d, err := time.ParseDuration(after)
	if !ok || err != nil || d < 0 || d > time.Hour {
		return TimedAction{}, fmt.Errorf("read action %q: begin with a time from 0s to 1h, as in \"500ms signal reader STOP\"", s)
	}
	return TimedAction{d, strings.TrimSpace(text)}, nil
}

var modesByName = map[string]Mode{"full": Full, "step": Step, "slow": Slow}

// ParseMode reads the name of a mode.
func ParseMode(s string) (Mode, error) {
	if m, ok := modesByName[s]; ok {
		return m, nil
	}
	return 0, fmt.Errorf("read mode %q: choose full, slow or step", s)
}

// ParseAction reads an action that makes sense for a mechanism and its scene.
func ParseAction(s string, info *Info, scene *Scene) (a Action, err error) {
	if len(s) > 200 {
		return a, fmt.Errorf("read action of %d bytes: at most 200", len(s))
	}
	f := strings.Fields(strings.ReplaceAll(s, "=", " = "))
	if len(f) == 0 {
		return a, fmt.Errorf("read action: it is empty")
	}
	a.Verb = f[0]
	args := map[string]int{"set": 3, "signal": 2, "kill": 1, "wait": 1, "reap": 1, "pin": 2, "step": 1, "mode": 1, "pace": 1,
		"next": 0, "pause": 0, "resume": 0, "start": 0, "stop": 0, "restart": 0}
	want, ok := args[a.Verb]
	switch {
	case !ok:
		return a, fmt.Errorf("read action %q: choose set, signal, kill, reap, pin, step, next, mode, pace, pause, resume, start, stop or restart", s)
	case a.Verb == "next" && len(f) == 2 && f[1] == "block":
		a.Verb = "next block"
		return a, nil
	case len(f)-1 != want:
		return a, fmt.Errorf("read action %q: %q takes %d words after it, not %d", s, a.Verb, want, len(f)-1)
	}
	switch a.Verb {
	case "set":
		if f[2] != "=" {
			return a, fmt.Errorf("read action %q: write set KNOB = VALUE", s)
		}
		a.Knob = slices.IndexFunc(info.Knobs, func(k KnobInfo) bool { return k.Name == f[1] })
		if a.Knob < 0 {
			return a, fmt.Errorf("%s has no knob %q: choose %s", info.ID, f[1], info.knobNames())
		}
		a.Value, err = info.Knobs[a.Knob].Parse(f[3])
		return a, err
	case "mode":
		var m Mode
		m, err = ParseMode(f[1])
		a.Value = int64(m)
		return a, err
	case "pace":
		a.Pace, err = strconv.ParseFloat(f[1], 64)
		if err != nil {
			return a, fmt.Errorf("read pace %q: %w", f[1], err)
		}
		a.Pace, err = checkPace(a.Pace)
		return a, err
	}
	if want > 0 {
		a.Role = f[1]
		if scene.ProcNumber(a.Role) == 0 {
			return a, fmt.Errorf("there is no process %q: choose %s", a.Role, scene.roles())
		}
	}
	switch a.Verb {
	case "signal":
		a.Value, err = parseSignal(f[2])
	case "kill":
		a.Verb, a.Value = "signal", 9
	case "reap":
		a.Verb = "wait"
	case "pin":
		a.Value, err = strconv.ParseInt(f[2], 10, 64)
		if err != nil || a.Value < 0 || a.Value >= maxCPUs {
			return a, fmt.Errorf("pin %s to core %q: give a number from 0 to %d", a.Role, f[2], maxCPUs-1)
		}
	}
	return a, err
}

// Parse reads a value of a knob: a number within its bounds, or one of its names.
func (k *KnobInfo) Parse(s string) (int64, error) {
	if i := slices.Index(k.Values, s); i >= 0 {
		return k.Min + int64(i), nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		if len(k.Values) > 0 {
			return 0, fmt.Errorf("set %s to %q: choose %s", k.Name, s, strings.Join(k.Values, ", "))
		}
		return 0, fmt.Errorf("set %s to %q: give a whole number from %d to %d", k.Name, s, k.Min, k.Max)
	}
	return v, k.check(v)
}

func (k *KnobInfo) check(v int64) error {
	if v < k.Min || v > k.Max {
		return fmt.Errorf("set %s to %d: choose from %d to %d", k.Name, v, k.Min, k.Max)
	}
	return nil
}

// Complete checks settings and fills in the defaults of what is missing.
func (info *Info) Complete(set Settings) (Settings, error) {
	full := Settings{}
	for _, k := range info.Knobs {
		v, ok := set[k.Name]
		if !ok {
			v = k.Default
		}
		if err := k.check(v); err != nil {
			return nil, err
		}
		full[k.Name] = v
	}
	for name := range set {
		if _, ok := full[name]; !ok {
			return nil, fmt.Errorf("%s has no knob %q: choose %s", info.ID, name, info.knobNames())
		}
	}
	return full, nil
}

func (info *Info) knobNames() string {
	var s []string
	for _, k := range info.Knobs {
		s = append(s, k.Name)
	}
	return strings.Join(s, ", ")
}

func (s *Scene) roles() string {
	var r []string
	for _, p := range s.Procs {
		r = append(r, p.Role)
	}
	return strings.Join(r, ", ")
}

// signals are the names that people use; the numbers are those of Linux on every
// processor that ipclab runs on.
var signals = map[string]int64{"HUP": 1, "INT": 2, "QUIT": 3, "USR1": 10, "USR2": 12, "PIPE": 13, "ALRM": 14,
	"TERM": 15, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "URG": 23, "KILL": 9, "WINCH": 28}

func parseSignal(s string) (int64, error) {
	if n, ok := signals[strings.TrimPrefix(strings.ToUpper(s), "SIG")]; ok {
		return n, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 1 && n <= 64 {
		return n, nil
	}
	return 0, fmt.Errorf("read signal %q: give a name such as STOP or a number from 1 to 64", s)
}

func checkPace(p float64) (float64, error) {
	if p == 0 {
		return 1, nil
	}
	if math.IsNaN(p) || p < 0.1 || p > 1000 {
		return 0, fmt.Errorf("set pace to %g operations a second: choose from 0.1 to 1000", p)
	}
	return p, nil
}
