package shm

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// A locker lets one worker in at a time.
type locker interface {
	take(*worker) (took, died bool) // not took: the work is over; died: its last owner did, holding it
	giveBack(*worker)
}

// futex is a mutex: a word in the page, and the kernel's queue of those who sleep
// on it. Only they make system calls.
type futex struct {
	word  *uint32
	part  uint16
	me    uint32
	spins int // instead of sleeping, look so many times and try again
	list  *robustList
	nth   string // "" or "2": in the names of its gates
}

func (l *futex) gate(w *worker, name string) bool { return w.Gate(name + l.nth) }

func (l *futex) take(w *worker) (ok, died bool) {
	for asleep := uint32(0); ; {
		c := w.Begin(lab.Lock, lab.CallNone, l.part, 0, w.round)
		found, took := l.try(l.me | asleep)
		c.Data(uint64(found)).Flag(diedOf(found)).End(took, w.round, nil)
		if took == 1 {
			return true, found&ownerDied != 0
		}
		if l.spins > 0 {
			for i := 0; i < l.spins && atomic.LoadUint32(l.word) != 0; i++ {
			}
		} else if !l.gate(w, "sleep") {
			return false, false
		} else if found != 0 && l.announce(found) {
			c := w.Begin(lab.Block, lab.CallFutex, l.part, int(found|waiters), w.round)
			err := wait(l.word, found|waiters)
			c.End(0, w.round, err)
			asleep = waiters // perhaps others sleep too
		}
		if !l.gate(w, "try") {
			return false, false
		}
	}
}

func (l *futex) giveBack(w *worker) {
	if !l.gate(w, "unlock") {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallNone, l.part, 0, w.round)
	left := l.release()
	c.End(0, w.round, nil)
	if left&waiters == 0 || !l.gate(w, "wake") {
		return
	}
	c = w.Begin(lab.Wake, lab.CallFutex, l.part, 1, w.round)
	n, err := wake(l.word, 1)
	c.End(n, w.round, err)
}

// both are two mutexes that are always taken together, one after the other.
type both struct{ first, second *futex }

func (l *both) take(w *worker) (took, died bool) {
	if took, _ := l.first.take(w); !took || !l.second.gate(w, "try") {
		return false, false
	}
	return l.second.take(w)
}

func (l *both) giveBack(w *worker) {
	l.second.giveBack(w)
	l.first.giveBack(w)
}

// try is one compare-and-swap. It takes a free lock, and one whose owner has died.
func (l *futex) try(mine uint32) (found uint32, took int) {
	l.list.pending(true)
	found = atomic.LoadUint32(l.word)
	if free := found&^waiters == 0 || found&ownerDied != 0; free && atomic.CompareAndSwapUint32(l.word, found, mine|found&waiters) {
		l.list.add()
		took = 1
	}
	l.list.pending(false)
	return found, took
}

func (l *futex) release() (left uint32) {
	l.list.pending(true)
	l.list.remove()
	left = atomic.SwapUint32(l.word, 0)
	l.list.pending(false)
	return left
}

// announce sets the waiters' bit, unless the word has changed.
func (l *futex) announce(found uint32) bool {
	return found&waiters != 0 || atomic.CompareAndSwapUint32(l.word, found, found|waiters)
}

func diedOf(word uint32) lab.Flags {
	if word&ownerDied != 0 {
		return lab.OwnerDied
	}
	return 0
}

// The operations of futex(2).
const (
	futexWait = 0
	futexWake = 1
)

// wait sleeps while the word is val. Not FUTEX_PRIVATE_FLAG: others map it too.
func wait(word *uint32, val uint32) error {
	_, _, no := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(val), 0, 0, 0)
	return lab.Errno(no)
}

// wake lets n of the sleepers go on, those that have slept longest first.
func wake(word *uint32, n int) (int, error) {
	r, _, no := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, uintptr(n), 0, 0, 0)
	return int(r), lab.Errno(no)
}

// newLock makes what the knob says; nil where this worker takes no lock.
func (w *worker) newLock() (locker, error) {
	l, lock := w.mutex("lock", lockAt), w.Setting("lock")
	switch lockOf(lock, int64(w.Proc)) {
	case spin:
		l.spins = 5000
		return l, nil
	case mutex:
		if lock == two && w.Proc%2 == 0 {
			return w.mutex("lock2", lock2At), nil
		}
		return l, nil
	case robust:
		var err error
		l.list, err = newRobustList((*uintptr)(unsafe.Pointer(&w.page[lockAt+8])), -8)
		return l, err
	case ordered, crossed:
		l2 := w.mutex("lock2", lock2At)
		if lock == crossed && w.Proc%2 == 0 {
			l, l2 = l2, l
		}
		l2.nth = "2"
		return &both{l, l2}, nil
	case semaphore:
		return w.newSem(true), nil
	case noUndo:
		return w.newSem(false), nil
	case recordLock:
		return &fileLock{fd: uintptr(w.FD("page")), part: l.part}, nil
	case ownerPID:
		return &pidLock{l}, nil
	}
	return nil, nil
}

func (w *worker) mutex(part string, at int) *futex {
	return &futex{word: w.page.word32(at), part: w.Part(part), me: uint32(unix.Gettid())}
}

// memory is a mapped page.
type memory []byte

func (m memory) word64(at int) *uint64 { return (*uint64)(unsafe.Pointer(&m[at])) }
func (m memory) word32(at int) *uint32 { return (*uint32)(unsafe.Pointer(&m[at])) }

// Open makes the page, which has no name, and a semaphore if one is used.
func (mechanism) Open(st *lab.Stage) error {
	switch st.Settings["work"] {
	case copies:
		return openCopies(st)
	case pages:
		return openObject(st)
	}
	f, mem, err := st.Shared("ipclab-shm", pageSize)
	if err != nil {
		return err
	}
	part := st.Scene.PartNumber
	st.Scene.Parts[part("page")-1].Object = lab.Object(f)
	st.Give("page", f, 0, lab.Reads|lab.Writes, "worker", producer, consumer, waiter, signaller)
	askWords(st, "page", mem)
	switch st.Settings["work"] {
	case buffer, swapped:
		return openBuffer(st, f)
	case signal:
		return openSem(st, f, part("ready"), semAt, 0)
	}
	if st.Settings["lock"] == recordLock {
		return openFileLock(st, f, part("lock"))
	}
	if n := part("sem"); n != 0 {
		return openSem(st, f, n, semAt, st.Settings["permits"])
	}
	if st.Settings["work"] == bySequence {
		for _, p := range st.Scene.Procs[1:] {
			if err := openTally(st, p.Role); err != nil {
				return err
			}
		}
	}
	return nil
}

// askWords lets the lab look at the words that lie in a page, or belong to a worker.
func askWords(st *lab.Stage, in string, m memory) {
	for i, p := range st.Scene.Parts {
		switch at := int(p.Offset); {
		case p.In != in:
		case p.Type == lab.Word:
			st.Ask(uint16(i+1), func() int64 { return int64(atomic.LoadUint64(m.word64(at))) })
		case p.Type == lab.Futex:
			st.Ask(uint16(i+1), func() int64 { return int64(atomic.LoadUint32(m.word32(at))) })
		}
	}
}
