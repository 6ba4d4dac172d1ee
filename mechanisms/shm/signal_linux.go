package shm

import (
	"ipclab/lab"
)

// Two processes wait until a flag is set. Each tests it, and sleeps if nothing has
// changed. Between the test and the sleep anything may happen: a condition that is
// signalled then has nobody to wake and forgets it, a semaphore counts it.

func workOnFlag(lw *lab.Worker) error {
	w, err := mapPage(lw)
	if err != nil {
		return err
	}
	ready, flag, bell := w.findSem("ready", semAt, "wait", "post"), w.Part("flag"), w.Part("bell")
	w.Meet()
	if w.Kind == signaller {
		return w.rounds(func() {
			w.done++
			w.store(flag, flagAt, w.done, w.round)
			if w.Gate("signal") {
				c := w.Begin(lab.Wake, lab.CallFutex, bell, 1, w.round)
				n, err := wake(w.page.word32(bellAt), 1) // 0 if nobody sleeps there, and that is all
				c.End(n, w.round, err)
			}
			ready.giveBack(w)
		})
	}
	return w.rounds(func() {
		switch v := w.load(flag, flagAt); {
		case v != w.done: // it is set
			w.done = v
		case w.Role == "waiter1" && w.Gate("sleep"):
			c := w.Begin(lab.Block, lab.CallFutex, bell, 0, w.round)
			err := wait(w.page.word32(bellAt), 0)
			c.End(0, w.round, err)
		case w.Role == "waiter2" && w.Gate("wait"):
			ready.take(w)
		}
	})
}
