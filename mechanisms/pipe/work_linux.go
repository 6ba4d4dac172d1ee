package pipe

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

func (mechanism) Work(w *lab.Worker) error {
	if w.Kind == "writer" {
		return write(w)
	}
	return read(w)
}

// write fills the pipe, one message a write, until it has sent as many as it should.
func write(w *lab.Worker) error {
	fd, pipe := w.FD("write end"), w.Part("pipe")
	size, rate, count := w.Knob("size"), w.Knob("rate"), w.Knob("count")
	buf := make([]byte, 1<<20)
	w.Observe(pipe, func() int64 { return level(fd) })
	if err := sigpipe(w.Setting("sigpipe") == sigpipeIgnored); err != nil {
		return err
	}
	for sent := int64(0); (count.Get() == 0 || sent < count.Get()) && w.Next(rate.Get()); {
		if w.Changed("capacity") {
			resize(w, fd, pipe)
		}
		buf := buf[:size.Get()]
		msg := w.Fill(buf)

		c := w.Begin(lab.Send, lab.CallWrite, pipe, len(buf), msg)
		n, err := unix.Write(fd, buf)
		c.End(n, msg, err)

		if errors.Is(err, unix.EPIPE) {
			return nil // no reader is left, and SIGPIPE is ignored
		}
		if err == nil {
			sent++
		} else if !passing(err) {
			return err
		}
	}
	return nil
}

// read takes what is there, at most read_size bytes, until no writer is left.
func read(w *lab.Worker) error {
	fd, pipe := w.FD("read end"), w.Part("pipe")
	size, drain := w.Knob("read_size"), w.Knob("drain")
	buf := make([]byte, 1<<20)
	w.Observe(pipe, func() int64 { return level(fd) })
	for w.Next(drain.Get()) {
		want := int(size.Get())

		c := w.Begin(lab.Recv, lab.CallRead, pipe, want, 0)
		n, err := unix.Read(fd, buf[:want])
		c.Back()
		got := buf[:max(n, 0)]
		msg, flags := w.Check(got)
		if n == 0 && err == nil {
			flags |= lab.EOF
		}
		c.Flag(flags).End(n, msg, err)

		if flags&lab.EOF != 0 {
			return nil
		}
		if err != nil && !passing(err) {
			return err
		}
		if w.Setting("answer") == 1 && len(got) > 0 && w.Gate("write") {
			answer(w, fd, pipe, got)
		}
	}
	return nil
}

// answer tries to send back what was read, into the end that it came from. It goes
// on whatever comes of it: a pipe has one direction.
func answer(w *lab.Worker, fd int, pipe uint16, got []byte) {
	msg := w.Message()
	c := w.Begin(lab.Send, lab.CallWrite, pipe, len(got), msg)
	n, err := unix.Write(fd, got)
	c.End(n, msg, err)
}

// passing tells errors after which one goes on: nothing to do just now, or a
// signal came.
func passing(err error) bool { return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) }

// level asks the kernel how many bytes wait (FIONREAD, by either end).
func level(fd int) int64 {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return -1
	}
	return int64(n)
}

// resize asks for another capacity and tells what the kernel made of it.
func resize(w *lab.Worker, fd int, pipe uint16) {
	// EBUSY: more lies in it than would fit; EPERM: over pipe-max-size. It stays as it was.
	_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, int(w.Knob("capacity").Get()))
	if n, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0); err == nil {
		w.Tell(lab.FactCapacity, pipe, int64(n))
	}
}

// Open makes the pipe and hands its ends to the workers.
func (mechanism) Open(st *lab.Stage) error {
	var fds [2]int
	flags := unix.O_CLOEXEC
	if st.Settings["packets"] == 1 {
		flags |= unix.O_DIRECT
	}
	if err := unix.Pipe2(fds[:], flags); err != nil {
		return err
	}
	r, w := os.NewFile(uintptr(fds[0]), "read end"), os.NewFile(uintptr(fds[1]), "write end")
	pipe := st.Scene.PartNumber("pipe")
	st.Give("write end", w, pipe, lab.Writes, "writer")
	st.Give("read end", r, pipe, lab.Reads, "reader")
	if st.Settings["keep_write_end"] == 1 {
		st.Give("write end", w, pipe, lab.Writes, "reader") // which never closes it
	}
	// EPERM: over pipe-max-size, or this user has used up pipe-user-pages-soft. The
	// picture shows what the kernel gave.
	_, _ = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, int(st.Settings["capacity"]))
	n, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return err
	}
	if st.Settings["nonblock"] == 1 {
		for _, fd := range fds {
			if err := unix.SetNonblock(fd, true); err != nil {
				return err
			}
		}
	}
	st.Scene.Parts[pipe-1].Cap, st.Scene.Parts[pipe-1].Object = int64(n), lab.Object(w)
	return nil
}

// sigpipe restores the default action, which is to kill, or ignores the signal. Go
// itself would turn it into EPIPE on every descriptor but 1 and 2.
func sigpipe(ignore bool) error {
	if ignore {
		return lab.SetAction(unix.SIGPIPE, lab.Ignore)
	}
	return lab.SetAction(unix.SIGPIPE, lab.Default)
}
