package lab

// handled is what a worker's signal handler notes, in memory that it shares with the
// lab: how often it has run, and when, for which signal. It is the handler's own
// record; the main thread may sleep in the kernel all the while.
type handled struct {
	runs uint64 // only the handler writes it
	flag uint64 // the part that it adds one to; 0 is none
	_    [48]byte
	log  [handledSlots]handlerRun
}

// handlerRun is one run. The handlers in assembly know these offsets.
type handlerRun struct {
	sec, nsec int64 // CLOCK_MONOTONIC
	signo     int32
	code      int32 // si_code: who sent it, and how
	value     uint64
	flag      uint64 // what the flag was before
	_         [24]byte
}

const (
	handledSlots = 4096
	handledBytes = 65 * 4096 // whole pages
)
