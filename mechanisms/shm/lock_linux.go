package shm

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// A locker lets one worker in at a time.
type locker interface {
	take(*worker) bool // false: the work is over
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
}

func (l *futex) take(w *worker) bool {
	for asleep := uint32(0); ; {
		c := w.Begin(lab.Lock, lab.CallNone, l.part, 0, w.round)
		found, took := l.try(l.me | asleep)
		c.Data(uint64(found)).Flag(diedOf(found)).End(took, w.round, nil)
		if took == 1 {
			return true
		}
		if l.spins > 0 {
			for i := 0; i < l.spins && atomic.LoadUint32(l.word) != 0; i++ {
			}
		} else if !w.Gate("sleep") {
			return false
		} else if found != 0 && l.announce(found) {
			c := w.Begin(lab.Block, lab.CallFutex, l.part, int(found|waiters), w.round)
			err := wait(l.word, found|waiters)
			c.End(0, w.round, err)
			asleep = waiters // perhaps others sleep too
		}
		if !w.Gate("try") {
			return false
		}
	}
}

func (l *futex) giveBack(w *worker) {
	if !w.Gate("unlock") {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallNone, l.part, 0, w.round)
	left := l.release()
	c.End(0, w.round, nil)
	if left&waiters == 0 || !w.Gate("wake") {
		return
	}
	c = w.Begin(lab.Wake, lab.CallFutex, l.part, 1, w.round)
	n, err := wake(l.word, 1)
	c.End(n, w.round, err)
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

// robustList tells the kernel which locks this thread holds (set_robust_list(2)):
// when it dies, the kernel sets ownerDied in each of their words and wakes one
// sleeper. The links lie beside the words. All methods do nothing on nil.
type robustList struct {
	first  uintptr
	offset int // from a link to its word
	about  uintptr
	link   *uintptr
}

// held is where the kernel looks: it must not move.
var held robustList

func newRobustList(link *uintptr, offset int) (*robustList, error) {
	held = robustList{offset: offset, link: link}
	held.remove()
	_, _, no := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(&held)), 3*unsafe.Sizeof(uintptr(0)), 0)
	return &held, lab.Errno(no)
}

// pending says that this thread is about to take a lock or give it back: it may
// die in between.
func (l *robustList) pending(yes bool) {
	if l == nil {
		return
	}
	at := uintptr(0)
	if yes {
		at = uintptr(unsafe.Pointer(l.link))
	}
	atomic.StoreUintptr(&l.about, at)
}

func (l *robustList) add() {
	if l != nil {
		atomic.StoreUintptr(l.link, uintptr(unsafe.Pointer(&l.first)))
		atomic.StoreUintptr(&l.first, uintptr(unsafe.Pointer(l.link)))
	}
}

func (l *robustList) remove() {
	if l != nil {
		atomic.StoreUintptr(&l.first, uintptr(unsafe.Pointer(&l.first)))
	}
}

// sysv is a System V semaphore used as a lock: the kernel counts and queues.
type sysv struct {
	id   int
	part uint16
}

func (l *sysv) take(w *worker) bool {
	for {
		c := w.Begin(lab.Lock, lab.CallSemop, l.part, 0, w.round)
		err := lab.SemOp(l.id, -1, true) // SEM_UNDO: the kernel gives it back for the dead
		c.End(0, w.round, err)
		if err == nil {
			return true
		}
		if err != unix.EINTR || !w.Gate("try") {
			return false
		}
	}
}

func (l *sysv) giveBack(w *worker) {
	if !w.Gate("unlock") {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallSemop, l.part, 0, w.round)
	err := lab.SemOp(l.id, +1, true)
	c.End(0, w.round, err)
}

// newLock makes what the knob says; nil where this worker takes no lock.
func (w *worker) newLock() (locker, error) {
	l := &futex{word: w.page.word32(lockAt), part: w.Part("lock"), me: uint32(unix.Gettid())}
	var err error
	switch lockOf(w.Setting("lock"), int64(w.Proc)) {
	case spin:
		l.spins = 10_000 // some microseconds
	case mutex:
		if w.Setting("lock") == two && w.Proc%2 == 0 {
			l.word, l.part = w.page.word32(lock2At), w.Part("lock2")
		}
	case robust:
		l.list, err = newRobustList((*uintptr)(unsafe.Pointer(&w.page[lockAt+8])), -8)
	case semaphore:
		sem := w.Part("sem")
		id := int(atomic.LoadUint64(w.page.word64(semAt)))
		w.Observe(sem, func() int64 { return lab.SemValue(id) })
		return &sysv{id, sem}, nil
	default:
		return nil, nil
	}
	return l, err
}

// memory is a mapped page.
type memory []byte

func (m memory) word64(at int) *uint64 { return (*uint64)(unsafe.Pointer(&m[at])) }
func (m memory) word32(at int) *uint32 { return (*uint32)(unsafe.Pointer(&m[at])) }

// Open makes the page, which has no name, and a semaphore if one is used.
func (mechanism) Open(st *lab.Stage) error {
	f, err := lab.Memory("ipclab-shm", pageSize)
	if err != nil {
		return err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, pageSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		f.Close()
		return err
	}
	st.Defer(func() error { return unix.Munmap(mem) })
	m := memory(mem)
	part := st.Scene.PartNumber
	st.Scene.Parts[part("page")-1].Object = lab.Object(f)
	st.Give("page", f, 0, lab.Reads|lab.Writes, "worker")
	st.Ask(part("counter"), func() int64 { return int64(atomic.LoadUint64(m.word64(counterAt))) })
	st.Ask(part("lock"), func() int64 { return int64(atomic.LoadUint32(m.word32(lockAt))) })
	for i := range st.Settings["workers"] {
		st.Ask(part(fmt.Sprint("own", i+1)), func() int64 { return int64(atomic.LoadUint64(m.word64(ownAt + 8*int(i)))) })
	}
	if n := part("lock2"); n != 0 {
		st.Ask(n, func() int64 { return int64(atomic.LoadUint32(m.word32(lock2At))) })
	}
	if n := part("sem"); n != 0 {
		return openSem(st, f, n)
	}
	return nil
}

func openSem(st *lab.Stage, f *os.File, part uint16) error {
	id, err := st.NewSem(1)
	if err != nil {
		return err
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(id))
	if _, err := f.WriteAt(b[:], semAt); err != nil {
		return err
	}
	st.Scene.Parts[part-1].Object = lab.SemObject(id)
	st.Ask(part, func() int64 { return lab.SemValue(id) })
	return nil
}
