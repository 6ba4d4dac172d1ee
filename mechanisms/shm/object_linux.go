package shm

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// mapsAt is where memory is mapped: private copies at one address in all workers,
// what they share at an address of its own in each. Left to itself the kernel takes
// what is free, and nobody may count on either.
func mapsAt(proc int, private bool) uintptr {
	const base, apart = 1 << 30, 1 << 24
	if private {
		return base
	}
	return base + uintptr(proc)*apart
}

// workOnCopy adds to a word in a page that looks to every worker like the same one:
// it has the same address and held the same before. But the mapping is private, as
// all memory is after fork(2): the first store makes a copy.
func workOnCopy(lw *lab.Worker) error {
	n := lw.Role[len("worker"):]
	mem, err := lw.MapAt("page"+n, lw.FD("page"), pageSize, mapsAt(lw.Proc, true), unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	w := &worker{Worker: lw, page: mem, counter: lw.Part("x" + n)}
	w.Observe(w.counter, func() int64 { return int64(atomic.LoadUint64(w.page.word64(counterAt))) })
	if err := w.place(); err != nil {
		return err
	}
	w.Meet()
	return w.rounds(w.update)
}

// workOnObject opens an object by its name, and touches one more of its pages in
// each round.
func workOnObject(lw *lab.Worker) error {
	w := &worker{Worker: lw, counter: lw.Part("counter")}
	if w.Kind == visitor.Kind {
		return w.visit()
	}
	if err := w.openObject(); err != nil {
		return err
	}
	if err := w.place(); err != nil {
		return err
	}
	w.Meet()
	return w.rounds(func() { w.touch(w.addAtomically()) })
}

// openObject finds the object by its name: no descriptor of it was inherited.
func (w *worker) openObject() error {
	path := make([]byte, 100)
	n, err := unix.Pread(w.FD("name"), path, 0)
	if err != nil {
		return fmt.Errorf("read the object's name: %w", err)
	}
	fd, err := unix.Open(strings.TrimRight(string(path[:n]), "\x00"), unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path[:n], err)
	}
	defer unix.Close(fd) // the mapping stays
	size := int(w.Setting("pages")) * pageSize
	w.page, err = w.MapAt("page", fd, size, mapsAt(w.Proc, false), unix.MAP_SHARED)
	if err != nil {
		return err
	}
	return unix.Madvise(w.page, unix.MADV_NOHUGEPAGE) // else one touch may give it many pages
}

// touch stores into the k-th page. The kernel gives it memory now, not before.
func (w *worker) touch(k uint64) {
	at := int(k) * pageSize % len(w.page)
	if at == 0 {
		return // the counter lies there
	}
	c := w.Begin(lab.Store, lab.CallNone, w.Part("page"), at, w.round).Data(k)
	atomic.StoreUint64(w.page.word64(at), k)
	c.End(8, w.round, nil)
}

// visit waits until all workers have gone, opens the object and looks at the counter.
func (w *worker) visit() error {
	w.Meet()
	for w.someoneWorks() {
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &unix.Timespec{Nsec: 20e6}, nil) // and look again
	}
	if !w.Next(0) {
		return nil
	}
	if err := w.openObject(); err != nil {
		return err
	}
	w.round = w.Message()
	c := w.Begin(lab.Load, lab.CallNone, w.counter, 0, w.round)
	v := atomic.LoadUint64(w.page.word64(counterAt))
	c.Data(v).End(8, w.round, nil)
	w.Wait(func() bool { return false }) // it stays: somebody may want to look at it
	return nil
}

func (w *worker) someoneWorks() bool {
	return slices.ContainsFunc(w.Scene.Procs, func(p lab.Proc) bool { return p.Kind == "worker" && w.PID(p.Role) != 0 })
}

// openCopies makes the page of which every worker gets a copy.
func openCopies(st *lab.Stage) error {
	f, err := lab.Memory("ipclab-shm", pageSize)
	if err != nil {
		return err
	}
	for i := range st.Scene.Parts {
		if p := &st.Scene.Parts[i]; p.Type == lab.Page {
			p.Object = lab.Object(f)
		}
	}
	st.Give("page", f, 0, lab.Reads, "worker")
	return nil
}

// openObject makes the object, and tells the workers no more than its name. The lab
// itself opens it only to look: it stays there because of its name alone.
func openObject(st *lab.Stage) error {
	path, f, err := st.NamedMemory(st.Settings["pages"] * pageSize)
	if err != nil {
		return err
	}
	f.Close()
	name, err := lab.Memory("ipclab-name", int64(len(path)))
	if err != nil {
		return err
	}
	if _, err := name.WriteAt([]byte(path), 0); err != nil {
		return err
	}
	st.Give("name", name, 0, lab.Reads, "worker", visitor.Kind)
	page := st.Scene.PartNumber("page")
	st.Scene.Parts[page-1].Object = path
	st.Named(page, func() bool { return unix.Access(path, unix.F_OK) == nil })
	st.Ask(page, func() int64 {
		var s unix.Stat_t
		if unix.Stat(path, &s) != nil {
			return -1
		}
		return s.Blocks * 512 // of 512 bytes each, whatever the file system (stat(2))
	})
	st.Ask(st.Scene.PartNumber("counter"), func() int64 {
		f, err := os.Open(path)
		if err != nil {
			return -1
		}
		defer f.Close()
		var b [8]byte
		if _, err := f.ReadAt(b[:], counterAt); err != nil { // not mapped: to look through a mapping would touch it
			return -1
		}
		return int64(binary.LittleEndian.Uint64(b[:]))
	})
	return nil
}
