package shm

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// findSegment asks for the id of the segment that has the key.
func (w *worker) findSegment() (id int, err error) {
	name, err := w.objectName()
	if err != nil {
		return 0, err
	}
	key, err := strconv.Atoi(name)
	if err != nil {
		return 0, fmt.Errorf("read the segment's key: %w", err)
	}
	c := w.Begin(lab.Load, lab.CallShmget, w.Part("page"), 0, w.round)
	id, err = lab.ShmGet(key)
	c.End(id, w.round, err)
	return id, err
}

// attach maps the segment: no name is needed, and no descriptor, only the id.
func (w *worker) attach(id int) error {
	at := mapsAt(w.Proc, false)
	c := w.Begin(lab.Load, lab.CallShmat, w.Part("page"), 0, w.round)
	p, err := lab.ShmAt(id, at)
	c.End(int(uintptr(p)), w.round, err)
	if err != nil {
		return fmt.Errorf("attach segment %d at %#x: %w", id, at, err)
	}
	w.page = w.Mapped("page", p, w.objectSize())
	return unix.Madvise(w.page, unix.MADV_NOHUGEPAGE)
}

// removeSegment removes the segment while the workers have it attached, and tries then
// to get it: by its key, and by the id that is known from before.
func (w *worker) removeSegment() error {
	id, err := w.findSegment()
	if err != nil || !w.Next(0) {
		return err
	}
	w.round = w.Message()
	c := w.Begin(lab.Store, lab.CallShmctl, w.Part("page"), unix.IPC_RMID, w.round)
	err = lab.ShmRemove(id)
	c.End(0, w.round, err)

	if err != nil || !w.Gate("find") {
		return err
	}
	_, _ = w.findSegment() // that it is not found is what there is to see

	if !w.Gate("attach") {
		return nil
	}
	if err := w.attach(id); err != nil {
		return nil // the segment has gone with its last user
	}
	if w.Gate("load") {
		w.loadCounter()
	}
	w.Gate("leave") // which detaches
	return nil
}

// openSegment makes the segment, and tells the workers no more than its key. The lab
// does not attach it: the kernel's table says what becomes of it.
func openSegment(st *lab.Stage) error {
	key, id, err := st.NewSegment(st.Settings["pages"] * pageSize)
	if err != nil {
		return err
	}
	if err := giveName(st, strconv.Itoa(key)); err != nil {
		return err
	}
	page := st.Scene.PartNumber("page")
	st.Scene.Parts[page-1].Object = fmt.Sprint("shmid ", id)
	st.Named(page, func() bool {
		_, there := lab.LookUpSegment(id)
		return there
	})
	st.Attached(page, func() (int64, bool) {
		s, _ := lab.LookUpSegment(id)
		return s.Attached, s.Marked
	})
	st.Ask(page, func() int64 {
		s, _ := lab.LookUpSegment(id)
		return s.Resident
	})
	return nil
}
