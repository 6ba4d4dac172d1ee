package shm

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// pidLock is a word that holds its owner's process id. Who finds it taken asks the
// kernel whether there is such a process, and takes over if there is none. That is not
// safe: a zombie still has its number, and later the number may be given to a process
// that knows nothing of the lock.
type pidLock struct{ *futex }

func (l *pidLock) take(w *worker) (took, died bool) {
	for {
		found, took := l.swap(w, 0)
		if took {
			return true, false
		}
		if found != 0 && !w.Gate("ask") {
			return false, false
		}
		if found != 0 && l.gone(w, int(found)) {
			if !w.Gate("seize") {
				return false, false
			}
			if _, took := l.swap(w, found); took {
				return true, true
			}
		}
		for i := 0; i < 5000 && atomic.LoadUint32(l.word) == found; i++ { // a little patience
		}
		if !w.Gate("try") {
			return false, false
		}
	}
}

// swap takes the lock if the word is what it is thought to be.
func (l *pidLock) swap(w *worker, old uint32) (found uint32, took bool) {
	c := w.Begin(lab.Lock, lab.CallNone, l.part, 0, w.round)
	found, ret := old, 1
	if !atomic.CompareAndSwapUint32(l.word, old, l.me) {
		found, ret = atomic.LoadUint32(l.word), 0
	}
	c.Data(uint64(found)).End(ret, w.round, nil)
	return found, ret == 1
}

// gone asks by signal 0, which is not sent, whether there is such a process (kill(2)).
func (l *pidLock) gone(w *worker, pid int) bool {
	c := w.Begin(lab.Signal, lab.CallKill, 0, 0, 0).Data(uint64(pid))
	err := unix.Kill(pid, 0)
	c.End(0, 0, err)
	return err == unix.ESRCH
}

func (l *pidLock) giveBack(w *worker) {
	if !w.Gate("unlock") {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallNone, l.part, 0, w.round)
	atomic.StoreUint32(l.word, 0)
	c.End(0, w.round, nil)
}
