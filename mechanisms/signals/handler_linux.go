package signals

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// handling is a receiver whose signals are taken by a handler, wherever its main
// program is then.
type handling struct {
	*lab.Worker
	signals, part uint16
	flag          *atomic.Uint64 // which the handler raises; nil if nothing waits for it
	blocked       bool           // whether the main thread blocks the signals
	children      *children      // nil: it has none
}

// handle installs the handler, and then does what a program may do meanwhile.
func handle(w *lab.Worker) error {
	h := &handling{Worker: w, signals: w.Part("signals"), blocked: true}
	round, err := h.prepare()
	if err != nil {
		return err
	}
	if err := h.install(); err != nil {
		return err
	}
	if err := h.bear(); err != nil {
		return err
	}
	w.Meet()
	hold, suspend := w.Knob("blocked"), w.Setting("sleep") == inSuspend
	for {
		if err := h.block(suspend || hold.Get() != 0); err != nil {
			return err
		}
		w.Wait(func() bool { return hold.Get() == 0 })
		if err := h.block(suspend); err != nil {
			return err
		}
		if !w.Next(h.pace()) {
			return nil
		}
		if err := round(); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// install asks for a handler for all signals that may be blocked, and for the one
// that is sent: the kernel refuses it for KILL and STOP.
func (h *handling) install() error {
	restart, sent := h.Setting("sa_restart") == 1, unix.Signal(h.Setting("signal"))
	for _, s := range blockable() {
		if err := h.Handle(s, restart, h.part, h.flag); err != nil {
			return fmt.Errorf("handle signal %d: %w", s, err)
		}
	}
	if sent != unix.SIGKILL && sent != unix.SIGSTOP {
		return nil
	}
	c := h.Begin(lab.Store, lab.CallRtSigaction, h.signals, int(sent), 0)
	err := h.Handle(sent, restart, h.part, h.flag)
	c.End(0, 0, err)
	return nil
}

// block blocks the signals in the main thread, or lets them come. All other threads
// have them blocked, so the handler interrupts this one.
func (h *handling) block(on bool) error {
	if h.blocked == on {
		return nil
	}
	how := unix.SIG_UNBLOCK
	if on {
		how = unix.SIG_BLOCK
	}
	h.blocked = on
	set := unix.Sigset_t{Val: [len(unix.Sigset_t{}.Val)]uint64{taken(handles)}}
	return unix.PthreadSigmask(how, &set, nil)
}

// prepare opens what the main program waits for, and gives one round of what it does.
func (h *handling) prepare() (round func() error, err error) {
	switch h.Setting("sleep") {
	case inRead, inPoll:
		pipe, fd := h.Part("pipe"), h.FD("read end")
		h.Observe(pipe, func() int64 { return unread(fd) })
		if h.Setting("sleep") == inRead {
			return func() error { return h.read(pipe, fd) }, nil
		}
		return func() error { return h.poll(pipe, fd) }, nil
	case inLock:
		return h.prepareLock()
	}
	mem, err := h.Map("flag", "flag", flagSize)
	if err != nil {
		return nil, err
	}
	h.part, h.flag = h.Part("flag"), word(mem)
	if part := h.Part("children"); part != 0 {
		h.children = &children{part: part, pids: pids(mem)}
	}
	if h.Setting("sleep") == inPause {
		return func() error {
			return h.unlessSet("pause", lab.CallPause, unix.Pause)
		}, nil
	}
	return func() error {
		return h.unlessSet("sigsuspend", lab.CallRtSigsuspend, suspend)
	}, nil
}

// read waits for a byte that nobody writes.
func (h *handling) read(pipe uint16, fd int) error {
	var b [1]byte
	c := h.Begin(lab.Recv, lab.CallRead, pipe, len(b), 0)
	n, err := unix.Read(fd, b[:])
	c.End(n, 0, err)
	return err
}

// poll waits until there is something to read.
func (h *handling) poll(pipe uint16, fd int) error {
	c := h.Begin(lab.Recv, lab.CallPpoll, pipe, 0, 0)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
	c.End(n, 0, err)
	return err
}

// unlessSet tests the flag, and sleeps unless it is set:
//
//	if (flag) flag = 0; else pause();
func (h *handling) unlessSet(gate string, call lab.Call, sleep func() error) error {
	c := h.Begin(lab.Load, lab.CallNone, h.part, 0, 0)
	set := h.flag.Load()
	c.Data(set).End(8, 0, nil)
	if set != 0 {
		c = h.Begin(lab.Store, lab.CallNone, h.part, 0, 0).Data(0)
		h.flag.Store(0)
		c.End(8, 0, nil)
		return h.reap()
	}
	if !h.Gate(gate) {
		return nil
	}
	c = h.Begin(lab.Deliver, call, h.signals, 0, 0)
	err := sleep() // it has no other result than EINTR
	c.End(0, 0, err)
	return err
}

// suspend opens the mask and sleeps, in one call that nothing can come between.
func suspend() error {
	var open uint64
	_, _, no := unix.Syscall(unix.SYS_RT_SIGSUSPEND, uintptr(unsafe.Pointer(&open)), 8, 0)
	return lab.Errno(no)
}

func word(mem []byte) *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&mem[0])) }

func unread(fd int) int64 {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return -1
	}
	return int64(n)
}

// openHandler makes what a receiver with a handler waits for.
func openHandler(st *lab.Stage) error {
	if !lab.CanHandle {
		return fmt.Errorf("install a signal handler: %w on this kind of processor", lab.ErrUnavailable)
	}
	if part := st.Scene.PartNumber("pipe"); part != 0 {
		return openPipe(st, part)
	}
	if part := st.Scene.PartNumber("lock"); part != 0 {
		return openLock(st, part)
	}
	part := st.Scene.PartNumber("flag")
	f, mem, err := st.Shared("ipclab-flag", flagSize)
	if err != nil {
		return err
	}
	st.Give("flag", f, 0, lab.Reads|lab.Writes, "receiver")
	st.Ask(part, func() int64 { return int64(word(mem).Load()) })
	if part := st.Scene.PartNumber("children"); part != 0 {
		return openChildren(st, part, pids(mem))
	}
	return nil
}

// openPipe gives the receiver both ends, so that it is never at the end of the file.
func openPipe(st *lab.Stage, part uint16) error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	r, w := os.NewFile(uintptr(fds[0]), "read end"), os.NewFile(uintptr(fds[1]), "write end")
	st.Give("read end", r, part, lab.Reads, "receiver")
	st.Give("write end", w, part, lab.Writes, "receiver")
	st.Scene.Parts[part-1].Object = lab.Object(r)
	return nil
}
