package lab

import (
	"sync/atomic"
	"unsafe"
)

// control is the page that a run shares with all its workers: what the lab tells
// all of them at once. Stop is therefore set for all before any is released.
type control struct {
	bell   atomic.Uint32 // futex: the lab sleeps here while nothing happens
	asleep atomic.Uint32 // 1 while it does: whoever has news rings
	_      [56]byte

	turn   atomic.Uint32 // futex: grows whenever a word below changes
	ready  atomic.Uint32 // futex: 1 once the lab has closed its copies of what it gave
	stop   atomic.Uint32 // 1: end the work
	quit   atomic.Uint32 // futex: 1: nobody is in a call any more, all may end
	met    atomic.Uint32 // how many workers are prepared: see Meet
	gate   atomic.Uint32 // 1: wait for a permit before each operation
	mode   atomic.Uint32 // Mode
	trace  atomic.Uint32 // Trace
	sample atomic.Uint64 // keep a record if its message number & sample == 0
	epoch  atomic.Int64  // CLOCK_MONOTONIC ns of time 0
	count  atomic.Uint64 // operations of each giver; 0 is no end

	knobs [maxKnobs]atomic.Int64
	pids  [maxProcs]atomic.Uint32 // of the workers; 0 once one has been waited for: its number may then be another's
}

// panel is the head of one worker's page: what only that worker writes, and its
// gate. Fields that one side writes have cache lines of their own.
type panel struct {
	wrote   uint64 // records published
	dropped uint64 // records for which there was no room
	skipped uint64 // records left out by sampling
	_       [40]byte
	read    uint64 // records taken by the lab
	_       [56]byte

	permits atomic.Uint32 // futex: operations let go, ever, times 2; the last bit turns where the worker is to look again
	passed  atomic.Uint32 // permits used
	held    atomic.Int32  // the gate it waits at: 1… in Proc.Gates; -1 rests by its own rate
	fail    atomic.Uint32 // stop yourself at this point: see failpoint
	done    atomic.Uint32 // 1: its work has ended, it waits for quit
	_       [44]byte

	tid    atomic.Uint32
	nfds   atomic.Uint32
	nmaps  atomic.Uint32
	fds    [maxFDs]heldFD
	maps   [maxMaps]heldMap
	io     [2]uint64 // reads and writes before the work began, as the kernel counts them
	ops    uint64    // operations begun
	booked uint64    // the last of them whose result is in the counters below
	calls  uint64    // operations ended, whatever came of them
	errors uint64
	tally  tally
	parts  [maxParts]traffic
	levels [maxParts]level
	durs   [LatencyBins]uint64 // how long calls took: log2 of ns

	spare Event // the call in progress while the ring is full
}

type (
	heldFD  struct{ part, fd, how, _ uint32 } // how: 1 reads, 2 writes
	heldMap struct {
		part uint64
		addr uint64
		size uint64
	}
	// tally counts what a worker did, exactly, at every speed.
	tally struct{ sent, received, bytesSent, bytesReceived, torn, reordered, duplicated, lost uint64 }
	// traffic counts what went into and came out of one part.
	traffic struct{ in, out uint64 }
	// level is how full the observer found a part; seq is odd while it is written.
	level struct {
		seq   atomic.Uint64
		at    int64
		value int64
	}
)

const (
	maxKnobs  = 32
	maxParts  = 32 // of a scene
	maxFDs    = 32
	maxMaps   = 16
	maxProcs  = 32
	ringSlots = 1 << 16 // of each worker: 4 MiB, touched only as used

	controlBytes = 4096
	panelBytes   = 8192
	pageBytes    = panelBytes + handledBytes + ringSlots*EventSize
)

// The layouts must fit the space given to them.
var (
	_ [controlBytes - unsafe.Sizeof(control{})]byte
	_ [panelBytes - unsafe.Sizeof(panel{})]byte
	_ [EventSize - unsafe.Sizeof(Event{})]byte
)
