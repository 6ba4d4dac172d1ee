package shm

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// The store-buffer test: worker1 stores 1 to x and then loads y, worker2 stores 1 to
// y and then loads x. In whatever order these four are made, the last of the two
// loads comes after both stores and finds a 1. That both find 0 is possible only if
// a store is seen by the other processor later than it was made: it waits in the
// store buffer of its own while the load goes ahead.
//
// At full speed the four are not recorded: noting one takes longer than the store
// waits. What is recorded is each round in which both found 0.

// flags is what one worker has to do with.
type flags struct {
	*worker
	mine, other         *uint64 // x and y, or y and x
	minePart, otherPart uint16
	found               [2]*uint64 // what the workers found
	rounds, arrived     *uint64
	fence               bool
}

func newFlags(w *worker) *flags {
	at := [2]int{xAt, yAt}
	parts := [2]uint16{w.Part("x"), w.Part("y")}
	me := w.Proc - 1
	return &flags{worker: w, mine: w.page.word64(at[me]), other: w.page.word64(at[1-me]), minePart: parts[me], otherPart: parts[1-me],
		found:  [2]*uint64{w.page.word64(foundAt), w.page.word64(foundAt + line)},
		rounds: w.page.word64(roundsAt), arrived: w.page.word64(arrivedAt), fence: w.Setting("work") == fenced}
}

// round is one time of the test. Who comes last looks at what both have found, and
// clears x and y for the next round.
func (f *flags) round() {
	if !f.begin() {
		return
	}
	found, ok := f.storeAndLoad()
	if !ok {
		return
	}
	f.done++
	atomic.StoreUint64(f.found[f.Proc-1], found)
	if atomic.AddUint64(f.arrived, 1) != 2*f.done || !f.Gate("clear") {
		return
	}
	if atomic.LoadUint64(f.found[0]) == 0 && atomic.LoadUint64(f.found[1]) == 0 {
		zeros := f.page.word64(zerosAt)
		f.store(f.Part("zeros"), zeros, atomic.LoadUint64(zeros)+1)
	}
	f.clear()
	atomic.StoreUint64(f.rounds, f.done) // lets the other go on
}

// begin waits until the round before is over. Then it waits a little longer, each
// time by another time: so the two meet at every distance.
func (f *flags) begin() bool {
	for n := 1; atomic.LoadUint64(f.rounds) != f.done; n++ {
		if n%20_000 != 0 {
			continue
		}
		c := f.Begin(lab.Load, lab.CallSchedYield, f.Part("rounds"), 0, f.worker.round)
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // never fails
		c.Data(atomic.LoadUint64(f.rounds)).End(8, f.worker.round, nil)
		if !f.Gate("begin") {
			return false
		}
	}
	for range f.done * uint64(f.Proc) % 61 {
		_ = atomic.LoadUint64(f.rounds)
	}
	return f.Gate("store")
}

// storeAndLoad is what is tested.
func (f *flags) storeAndLoad() (found uint64, ok bool) {
	switch {
	case f.Held():
		return f.stepByStep()
	case f.fence:
		atomic.SwapUint64(f.mine, 1) // on amd64 an XCHG, which waits until the store is out
		return atomic.LoadUint64(f.other), true
	}
	return storeThenLoad(f.mine, f.other), true
}

// storeThenLoad makes two moves and nothing else: a compiler that knew more of the
// pointers might do without them.
//
//go:noinline
func storeThenLoad(mine, other *uint64) uint64 {
	*mine = 1
	return *other
}

// stepByStep does the same where the lab lets one operation go at a time: every
// store has been seen by all long before the next operation.
func (f *flags) stepByStep() (found uint64, ok bool) {
	f.store(f.minePart, f.mine, 1)
	if !f.Gate("load") {
		return 0, false
	}
	c := f.Begin(lab.Load, lab.CallNone, f.otherPart, 0, f.worker.round)
	found = atomic.LoadUint64(f.other)
	c.Data(found).End(8, f.worker.round, nil)
	return found, true
}

// clear sets x and y to 0 again; where every step counts, that is told too.
func (f *flags) clear() {
	x, y := f.page.word64(xAt), f.page.word64(yAt)
	if f.Held() {
		f.store(f.Part("x"), x, 0)
		f.store(f.Part("y"), y, 0)
		return
	}
	atomic.StoreUint64(x, 0)
	atomic.StoreUint64(y, 0)
}

// store changes a word, and says so.
func (f *flags) store(part uint16, p *uint64, v uint64) {
	c := f.Begin(lab.Store, lab.CallNone, part, 0, f.worker.round).Data(v)
	atomic.StoreUint64(p, v)
	c.End(8, f.worker.round, nil)
}
