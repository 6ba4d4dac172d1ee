// Package shm shows shared memory: one page that several processes map, what goes
// wrong when they change it at the same time, and the locks that prevent it.
package shm

import (
	_ "embed"
	"strings"

	"ipclab/lab"
)

// Mechanism is shared memory.
var Mechanism lab.Mechanism = mechanism{}

type mechanism struct{ lab.Elsewhere }

//go:embed work_linux.go
var work string

//go:embed own_linux.go
var ownWork string

//go:embed record_linux.go
var record string

//go:embed lock_linux.go
var locks string

//go:embed robust_linux.go
var robustLocks string

//go:embed sem_linux.go
var semaphores string

//go:embed filelock_linux.go
var fileLocks string

//go:embed pidlock_linux.go
var pidLocks string

//go:embed litmus_linux.go
var litmusWork string

//go:embed sequence_linux.go
var sequenceWork string

//go:embed object_linux.go
var object string

//go:embed pulled_linux.go
var pulled string

//go:embed sysv_linux.go
var segments string

//go:embed buffer_linux.go
var bufferWork string

//go:embed signal_linux.go
var signalWork string

//go:embed shm.md
var page string

//go:embed experiments.md
var experiments string

// The choices of the knob "lock".
const (
	none       = iota // load, add, store
	atomicAdd         // one instruction does all three
	spin              // try again and again
	mutex             // sleep in the kernel while somebody else has it
	robust            // as mutex; the kernel passes it on when its owner dies
	semaphore         // System V, with SEM_UNDO
	forgotten         // worker1 forgets the mutex
	two               // every other worker takes another mutex
	noUndo            // System V, without SEM_UNDO
	ordered           // each worker takes two mutexes, all in the same order
	crossed           // every other worker takes the two in the opposite order
	recordLock        // on the page's file, by fcntl
	ownerPID          // a word that holds the owner's pid: who finds it taken asks whether there is such a process
)

// The choices of the knob "work": what a worker does in a round.
const (
	count      = iota // add 1 to the counter of all
	own               // add 1 to a counter of its own, many times; all of these lie in one cache line
	apart             // as own; each in a cache line of its own
	litmus            // store to one word and load another, as the other worker does the other way round
	fenced            // as litmus; the store is seen by all before the load is made
	copies            // add 1 to a word in a page of its own, which lies at the same address in all workers
	pages             // add 1 to the counter in an object that has a name, and touch its next page
	bySequence        // worker1 writes the record, the others read it, with a sequence lock
	buffer            // producers put items into a ring of a few slots, consumers take them out
	swapped           // as buffer, but everybody waits for the mutex first
	signal            // two wait for a flag: one on a condition, one on a semaphore
)

// The choices of the knob "record".
const (
	withRecord  = 1
	withJournal = 2 // a note says what the record is to become, before it is written
)

// The choices of the knob "visitor": a process that comes beside the workers.
const (
	looks     = 1 // at the object, when all workers have gone
	truncates = 2 // cuts the object to nothing, under the workers
	removes   = 3 // removes the object's name, or the segment
)

// systemV is a choice of the knob "object".
const systemV = 1

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
	noteAt    = 320
	semAt     = 512 // which semaphore it is
	apartAt   = 1024
	pageSize  = 4096
	words     = 8  // of the record
	line      = 64 // bytes of memory that a processor's cache keeps together
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
			{Name: "workers", Label: "Workers", Min: 1, Max: 8, Default: 2, Restart: true,
				Why: "at a ring they are the producers"},
			{Name: "n", Label: "Increments of each", Min: 0, Max: 10_000_000, Default: 1000, Zero: "no end",
				Why: "or rounds; at a ring, the items of each producer"},
			{Name: "lock", Label: "Update by", Min: none, Max: ownerPID, Default: none, Restart: true,
				Values: []string{"none", "atomic", "spin", "futex", "robust", "semaphore", "forgotten", "two", "no-undo", "ordered", "crossed", "fcntl", "owner-pid"},
				Why:    "forgotten: worker1 does not take the lock; two: every other worker takes another one; no-undo: a semaphore without SEM_UNDO; ordered: everybody takes two locks; crossed: every other worker in the opposite order; fcntl: a record lock on the page’s file; owner-pid: who finds the owner’s pid in the word asks by kill(pid, 0) whether it lives"},
			{Name: "window", Label: "Between load and store", Min: 0, Max: asleep, Values: []string{"none", "yield", "sleep"},
				Why: "what makes the dangerous moment longer: sched_yield, or a sleep of 1 ms"},
			{Name: "placement", Label: "Placement", Min: 0, Max: 1, Default: 1, Values: []string{"one-core", "two-cores"},
				Why: "sched_setaffinity: the workers take turns, or run at the same time"},
			{Name: "record", Label: "Record of 8 words", Min: 0, Max: withJournal, Values: []string{"off", "on", "journal"}, Restart: true,
				Why: "all words of one update carry its number; a reader that finds two numbers has read a torn record; journal: a note says before what will be written"},
			{Name: "permits", Label: "Semaphore starts at", Min: 1, Max: 8, Default: 1, Restart: true,
				Why: "how many workers it lets in at the same time"},
			{Name: "work", Label: "Each round", Min: count, Max: signal, Default: count, Restart: true,
				Values: []string{"count", "own", "apart", "litmus", "fenced", "copies", "pages", "sequence", "buffer", "swapped", "signal"},
				Why:    "count: add 1 to one counter; own: everybody to one of his own, all in one cache line; apart: a line each; litmus: two workers store one word and load the other, which at full speed is only counted, as a record takes longer; fenced: with a barrier between; copies: each worker's page is private; pages: an object with a name, page by page; sequence: worker1 writes the record and the others read it, by a sequence lock; buffer: as many producers as there are workers put items into a ring of slots, and consumers take them out; swapped: the same, but all wait for the mutex first; signal: one waits for a condition and one for a semaphore"},
			{Name: "slots", Label: "Slots of the ring", Min: 1, Max: 6, Default: 3, Restart: true,
				Why: "only with rounds of the kinds “buffer” and “swapped”"},
			{Name: "consumers", Label: "Consumers", Min: 1, Max: 4, Default: 1, Restart: true,
				Why: "only with rounds of the kinds “buffer” and “swapped”"},
			{Name: "rate", Label: "Pace", Unit: "per second", Min: 0, Max: 100_000, Zero: "as fast as it can",
				Why: "rounds a second of each worker at full speed"},
			{Name: "pages", Label: "Pages of the object", Min: 2, Max: 1024, Default: 256, Restart: true,
				Why: "of 4 096 bytes; only with rounds of the kind “pages”"},
			{Name: "visitor", Label: "A visitor", Min: 0, Max: removes, Values: []string{"off", "on", "truncate", "remove"}, Restart: true,
				Why: "on: a process that opens the object when all workers have gone; truncate: it cuts the object to length 0 while they use it; remove: it removes the name, or marks the segment; only with rounds of the kind “pages”"},
			{Name: "object", Label: "The object is", Min: 0, Max: systemV, Values: []string{"named", "system-v"}, Restart: true,
				Why: "named: a file under /dev/shm, as shm_open makes it; system-v: a segment that shmget makes; only with rounds of the kind “pages”"},
		},
		Experiments: experiments,
		Source:      strings.Join([]string{work, ownWork, record, locks, robustLocks, semaphores, fileLocks, pidLocks, litmusWork, sequenceWork, object, pulled, segments, bufferWork, signalWork}, "\n"),
		Page:        page,
	}
}

// Source gives what the workers run under these settings.
func (mechanism) Source(s lab.Settings) string {
	switch s["work"] {
	case litmus, fenced:
		return litmusWork
	case copies:
		return work + "\n" + object
	case pages:
		return objectSource(s)
	case own, apart:
		return ownWork
	case bySequence:
		return sequenceWork
	case buffer, swapped:
		return bufferWork + "\n" + semaphores
	case signal:
		return signalWork + "\n" + semaphores
	}
	source := []string{work}
	if s["record"] != 0 {
		source = append(source, record)
	}
	switch lock := s["lock"]; {
	case isSemaphore(lock):
		source = append(source, semaphores)
	case lock == recordLock:
		source = append(source, fileLocks)
	case lock == ownerPID:
		source = append(source, pidLocks)
	case lock == robust:
		source = append(source, locks, robustLocks)
	case lock != none && lock != atomicAdd:
		source = append(source, locks)
	}
	return strings.Join(source, "\n")
}
