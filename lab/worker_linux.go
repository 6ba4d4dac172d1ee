package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The descriptors that every worker inherits, beside those of its mechanism.
const (
	fdOrder = 3 + iota
	fdControl
	fdPanel
	fdLeash
	fdFirst
)

// order is what the lab tells a worker when it starts it: which one it is, and
// numbers. It holds no path, no command and no address.
type order struct {
	Mechanism string         `json:"mechanism"`
	Proc      int            `json:"proc"`
	Settings  Settings       `json:"settings"`
	Files     map[string]int `json:"files"` // name → inherited descriptor
	FDs       []heldFD       `json:"fds"`
}

// UnmarshalJSON and MarshalJSON let the descriptor table travel in an order.
func (h *heldFD) UnmarshalJSON(b []byte) error {
	var v [3]uint32
	err := json.Unmarshal(b, &v)
	h.part, h.fd, h.how = v[0], v[1], v[2]
	return err
}

// MarshalJSON is the inverse of UnmarshalJSON.
func (h heldFD) MarshalJSON() ([]byte, error) {
	return json.Marshal([3]uint32{h.part, h.fd, h.how})
}

// Worker is a worker process's view of the lab. Its methods may be called from
// the main thread only.
type Worker struct {
	Role  string // "writer2"
	Kind  string // "writer"
	Proc  int    // index in Scene.Procs, from 1
	Scene Scene

	*ring
	order   order
	ctl     *control
	knobs   map[string]int
	stash   map[string]int64 // what Changed has seen of a knob
	watch   [maxParts]atomic.Pointer[func() int64]
	looking sync.Mutex // by the main thread or the observer
	end     atomic.Pointer[func()]
	op      Op
	msgs    uint64
	did     uint64
	updates uint16 // the part whose stores are updates; 0 is none
	items   [maxParts]bool
	due     int64 // when the next operation is due by its own rate
	read    reading
}

func init() {
	// A worker's main goroutine stays on the main thread, so that its tid is its
	// pid and /proc/PID tells of the thread that communicates.
	if IsWorker() {
		runtime.LockOSThread()
	}
}

// IsWorker reports whether this process was started as a worker.
func IsWorker() bool { return len(os.Args) == 2 && os.Args[1] == workerArg }

const workerArg = "worker"

// RunWorker is the whole life of a worker process.
func RunWorker(all []Mechanism) error {
	w, m, err := enlist(all)
	if err != nil {
		return fmt.Errorf("enlist worker: %w", err)
	}
	go w.observe()
	w.io = ownIO()
	w.tid.Store(uint32(unix.Gettid()))
	for w.ctl.ready.Load() == 0 { // until the lab has closed its copies
		futexWait(&w.ctl.ready, 0, 0)
	}
	err = m.Work(w)
	w.look()
	defer w.leave()
	if w.ctl.stop.Load() == 0 {
		return err
	}
	// The run ends. Whoever ended first would look to a peer still in a call like
	// one that went away, and raise EPIPE or SIGPIPE: so all wait for the last.
	w.done.Store(1)
	for w.ctl.quit.Load() == 0 {
		futexWait(&w.ctl.quit, 0, int64(time.Second))
	}
	return nil
}

// enlist reads the order and maps the shared pages.
func enlist(all []Mechanism) (*Worker, Mechanism, error) {
	w := &Worker{knobs: map[string]int{}, stash: map[string]int64{}}
	b, err := io.ReadAll(io.NewSectionReader(os.NewFile(fdOrder, "order"), 0, 1<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("read order: %w", err)
	}
	if err := json.Unmarshal(b, &w.order); err != nil {
		return nil, nil, fmt.Errorf("decode order: %w", err)
	}
	for _, lim := range []struct {
		what int
		max  uint64
	}{{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_NOFILE, 256}, {unix.RLIMIT_FSIZE, 64 << 20}} {
		if err := unix.Setrlimit(lim.what, &unix.Rlimit{Cur: lim.max, Max: lim.max}); err != nil {
			return nil, nil, fmt.Errorf("set limit %d to %d: %w", lim.what, lim.max, err)
		}
	}
	ctl, err := unix.Mmap(fdControl, 0, controlBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map control page: %w", err)
	}
	page, err := unix.Mmap(fdPanel, 0, pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map worker page: %w", err)
	}
	w.ctl, w.ring, w.Proc = (*control)(unsafe.Pointer(&ctl[0])), newRing(page), w.order.Proc
	w.op.w = w
	for _, m := range all {
		if m.Info().ID != w.order.Mechanism {
			continue
		}
		for i, k := range m.Info().Knobs {
			w.knobs[k.Name] = i
		}
		w.Scene = m.Scene(w.order.Settings)
		if w.Proc < 1 || w.Proc > len(w.Scene.Procs) {
			return nil, nil, fmt.Errorf("no process %d among %d", w.Proc, len(w.Scene.Procs))
		}
		w.updates = uint16(1 + slices.IndexFunc(w.Scene.Parts, func(p Part) bool { return p.Holds == Updates }))
		for i := range w.Scene.Parts {
			w.items[i+1] = w.Scene.Parts[i].Holds == Items
		}
		p := w.Scene.Procs[w.Proc-1]
		w.Role, w.Kind = p.Role, p.Kind
		copy(w.fds[:], w.order.FDs)
		w.nfds.Store(uint32(len(w.order.FDs)))
		return w, m, nil
	}
	return nil, nil, fmt.Errorf("no mechanism %q", w.order.Mechanism)
}

// FD gives the descriptor that Stage.Give passed under that name.
func (w *Worker) FD(name string) int {
	if fd, ok := w.order.Files[name]; ok {
		return fd
	}
	return -1
}

// PID gives the process id of another worker; 0 once it is gone, because its number
// may be given to somebody else then.
func (w *Worker) PID(role string) int {
	n := w.Scene.ProcNumber(role)
	if n == 0 {
		return 0
	}
	return int(w.ctl.pids[n-1].Load())
}

// Setting gives a knob's value at the start of the run.
func (w *Worker) Setting(name string) int64 { return w.order.Settings[name] }

// Part gives the number by which events name a part.
func (w *Worker) Part(id string) uint16 { return w.Scene.PartNumber(id) }

// Close gives up a descriptor of this worker, and says so.
func (w *Worker) Close(name string) error {
	fd := w.FD(name)
	for i := range w.nfds.Load() {
		if int(w.fds[i].fd) == fd {
			w.fds[i].how = 0
		}
	}
	return unix.Close(fd)
}

// Map maps a part's memory, whose file was given under that name, and notes where
// it lies, so that the lab can tell on which word a futex call sleeps.
func (w *Worker) Map(part, name string, size int) ([]byte, error) {
	return w.MapAt(part, w.FD(name), size, 0, unix.MAP_SHARED)
}

// MapAt maps as Map does, from a descriptor, with flags of mmap(2), and at an address
// that the kernel takes if nothing is there; 0 leaves the choice to the kernel.
func (w *Worker) MapAt(part string, fd, size int, at uintptr, flags int) ([]byte, error) {
	p, err := unix.MmapPtr(fd, 0, unsafe.Add(nil, at), uintptr(size), unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("map %s of %d bytes: %w", part, size, err)
	}
	return w.Mapped(part, p, size), nil
}

// Mapped notes where a part lies in the memory of this worker.
func (w *Worker) Mapped(part string, p unsafe.Pointer, size int) []byte {
	i := w.nmaps.Load()
	w.maps[i] = heldMap{uint64(w.Part(part)), uint64(uintptr(p)), uint64(size)}
	w.nmaps.Store(i + 1)
	return unsafe.Slice((*byte)(p), size)
}

// Observe registers how the level of a part is asked of the kernel. In Step and
// Slow every call on the part asks, after its clock has been read; at full speed
// one in 64; and an observer thread asks 60 times a second.
func (w *Worker) Observe(part uint16, ask func() int64) { w.watch[part].Store(&ask) }

// AtEnd registers what is to be done before the process ends by itself.
func (w *Worker) AtEnd(f func()) { w.end.Store(&f) }

func (w *Worker) leave() {
	if f := w.end.Swap(nil); f != nil {
		(*f)()
	}
}

// observe is the observer thread: levels, also while the main thread sleeps in a
// call, and the end of the lab.
func (w *Worker) observe() {
	go func() {
		os.NewFile(fdLeash, "leash").Read(make([]byte, 1)) // ends when the lab lets go, or has died
		w.ctl.stop.Store(1)
		if w.done.Load() != 0 {
			time.Sleep(100 * time.Millisecond) // for quit, if the lab lives
		}
		w.look()
		w.leave()
		os.Exit(0) // out of whatever call it is in
	}()
	for range time.Tick(16 * time.Millisecond) {
		w.look()
	}
}

// look asks for all levels and leaves them in the worker's page.
func (w *Worker) look() {
	w.looking.Lock()
	defer w.looking.Unlock()
	for part := range w.watch {
		ask := w.watch[part].Load()
		if ask == nil {
			continue
		}
		at := nanotime() - w.ctl.epoch.Load()
		if v := (*ask)(); v >= 0 {
			l := &w.levels[part]
			l.seq.Add(1)
			l.at, l.value = at, v
			l.seq.Add(1)
		}
	}
}

// wanted tells, before a call, whether its record may be kept: where few are, the
// clock is not read for the others. A reader expects the message after its last.
func (w *Worker) wanted(kind Kind, msg uint64) bool {
	n := w.ctl.sample.Load()
	if n == 0 {
		return true
	}
	k := Number(msg)
	if k == 0 {
		if k = w.did; kind == Recv {
			k = Number(w.read.now) + 1
		}
	}
	return k&n == 0
}

// keeps tells whether a record is kept: all of them while the lab keeps up, else
// those of one message or round in some, the same ones at both ends.
func (w *Worker) keeps(msg uint64, err error) bool {
	n := w.ctl.sample.Load()
	if w.crowded() {
		n |= crowdedSample
	}
	if n == 0 {
		return true
	}
	k := Number(msg)
	switch {
	case err != nil:
		k = w.calls
	case k == 0:
		k = w.did
	}
	return k&n == 0
}

// ring wakes the lab.
func (c *control) ring() {
	if c.asleep.CompareAndSwap(1, 0) {
		c.bell.Add(1)
		futexWake(&c.bell, 1)
	}
}

const (
	futexWaitOp = 0
	futexWakeOp = 1
)

// futexWait sleeps while *word is val; ns > 0 is the longest time. Not PRIVATE:
// the word lies in memory that processes share.
func futexWait(word *atomic.Uint32, val uint32, ns int64) {
	var ts *unix.Timespec
	if ns > 0 {
		t := unix.NsecToTimespec(ns)
		ts = &t
	}
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitOp, uintptr(val), uintptr(unsafe.Pointer(ts)), 0, 0)
}

func futexWake(word *atomic.Uint32, n int) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakeOp, uintptr(n), 0, 0, 0)
}
