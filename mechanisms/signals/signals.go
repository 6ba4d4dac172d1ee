// Package signals shows the oldest way to tell a process something: a number that
// the kernel keeps for it until it is taken, or that does something to it.
package signals

import (
	_ "embed"
	"strconv"
	"strings"

	"ipclab/lab"
)

// Mechanism is signals.
var Mechanism lab.Mechanism = mechanism{}

type mechanism struct{ lab.Elsewhere }

//go:embed work_linux.go
var work string

//go:embed handler_linux.go
var handler string

//go:embed lock_linux.go
var locked string

//go:embed children_linux.go
var family string

//go:embed signals.md
var page string

//go:embed experiments.md
var experiments string

// The choices of the knob "receiver".
const (
	waits   = iota // takes them by rt_sigtimedwait
	reads          // takes them from a signalfd
	byFault        // leaves them their default action
	ignores
	handles // has a handler
)

// The choices of the knob "sleep": what a receiver with a handler does meanwhile.
const (
	inRead = iota
	inPoll
	inPause
	inSuspend
	inLock // it does not sleep: it takes a lock and gives it back, as the handler does
)

// The choices of the knob "reap".
const (
	one = iota
	allOfThem
)

// As the number of a signal, mix stands for the plan, and probe for 0, by which kill
// asks only whether the process is there.
const (
	mix   = 0
	probe = 65
)

// plan is what is sent as a mix: a standard signal several times, then real-time
// signals not in the order of their numbers.
var plan = []int{10, 10, 10, 10, 10, 38, 36, 40, 35, 39, 37, 36, 38}

// realTime is the first signal that is queued and carries a value: 32 to 34 belong
// to the C library and to Go.
const realTime = 35

const flagSize = 4096

func (mechanism) Info() lab.Info {
	return lab.Info{
		ID: "signals", Title: "Signals", Family: "Signals",
		Sentence:   "A number that the kernel keeps for a process until it is taken, or that stops, continues or ends it.",
		Boundaries: "each is one", Copies: "0", Related: "same user", Survives: "nothing",
		Knobs: []lab.KnobInfo{
			{Name: "signal", Label: "Signal", Min: mix, Max: probe, Default: 10, Values: names(),
				Why: "1 to 31 are standard: a bit each; from 35 on they are queued, with a value; mix: 5 × USR1, then 38 36 40 35 39 37 36 38; probe: signal 0"},
			{Name: "count", Label: "How many", Min: 0, Max: 1_000_000, Default: 5, Zero: "no end"},
			{Name: "rate", Label: "Rate", Unit: "per second", Min: 0, Max: 1_000_000, Zero: "as fast as it can; 20 a second without end"},
			{Name: "value", Label: "Values begin after", Min: 0, Max: 1_000_000_000, Restart: true,
				Why: "rt_sigqueueinfo carries a number; standard signals sent by kill do not"},
			{Name: "blocked", Label: "Leave them pending", Min: 0, Max: 1, Values: []string{"off", "on"},
				Why: "on: the receiver takes none of those that are blocked, so they wait in the kernel"},
			{Name: "limit", Label: "Queue limit", Unit: "signals", Min: 1, Max: 1000, Default: 64,
				Why: "RLIMIT_SIGPENDING of the receiver; counts what is queued for all processes of this user"},
			{Name: "receiver", Label: "Receiver", Min: waits, Max: handles, Default: waits, Restart: true,
				Values: []string{"sigtimedwait", "signalfd", "default", "ignore", "handler"},
				Why:    "the first two block the signals, over exec, and take them; the next two leave them to their action; handler: for USR1, USR2 and 35 to 64, and it tries for KILL and STOP"},
			{Name: "sleep", Label: "With a handler, sleeps in", Min: inRead, Max: inLock, Default: inPause, Restart: true,
				Values: []string{"read", "poll", "pause", "sigsuspend", "lock"},
				Why:    "read and poll wait for an empty pipe; pause and sigsuspend for a flag that the handler sets; lock: it does not sleep, but takes a lock that the handler takes too"},
			{Name: "guard", Label: "Block while it has the lock", Min: 0, Max: 1, Values: []string{"off", "on"}, Restart: true,
				Why: "on: it blocks the signals before it takes the lock, and unblocks them when it has given it back"},
			{Name: "sa_restart", Label: "SA_RESTART", Min: 0, Max: 1, Default: 1, Values: []string{"off", "on"}, Restart: true,
				Why: "on: a read that the handler interrupts is begun again by the kernel"},
			{Name: "children", Label: "Children", Min: 0, Max: 16, Restart: true,
				Why: "of a receiver with a handler that waits for a flag: they all end when the sender does"},
			{Name: "reap", Label: "Wait for", Min: one, Max: allOfThem, Values: []string{"one", "all"},
				Why: "how many ended children it waits for each time when the handler has set the flag"},
		},
		Experiments: experiments,
		Source:      work + "\n" + handler + "\n" + locked + "\n" + family,
		Page:        page,
	}
}

func names() []string {
	all := append([]string{"mix"}, strings.Fields("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT "+
		"CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS")...)
	for n := len(all); n < probe; n++ {
		all = append(all, strconv.Itoa(n))
	}
	return append(all, "probe")
}

// Scene: the sender left, the receiver right, and what the kernel keeps for it.
func (mechanism) Scene(s lab.Settings) lab.Scene {
	sc := lab.Scene{
		Procs: []lab.Proc{
			{Role: "sender", Kind: "sender", Group: lab.Giver, Gates: []string{"send"}},
			{Role: "receiver", Kind: "receiver", Group: lab.Taker, Gates: []string{"take"}, Linger: true},
		},
		Parts: []lab.Part{{ID: "signals", Type: lab.Signals, In: "receiver", Cap: s["limit"], Holds: "signals", Law: lab.Count}},
		Wires: []lab.Wire{{From: "sender", To: "signals", As: lab.Raise}, {From: "signals", To: "receiver", As: lab.Raise}},
	}
	if s["receiver"] != handles {
		return sc
	}
	// What the main program waits for belongs to the receiver alone.
	pipe := lab.Part{ID: "pipe", Type: lab.Pipe, In: "receiver", Cap: 65536, Holds: "bytes", Law: lab.Bytes}
	flag := lab.Part{ID: "flag", Type: lab.Word, In: "receiver", Size: 8, Law: lab.Value}
	if s["children"] > 0 && (s["sleep"] == inPause || s["sleep"] == inSuspend) {
		sc.Parts = append(sc.Parts, lab.Part{ID: "children", Type: lab.Children, In: "receiver", Cap: s["children"], Holds: "children"})
	}
	switch gates := &sc.Procs[1].Gates; s["sleep"] {
	case inRead:
		*gates, sc.Parts = []string{"read"}, append(sc.Parts, pipe)
	case inPoll:
		*gates, sc.Parts = []string{"poll"}, append(sc.Parts, pipe)
	case inPause:
		*gates, sc.Parts = []string{"test", "pause"}, append(sc.Parts, flag)
	case inSuspend:
		*gates, sc.Parts = []string{"test", "sigsuspend"}, append(sc.Parts, flag)
	case inLock:
		*gates = []string{"lock", "unlock"}
		if s["guard"] == 1 {
			*gates = []string{"block", "lock", "unlock", "unblock"}
		}
		sc.Parts = append(sc.Parts, lab.Part{ID: "memory", Type: lab.Page, Title: "memory of the receiver", Cap: flagSize, Holds: "bytes"},
			lab.Part{ID: "lock", Type: lab.Futex, In: "memory", Size: 8})
		sc.Wires = append(sc.Wires, lab.Wire{From: "receiver", To: "memory", As: lab.Map})
	}
	return sc
}
