// Package shm shows shared memory: one page that several processes map, what goes
// wrong when they change it at the same time, and the locks that prevent it.
package shm

import (
	_ "embed"
	"fmt"

	"ipclab/lab"
)

// Mechanism is shared memory.
var Mechanism lab.Mechanism = mechanism{}

type mechanism struct{ lab.Elsewhere }

//go:embed work_linux.go
var work string

//go:embed lock_linux.go
var locks string

//go:embed shm.md
var page string

// The choices of the knob "lock".
const (
	none      = iota // load, add, store
	atomicAdd        // one instruction does all three
	spin             // try again and again
	mutex            // sleep in the kernel while somebody else has it
	robust           // as mutex; the kernel passes it on when its owner dies
	semaphore        // System V, with SEM_UNDO
	forgotten        // worker1 forgets the mutex
	two              // every other worker takes another mutex
)

// The choices of the knob "window", between load and store.
const (
	yield  = 1
	asleep = 2
)

// Where things lie in the page: what is changed by different workers, or means
// different things, has a cache line of its own.
const (
	counterAt = 0
	lockAt    = 64 // and beside it, at 72, the robust list's link
	ownAt     = 128
	lock2At   = 192
	recordAt  = 256
	semAt     = 512 // which semaphore it is
	pageSize  = 4096
	words     = 8 // of the record
)

// The lock word: 0 is free, else the owner's thread id and these bits, as the
// kernel wants it of a robust futex.
const (
	waiters   = 1 << 31 // somebody sleeps: who gives it back must wake
	ownerDied = 1 << 30 // written by the kernel
)

func (mechanism) Info() lab.Info {
	return lab.Info{
		ID: "shm", Title: "Shared memory", Family: "Shared memory",
		Sentence:   "One page of memory in the address spaces of several processes: fast, and nobody waits unless they agree to.",
		Boundaries: "none", Copies: "0", Related: "no", Survives: "its last user",
		Knobs: []lab.KnobInfo{
			{Name: "workers", Label: "Workers", Min: 2, Max: 8, Default: 2, Restart: true},
			{Name: "n", Label: "Increments of each", Min: 0, Max: 10_000_000, Default: 1000, Zero: "no end"},
			{Name: "lock", Label: "Update by", Min: none, Max: two, Default: none, Restart: true,
				Values: []string{"none", "atomic", "spin", "futex", "robust", "semaphore", "forgotten", "two"},
				Why:    "forgotten: worker1 does not take the lock; two: every other worker takes another one"},
			{Name: "window", Label: "Between load and store", Min: 0, Max: asleep, Values: []string{"none", "yield", "sleep"},
				Why: "what makes the dangerous moment longer: sched_yield, or a sleep of 1 ms"},
			{Name: "placement", Label: "Placement", Min: 0, Max: 1, Default: 1, Values: []string{"one-core", "two-cores"},
				Why: "sched_setaffinity: the workers take turns, or run at the same time"},
			{Name: "record", Label: "Record of 8 words", Min: 0, Max: 1, Values: []string{"off", "on"}, Restart: true,
				Why: "all words of one update carry its number; a reader that finds two numbers has read a torn record"},
		},
		Experiments: experiments,
		Source:      work + "\n" + locks,
		Page:        page,
	}
}

// Scene: the workers in a row, below them the page with its words.
func (mechanism) Scene(s lab.Settings) lab.Scene {
	lock := s["lock"]
	inPage := func(id string, t lab.PartType, at, size int64) lab.Part {
		return lab.Part{ID: id, Type: t, In: "page", Offset: at, Size: size}
	}
	counter := inPage("counter", lab.Word, counterAt, 8)
	counter.Holds, counter.Law = lab.Updates, lab.Value
	first := inPage("lock", lab.Futex, lockAt, 8)
	first.Off = lock == none || lock == atomicAdd || lock == semaphore
	record := inPage("record", lab.Record, recordAt, 8*words)
	record.Off = s["record"] == 0
	sc := lab.Scene{Parts: []lab.Part{{ID: "page", Type: lab.Page, Cap: pageSize, Holds: "bytes"}, counter, first}}
	if lock == two {
		sc.Parts = append(sc.Parts, inPage("lock2", lab.Futex, lock2At, 8))
	}
	for i := range s["workers"] {
		sc.Parts = append(sc.Parts, inPage(fmt.Sprint("own", i+1), lab.Word, ownAt+8*i, 8))
	}
	sc.Parts = append(sc.Parts, record)
	if lock == semaphore {
		sc.Parts = append(sc.Parts, lab.Part{ID: "sem", Type: lab.Sem, Cap: 1})
	}
	for i := range s["workers"] {
		role := fmt.Sprint("worker", i+1)
		sc.Procs = append(sc.Procs, lab.Proc{Role: role, Kind: "worker", Group: lab.Peer, Gates: gates(lockOf(lock, i+1), !record.Off)})
		sc.Wires = append(sc.Wires, lab.Wire{From: role, To: "page", As: lab.Map})
	}
	return sc
}

// lockOf tells what a worker uses: one of them may do otherwise than the rest.
func lockOf(lock int64, worker int64) int64 {
	switch {
	case lock == forgotten && worker == 1:
		return none
	case lock == forgotten || lock == two:
		return mutex
	}
	return lock
}

// gates lists the operations of one round.
func gates(lock int64, record bool) (g []string) {
	switch lock {
	case atomicAdd:
		g = []string{"store"}
	case none:
		g = []string{"load", "add", "store"}
	case mutex, robust:
		g = []string{"try", "sleep", "load", "add", "store"}
	default:
		g = []string{"try", "load", "add", "store"}
	}
	if record {
		g = append(g, "read", "write")
	}
	switch lock {
	case mutex, robust:
		g = append(g, "unlock", "wake")
	case spin, semaphore:
		g = append(g, "unlock")
	}
	return g
}
