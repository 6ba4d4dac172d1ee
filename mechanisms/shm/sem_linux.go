package shm

import (
	"encoding/binary"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// sysv is a System V semaphore, used as a lock or to count: the kernel counts and queues.
type sysv struct {
	id          int
	part        uint16
	undo        bool   // SEM_UNDO: the kernel takes it all back when a worker dies
	lower, post string // the gates before its operations
}

func (l *sysv) take(w *worker) (took, died bool) {
	for {
		c := w.Begin(lab.Lock, lab.CallSemop, l.part, 0, w.round)
		err := lab.SemOp(l.id, -1, l.undo)
		c.End(0, w.round, err)
		if err == nil {
			return true, false // whether somebody has died with it, nobody tells
		}
		if err != unix.EINTR { // a signal breaks the sleep (signal(7)): it sleeps again
			return false, false
		}
	}
}

func (l *sysv) giveBack(w *worker) {
	if !w.Gate(l.post) {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallSemop, l.part, 0, w.round)
	err := lab.SemOp(l.id, +1, l.undo)
	c.End(0, w.round, err)
}

// newSem makes a lock of the semaphore whose id is in the page.
func (w *worker) newSem(undo bool) locker {
	l := w.findSem("sem", semAt, "try", "unlock")
	l.undo = undo
	return l
}

// findSem finds a semaphore by its id, which is in the page.
func (w *worker) findSem(part string, at int, lower, post string) *sysv {
	n, id := w.Part(part), int(atomic.LoadUint64(w.page.word64(at)))
	w.Observe(n, func() int64 { return lab.SemValue(id) })
	return &sysv{id: id, part: n, lower: lower, post: post}
}

// openSem makes a semaphore with a value and leaves its id in the page.
func openSem(st *lab.Stage, f *os.File, part uint16, at, value int64) error {
	id, err := st.NewSem(int(value))
	if err != nil {
		return err
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(id))
	if _, err := f.WriteAt(b[:], at); err != nil {
		return err
	}
	st.Scene.Parts[part-1].Object = lab.SemObject(id)
	st.Ask(part, func() int64 { return lab.SemValue(id) })
	return nil
}
