package shm

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// mapsAt is where memory is mapped: private copies at one address in all workers,
// what they share at an address of its own in each. Left to itself the kernel takes
// what is free, and nobody may count on either. Nothing else may lie there: a program
// lies at the bottom, and its heap begins anywhere within 1 GiB behind it
// (arch_randomize_brk in the kernel); the rest lies far above.
func mapsAt(proc int, private bool) uintptr {
	const base, apart = 3 << 29, 1 << 24
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
	// A store behind the end of the object raises SIGBUS. Go's runtime would make a panic
	// of it: let the kernel do what it does by default.
	if err := lab.SetAction(unix.SIGBUS, lab.Default); err != nil {
		return err
	}
	if w.Kind == visitorKind {
		return w.visit()
	}
	if err := w.openObject(); err != nil {
		return err
	}
	if err := w.place(); err != nil {
		return err
	}
	w.Meet()
	return w.rounds(func() {
		w.touch(w.addAtomically())
		w.watchCounter()
	})
}

// openObject finds the object by its name: no descriptor of it was inherited.
func (w *worker) openObject() error {
	if w.Setting("object") == systemV {
		id, err := w.findSegment()
		if err != nil {
			return fmt.Errorf("find segment: %w", err)
		}
		return w.attach(id)
	}
	fd, err := w.openName()
	if err != nil {
		return err
	}
	if w.Setting("visitor") == removes { // nobody else can look at it without its name
		w.Observe(w.Part("page"), func() int64 { return given(fd) })
	} else {
		defer unix.Close(fd) // the mapping stays
	}
	w.page, err = w.MapAt("page", fd, w.objectSize(), mapsAt(w.Proc, false), unix.MAP_SHARED)
	if err != nil {
		return err
	}
	return unix.Madvise(w.page, unix.MADV_NOHUGEPAGE) // else one touch may give it many pages
}

// given is how much memory the kernel has given to an object; -1 if that is not known.
func given(fd int) int64 {
	var s unix.Stat_t
	if unix.Fstat(fd, &s) != nil {
		return -1
	}
	return s.Blocks * 512 // of 512 bytes each, whatever the file system (stat(2))
}

func (w *worker) objectSize() int { return int(w.Setting("pages")) * pageSize }

func (w *worker) openName() (fd int, err error) {
	name, err := w.objectName()
	if err != nil {
		return -1, err
	}
	fd, err = unix.Open(name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", name, err)
	}
	return fd, nil
}

// objectName is all that the lab tells of the object: a path, or a key.
func (w *worker) objectName() (string, error) {
	name := make([]byte, 100)
	n, err := unix.Pread(w.FD("name"), name, 0)
	if err != nil {
		return "", fmt.Errorf("read the object's name: %w", err)
	}
	return strings.TrimRight(string(name[:n]), "\x00"), nil
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

// watchCounter lets this worker look at the counter, where the lab cannot. Not before
// it has touched the page: to look would give it memory.
func (w *worker) watchCounter() {
	if w.done == 1 && (w.Setting("object") == systemV || w.Setting("visitor") == removes) {
		p := w.page.word64(counterAt)
		w.Observe(w.counter, func() int64 { return int64(atomic.LoadUint64(p)) })
	}
}

// visit waits until all workers have gone, opens the object and looks at the counter.
func (w *worker) visit() error {
	w.Meet()
	switch {
	case w.Setting("visitor") == looks:
	case w.Setting("object") != systemV:
		return w.pull()
	case w.Setting("visitor") == removes:
		return w.removeSegment()
	}
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
	w.loadCounter()
	w.Wait(func() bool { return false }) // it stays: somebody may want to look at it
	return nil
}

func (w *worker) loadCounter() {
	c := w.Begin(lab.Load, lab.CallNone, w.counter, 0, w.round)
	v := atomic.LoadUint64(w.page.word64(counterAt))
	c.Data(v).End(8, w.round, nil)
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
	if st.Settings["object"] == systemV {
		return openSegment(st)
	}
	path, f, err := st.NamedMemory(st.Settings["pages"] * pageSize)
	if err != nil {
		return err
	}
	f.Close()
	if err := giveName(st, path); err != nil {
		return err
	}
	page := st.Scene.PartNumber("page")
	st.Scene.Parts[page-1].Object = path
	st.Named(page, func() bool { return unix.Access(path, unix.F_OK) == nil })
	if st.Settings["visitor"] == removes {
		return nil // the workers look
	}
	look := func(f func(fd int) int64) func() int64 {
		return func() int64 {
			fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return -1
			}
			defer unix.Close(fd)
			return f(fd)
		}
	}
	st.Ask(page, look(given))
	st.Ask(st.Scene.PartNumber("counter"), look(func(fd int) int64 {
		var b [8]byte
		if n, err := unix.Pread(fd, b[:], counterAt); err != nil || n < len(b) { // not mapped: to look through a mapping would touch it
			return -1
		}
		return int64(binary.LittleEndian.Uint64(b[:]))
	}))
	return nil
}

// giveName lets workers and visitor read the object's name.
func giveName(st *lab.Stage, text string) error {
	name, err := lab.Memory("ipclab-name", int64(len(text)))
	if err != nil {
		return err
	}
	if _, err := name.WriteAt([]byte(text), 0); err != nil {
		name.Close()
		return err
	}
	st.Give("name", name, 0, lab.Reads, "worker", visitorKind)
	return nil
}
