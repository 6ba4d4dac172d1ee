package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A limit is a number of the kernel's or of this process's, with what it decides.
// Below low it gets in the way; 0 is no such bound.
type limit struct {
	id, title, from, unit string
	low                   int64
	says, short           string // what it decides; what is missing below low
	mend                  string
	read                  func() (string, error)
}

func limits() []limit {
	return []limit{
		{"pipe-max-size", "pipe-max-size", "/proc/sys/fs/pipe-max-size", "B", 1 << 20, "The largest pipe that a user may ask for", "large pipes are refused", "as root: sysctl fs.pipe-max-size=1048576", nil},
		{"pipe-user-pages-soft", "pipe-user-pages-soft", "/proc/sys/fs/pipe-user-pages-soft", "pages", 0, "All pipes of one user together; above it new pipes hold 2 pages instead of 16", "", "", nil},
		{"pipe-capacity", "pipe capacity, as made", "pipe2 and fcntl(F_GETPIPE_SZ)", "B", 65536, "What a new pipe holds on this machine now", "this user has so many pipes that new ones are small", "close other programs, or as root: sysctl fs.pipe-user-pages-soft=0", pipeCapacity},
		{"page", "page size", "getpagesize", "B", 0, "A pipe keeps its bytes in pages, and memory is shared in pages", "", "", func() (string, error) { return strconv.Itoa(os.Getpagesize()), nil }},
		{"mq-msg", "mqueue/msg_max", "/proc/sys/fs/mqueue/msg_max", "messages", 10, "The most messages that one POSIX queue holds", "queues hold few messages", "as root: sysctl fs.mqueue.msg_max=10", nil},
		{"mq-size", "mqueue/msgsize_max", "/proc/sys/fs/mqueue/msgsize_max", "B", 8192, "The longest message of a POSIX queue", "queues take short messages only", "as root: sysctl fs.mqueue.msgsize_max=8192", nil},
		{"mq-queues", "mqueue/queues_max", "/proc/sys/fs/mqueue/queues_max", "queues", 8, "How many POSIX queues there may be", "few queues can be made", "as root: sysctl fs.mqueue.queues_max=256", nil},
		{"msgmax", "kernel/msgmax", "/proc/sys/kernel/msgmax", "B", 0, "The longest message of a System V queue", "", "", nil},
		{"msgmnb", "kernel/msgmnb", "/proc/sys/kernel/msgmnb", "B", 0, "How many bytes a System V queue holds", "", "", nil},
		{"msgmni", "kernel/msgmni", "/proc/sys/kernel/msgmni", "queues", 1, "How many System V queues there may be", "no System V queue can be made", "as root: sysctl kernel.msgmni=32000", nil},
		rlimit("nofile", "NOFILE", unix.RLIMIT_NOFILE, "descriptors", 512, "How many descriptors the lab may hold: some ten for each worker"),
		rlimit("nproc", "NPROC", unix.RLIMIT_NPROC, "threads", 256, "How many threads this user may have: some five for each worker"),
		rlimit("sigpending", "SIGPENDING", unix.RLIMIT_SIGPENDING, "signals", 256, "How many signals may wait in queues for all processes of this user"),
		rlimit("msgqueue", "MSGQUEUE", unix.RLIMIT_MSGQUEUE, "B", 100_000, "Room for all POSIX queues of this user"),
		rlimit("memlock", "MEMLOCK", unix.RLIMIT_MEMLOCK, "B", 0, "How much memory may be kept from being swapped out"),
		{"shm", "/dev/shm, free", "statfs of /dev/shm", "B", 16 << 20, "Room for shared memory that has a name", "little memory can be shared by name", "as root: mount -o remount,size=64m /dev/shm", shmFree},
		{"memory", "cgroup memory.max", "/sys/fs/cgroup/memory.max", "B", 256 << 20, "The most memory that this container may use", "many workers at once may not fit", "give the container more memory", nil},
		{"pids", "cgroup pids.max", "/sys/fs/cgroup/pids.max", "threads", 128, "How many threads this container may have", "many workers at once may not fit", "give the container more processes", nil},
		{"ptrace", "ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope", "", 0, "0 and 1 let the lab look into its own workers; 2 and 3 do not", "", "", nil},
	}
}

func limitProbes() []probe {
	var ps []probe
	for _, l := range limits() {
		ps = append(ps, probe{
			Check{ID: l.id, Group: GroupLimits, Title: l.title, From: l.from, Says: l.says},
			func(_ context.Context, c *Check) error { return l.ask(c) },
		})
	}
	return ps
}

func (l limit) ask(c *Check) error {
	if l.read == nil {
		l.read = func() (string, error) { return readLine(l.from) }
	}
	s, err := l.read()
	if errors.Is(err, fs.ErrNotExist) {
		c.Value = "not there" // this kernel sets no such limit
		return nil
	}
	if err != nil {
		return err
	}
	c.Value = s
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil // "max", "unlimited"
	}
	c.Value = strings.TrimSpace(Digits(n) + "\u00a0" + l.unit)
	if n < l.low {
		c.Status, c.Mend = CheckPart, l.mend
		c.Says = fmt.Sprintf("%s: %s", l.says, l.short)
	}
	return nil
}

func rlimit(id, name string, which int, unit string, low int64, says string) limit {
	name = "RLIMIT_" + name
	return limit{id, name + ", soft", "getrlimit(" + name + ")", unit, low, says, "this is little", "ulimit in the shell that starts the lab, or ask root",
		func() (string, error) {
			var r unix.Rlimit
			if err := unix.Getrlimit(which, &r); err != nil {
				return "", fmt.Errorf("read %s: %w", name, err)
			}
			if r.Cur > 1<<62 {
				return "unlimited", nil
			}
			return strconv.FormatUint(r.Cur, 10), nil
		}}
}

func pipeCapacity() (string, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return "", fmt.Errorf("make a pipe: %w", err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	n, err := unix.FcntlInt(uintptr(p[0]), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return "", fmt.Errorf("ask a pipe for its capacity: %w", err)
	}
	return strconv.Itoa(n), nil
}

func shmFree() (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &s); err != nil {
		return "", fmt.Errorf("ask for the room in /dev/shm: %w", err)
	}
	return strconv.FormatInt(int64(s.Bavail)*int64(s.Bsize), 10), nil
}

func readLine(path string) (string, error) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// kernelName is what uname -srm prints.
func kernelName() string {
	var u unix.Utsname
	_ = unix.Uname(&u) // cannot fail with a valid address
	str := unix.ByteSliceToString
	return str(u.Sysname[:]) + " " + str(u.Release[:]) + " " + str(u.Machine[:])
}
