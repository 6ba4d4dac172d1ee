package lab

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// view is what the kernel says of one process. The files of /proc stay open: a
// pread costs a third of an open, read and close, and 16 processes at 60 Hz then
// cost 0.3 % of a core.
type view struct {
	stat, syscall, wchan, status, io int
	buf                              [4096]byte

	now, told seen   // told is what has been emitted
	same      int    // samples in a row that said the same
	blocked   uint64 // the mark of the intent for which a Block was emitted
	stuck     bool   // a Block was emitted for its handler, which sleeps
	gate      int32
	nfds      uint32
	nmaps     uint32
	hows      [maxFDs]uint32
	facts     map[Fact]Event
	asleep    [waitEnd]uint32 // samples since the last aggregate, by place
	samples   uint32
}

// seen is one look at a process.
type seen struct {
	state byte
	wait  Wait
	part  uint16
	nr    int64 // system call it is in; -1 none
	arg   uint64
	wchan string
}

func (v *view) open(pid int) error {
	v.facts = map[Fact]Event{}
	for f, name := range map[*int]string{&v.stat: "stat", &v.syscall: "syscall", &v.wchan: "wchan", &v.status: "status", &v.io: "io"} {
		fd, err := unix.Open(fmt.Sprintf("/proc/%d/task/%d/%s", pid, pid, name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil && name != "syscall" && name != "io" {
			return fmt.Errorf("open /proc/%d/%s: %w", pid, name, err)
		}
		*f = fd
	}
	return nil
}

func (v *view) close() {
	for _, fd := range []int{v.stat, v.syscall, v.wchan, v.status, v.io} {
		if fd > 0 {
			_ = unix.Close(fd)
		}
	}
}

func (v *view) read(fd int) []byte {
	if fd < 0 {
		return nil
	}
	n, err := unix.Pread(fd, v.buf[:], 0)
	if err != nil || n <= 0 {
		return nil
	}
	return v.buf[:n]
}

// look reads the run state and the place where the process sleeps. The system call
// number and its descriptor or address say it, not wchan, whose names change from
// kernel to kernel.
func (v *view) look(p *process, parts []Part) seen {
	s := seen{state: 'X', nr: -1}
	if b := v.read(v.stat); b != nil {
		if i := bytes.LastIndexByte(b, ')'); i >= 0 && i+2 < len(b) {
			s.state = b[i+2]
		}
	}
	if b := v.read(v.wchan); b != nil && s.state != 'R' {
		s.wchan = strings.TrimSpace(string(b))
	}
	if f := strings.Fields(string(v.read(v.syscall))); len(f) > 1 && s.state != 'R' {
		s.nr, _ = strconv.ParseInt(f[0], 10, 64)
		s.arg, _ = strconv.ParseUint(strings.TrimPrefix(f[1], "0x"), 16, 64)
		s.wait, s.part = p.place(s.nr, s.arg, parts)
	}
	return s
}

// place turns a system call and its first argument into an abstract word and the
// part that it is about.
func (p *process) place(nr int64, arg uint64, parts []Part) (Wait, uint16) {
	switch nr {
	case unix.SYS_READ, unix.SYS_WRITE:
		for i := range p.nfds.Load() {
			h := p.fds[i]
			if uint64(h.fd) != arg || h.part == 0 || int(h.part) > len(parts) {
				continue
			}
			switch {
			case parts[h.part-1].Type == Pipe && nr == unix.SYS_READ:
				return WaitPipeRead, uint16(h.part)
			case parts[h.part-1].Type == Pipe:
				return WaitPipeWrite, uint16(h.part)
			case parts[h.part-1].Type == Signals:
				return WaitSignal, uint16(h.part)
			}
		}
	case unix.SYS_FUTEX:
		for i := range p.nmaps.Load() {
			m := p.maps[i]
			if arg < m.addr || arg >= m.addr+m.size || m.part == 0 || int(m.part) > len(parts) {
				continue
			}
			page := parts[m.part-1].ID
			for j, q := range parts {
				if off := int64(arg - m.addr); q.In == page && q.Type == Futex && off >= q.Offset && off < q.Offset+max(q.Size, 8) {
					return WaitFutex, uint16(j + 1)
				}
			}
			return WaitFutex, uint16(m.part)
		}
		if g := p.held.Load(); g > 0 {
			return WaitGate, 0
		} else if g < 0 {
			return WaitSleep, 0
		}
	case unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP:
		for j, q := range parts {
			if q.Type == Sem && q.Object == SemObject(int(arg)) {
				return WaitSem, uint16(j + 1)
			}
		}
		return WaitSem, 0
	case unix.SYS_FCNTL: // of all that it can do, only to wait for a lock sleeps
		return WaitFileLock, uint16(1 + slices.IndexFunc(parts, func(q Part) bool { return q.Type == FileLock }))
	case unix.SYS_RT_SIGTIMEDWAIT:
		return WaitSignal, p.signals(parts)
	case unix.SYS_RT_SIGSUSPEND:
		return WaitSuspend, p.signals(parts)
	case unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP:
		return WaitSleep, 0
	}
	switch {
	case nr == sysPause && (sysPause != unix.SYS_PPOLL || arg == 0):
		return WaitPause, p.signals(parts)
	case nr == unix.SYS_PPOLL:
		for i := range p.nfds.Load() { // the first of those that it may have asked for
			if h := p.fds[i]; h.part != 0 && h.how&Reads != 0 && int(h.part) <= len(parts) {
				return WaitPoll, uint16(h.part)
			}
		}
		return WaitPoll, 0
	}
	return WaitOther, 0
}

// signals gives the part that holds the signals of this process; 0 if there is none.
func (p *process) signals(parts []Part) uint16 {
	return uint16(1 + slices.IndexFunc(parts, func(q Part) bool { return q.Type == Signals && q.In == p.role }))
}

// statusFacts reads signals and switches.
func (v *view) statusFacts(yield func(Fact, Event)) {
	masks := map[string]Fact{"SigPnd": FactSigPnd, "ShdPnd": FactShdPnd, "SigBlk": FactSigBlk, "SigIgn": FactSigIgn, "SigCgt": FactSigCgt}
	var sw Event
	for line := range strings.Lines(string(v.read(v.status))) {
		key, val, _ := strings.Cut(strings.TrimSpace(line), ":")
		val = strings.TrimSpace(val)
		switch key {
		case "SigQ":
			n, limit, _ := strings.Cut(val, "/")
			q, _ := strconv.ParseInt(n, 10, 32)
			l, _ := strconv.ParseInt(limit, 10, 64)
			yield(FactSigQ, Event{Ret: int32(q), Level: l})
		case "voluntary_ctxt_switches":
			n, _ := strconv.ParseInt(val, 10, 64)
			sw.Ret = int32(n)
		case "nonvoluntary_ctxt_switches":
			sw.Level, _ = strconv.ParseInt(val, 10, 64)
			yield(FactSwitches, sw)
		default:
			if f, ok := masks[key]; ok {
				m, _ := strconv.ParseUint(val, 16, 64)
				e := Event{Level: -1}
				binary.LittleEndian.PutUint64(e.Data[:], m)
				yield(f, e)
			}
		}
	}
}

// cpuTime gives the ns that a process has been on a processor. Its clock is read, not
// /proc/PID/schedstat, which not every kernel has.
func cpuTime(pid int) int64 {
	const ofProcess = 2 // CPUCLOCK_SCHED, as in clock_getcpuclockid(3)
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|ofProcess), &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// ioFact reads how often the main thread has read and written since its work began.
func (v *view) ioFact(p *process) (e Event, ok bool) {
	n, ok := parseIO(v.read(v.io))
	return Event{Ret: int32(n[0] - p.io[0]), Level: int64(n[1] - p.io[1])}, ok && p.tid.Load() != 0
}

// ownIO reads the same of the thread that asks.
func ownIO() (n [2]uint64) {
	fd, err := unix.Open("/proc/thread-self/io", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return n // then the lab cannot read it either
	}
	defer unix.Close(fd)
	var b [512]byte
	k, _ := unix.Read(fd, b[:])
	n, _ = parseIO(b[:max(k, 0)])
	n[0]++ // this read
	return n
}

func parseIO(b []byte) (n [2]uint64, ok bool) {
	for line := range strings.Lines(string(b)) {
		switch key, val, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
		case "syscr":
			n[0], _ = strconv.ParseUint(val, 10, 64)
			ok = true
		case "syscw":
			n[1], _ = strconv.ParseUint(val, 10, 64)
		}
	}
	return n, ok
}
