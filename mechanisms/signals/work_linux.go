package signals

import (
	"encoding/binary"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

func (mechanism) Work(w *lab.Worker) error {
	if w.Kind == "sender" {
		return send(w)
	}
	return receive(w)
}

// send sends signals to the receiver: standard ones by kill, those that are queued
// with a value.
func send(w *lab.Worker) error {
	signals, signal := w.Part("signals"), w.Knob("signal")
	base := uint64(w.Setting("value"))
	w.Meet()
	to := w.PID("receiver")
	full := false
	for sent := uint64(0); ; sent++ {
		n, rate := w.Times("count"), w.Knob("rate").Get()
		switch {
		case full:
			rate = 1000 // the queue is full: try again a little later
		case n == 0 && rate == 0:
			rate = 20
		}
		if n > 0 && sent >= n || !w.Next(rate) {
			return nil
		}
		signo := int(signal.Get())
		switch {
		case signo == mix:
			signo = plan[sent%uint64(len(plan))]
		case signo == probe:
			signo = 0
		}
		if signo != 0 && w.PID("receiver") <= 1 {
			return nil // it is gone: its number may be another's
		}
		var err error
		if signo < realTime {
			c := w.Begin(lab.Signal, lab.CallKill, signals, signo, 0)
			err = unix.Kill(to, unix.Signal(signo))
			c.End(0, 0, err)
		} else {
			msg := w.Message()
			value := base + lab.Number(msg)
			info := queued(signo, value)
			c := w.Begin(lab.Signal, lab.CallRtSigqueueinfo, signals, signo, msg).Data(value)
			err = sigqueue(to, signo, &info)
			c.End(0, msg, err)
		}
		full = errors.Is(err, unix.EAGAIN)
	}
}

// receive takes what is pending, the lowest number first: so the kernel chooses.
func receive(w *lab.Worker) error {
	signals, blocked := w.Part("signals"), w.Knob("blocked")
	if err := prepare(w); err != nil {
		return err
	}
	if w.Setting("receiver") == handles {
		return handle(w)
	}
	set, fd := taken(w.Setting("receiver")), w.FD("signalfd")
	w.Meet()
	sender, base := w.PID("sender"), uint64(w.Setting("value"))
	for {
		w.Wait(func() bool { return blocked.Get() == 0 })
		if w.Changed("limit") {
			if err := limit(w); err != nil {
				return err
			}
		}
		if !w.Next(0) {
			return nil
		}
		var t info
		var err error
		if fd >= 0 {
			c := w.Begin(lab.Deliver, lab.CallRead, signals, 0, 0)
			_, err = unix.Read(fd, t[:])
			s := t.fromFile()
			c.About(s.signo).Data(s.value).End(s.signo, s.message(w, sender, base), err)
		} else {
			c := w.Begin(lab.Deliver, lab.CallRtSigtimedwait, signals, 0, 0)
			_, err = sigwait(set, &t)
			s := t.fromWait()
			c.About(s.signo).Data(s.value).End(s.signo, s.message(w, sender, base), err)
		}
		if err != nil && !errors.Is(err, unix.EINTR) { // a stop and continue interrupts it
			return err
		}
	}
}

// info is a siginfo_t, or what a signalfd gives.
type info [128]byte

// taking is what is of interest in it.
type taking struct {
	signo, code, pid int
	value            uint64
}

func (t *info) fromWait() taking { return t.fields(16, 24) }
func (t *info) fromFile() taking { return t.fields(12, 48) }

func (t *info) fields(pid, value int) taking {
	word := binary.LittleEndian.Uint32
	s := taking{signo: int(word(t[0:])), code: int(int32(word(t[8:]))), pid: int(word(t[pid:]))}
	if s.code == siQueue {
		s.value = binary.LittleEndian.Uint64(t[value:])
	}
	return s
}

// message tells which of the sender's this is, by its value.
func (s *taking) message(w *lab.Worker, sender int, base uint64) uint64 {
	if s.code != siQueue || s.pid != sender || s.value < base {
		return 0
	}
	return lab.Message(int(w.Scene.ProcNumber("sender")), s.value-base)
}

// siQueue is SI_QUEUE: sent with a value.
const siQueue = -1

func queued(signo int, value uint64) (t info) {
	code := int32(siQueue)
	binary.LittleEndian.PutUint32(t[0:], uint32(signo))
	binary.LittleEndian.PutUint32(t[8:], uint32(code))
	binary.LittleEndian.PutUint32(t[16:], uint32(os.Getpid()))
	binary.LittleEndian.PutUint32(t[20:], uint32(os.Getuid()))
	binary.LittleEndian.PutUint64(t[24:], value)
	return t
}

func sigqueue(pid, signo int, t *info) error {
	_, _, no := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(signo), uintptr(unsafe.Pointer(t)))
	return lab.Errno(no)
}

func sigwait(set uint64, t *info) (signo int, err error) {
	r, _, no := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(t)), 0, 8, 0, 0)
	return int(r), lab.Errno(no)
}

// taken are the signals that the receiver takes, as a mask; it starts with them
// blocked.
func taken(receiver int64) (mask uint64) {
	if receiver == byFault || receiver == ignores {
		return 0
	}
	for _, s := range blockable() {
		mask |= 1 << (s - 1)
	}
	return mask
}

// blockable are those that Go leaves blocked.
func blockable() []unix.Signal {
	all := []unix.Signal{unix.SIGUSR1, unix.SIGUSR2}
	for s := unix.Signal(realTime); s <= 64; s++ {
		all = append(all, s)
	}
	return all
}

// prepare gives every signal its default action, which Go's runtime has changed, or
// ignores it, and sets the limit.
func prepare(w *lab.Worker) error {
	action := uintptr(lab.Default)
	if w.Setting("receiver") == ignores {
		action = lab.Ignore
	}
	for s := unix.Signal(1); s <= 64; s++ {
		if s == unix.SIGKILL || s == unix.SIGSTOP || s == unix.SIGURG { // nobody can; and Go's own
			continue
		}
		if err := lab.SetAction(s, action); err != nil {
			return err
		}
	}
	return limit(w)
}

// limit says how many signals may be queued, and tells what the kernel made of it.
func limit(w *lab.Worker) error {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &lim); err != nil {
		return err
	}
	lim.Cur = min(uint64(w.Knob("limit").Get()), lim.Max)
	if err := unix.Setrlimit(unix.RLIMIT_SIGPENDING, &lim); err != nil {
		return err
	}
	w.Tell(lab.FactCapacity, w.Part("signals"), int64(lim.Cur))
	return nil
}

// Open lets the receiver start with its signals blocked, and gives it what it waits
// for: a signalfd, which gives those who read it their own signals, a pipe, or memory.
func (mechanism) Open(st *lab.Stage) error {
	receiver := st.Settings["receiver"]
	if taken(receiver) != 0 {
		st.Mask("receiver", blockable()...)
	}
	switch receiver {
	case reads:
		return openFile(st)
	case handles:
		return openHandler(st)
	}
	return nil
}

func openFile(st *lab.Stage) error {
	set := unix.Sigset_t{Val: [len(unix.Sigset_t{}.Val)]uint64{taken(reads)}}
	fd, err := unix.Signalfd(-1, &set, unix.SFD_CLOEXEC)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "signalfd")
	part := st.Scene.PartNumber("signals")
	st.Give("signalfd", f, part, lab.Reads, "receiver")
	st.Scene.Parts[part-1].Object = lab.Object(f)
	return nil
}
