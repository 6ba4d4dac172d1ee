package shm

import (
	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// pull takes the object away from the workers, which have mapped it: it cuts the file
// to nothing, or removes its name.
func (w *worker) pull() error {
	name, err := w.objectName()
	if err != nil {
		return err
	}
	fd, err := w.openName()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !w.Next(0) {
		return nil
	}
	w.round = w.Message()
	page := w.Part("page")
	if w.Setting("visitor") == removes {
		c := w.Begin(lab.Store, lab.CallUnlinkat, page, 0, w.round)
		err = unix.Unlinkat(unix.AT_FDCWD, name, 0)
		c.End(0, w.round, err)
	} else {
		c := w.Begin(lab.Store, lab.CallFtruncate, page, 0, w.round)
		err = unix.Ftruncate(fd, 0) // the mappings stay, with nothing behind them
		c.End(0, w.round, err)
		w.tellSize(fd)
	}
	w.Gate("leave")
	return err
}

// tellSize asks the kernel how long the object is now.
func (w *worker) tellSize(fd int) {
	var s unix.Stat_t
	if unix.Fstat(fd, &s) == nil {
		w.Tell(lab.FactCapacity, w.Part("page"), s.Size)
	}
}
