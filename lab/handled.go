package lab

// handled is what a worker's signal handler notes, in memory that it shares with the
// lab: how often it has run, and when, for which signal. It is the handler's own
// record; the main thread may sleep in the kernel all the while.
type handled struct {
	runs uint64 // only the handler writes it
	flag uint64 // the part that it adds one to; 0 is none
	lock uint64 // the part that it locks; 0 is none

	asleep    uint64 // 1 while it sleeps in FUTEX_WAIT
	sec, nsec int64  // when that began, CLOCK_MONOTONIC
	word      uint64 // what it found
	tries     uint64 // how many of the runs below are no runs, but tries and unlocks
	log       [handledSlots]handlerRun
}

// handlerRun is one run, or what it did to the lock. The handlers in assembly know
// these offsets.
type handlerRun struct {
	sec, nsec int64 // CLOCK_MONOTONIC
	signo     int32
	code      int32 // si_code: who sent it, and how
	value     uint64
	flag      uint64 // what the flag was before; of a try: 1 if it took the lock
	did       uint64
	_         [16]byte
}

// What a handlerRun tells, in did.
const (
	ran = iota
	tried
	unlocked
)

const (
	handledSlots = 4096
	handledBytes = 65 * 4096 // whole pages
)
