package labtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Tracefs is a private instance of the kernel's own trace, which sees every
// system call of the processes started through it and slows them down little. Its
// clock is the one of events.
type Tracefs struct {
	dir     string
	mounted string // where tracefs was mounted for it
}

// OpenTracefs makes an instance that watches the given system calls. It needs root.
func OpenTracefs(calls ...string) (*Tracefs, error) {
	t, root := &Tracefs{}, "/sys/kernel/tracing"
	if _, err := os.Stat(root + "/instances"); err != nil {
		if t.mounted, err = os.MkdirTemp("", "ipclab-tracefs-"); err != nil {
			return nil, fmt.Errorf("make a folder to mount tracefs on: %w", err)
		}
		root = t.mounted
		if err := unix.Mount("nodev", root, "tracefs", 0, ""); err != nil {
			os.Remove(root)
			return nil, fmt.Errorf("mount tracefs, which needs root: %w", err)
		}
	}
	t.dir = fmt.Sprintf("%s/instances/ipclab-%d", root, os.Getpid())
	if err := os.Mkdir(t.dir, 0o700); err != nil {
		t.dir = ""
		return nil, errors.Join(fmt.Errorf("make a tracefs instance: %w", err), t.Close())
	}
	set := [][2]string{{"buffer_size_kb", "98304"}, {"trace_clock", "mono"}, {"options/event-fork", "1"}}
	for _, name := range calls {
		set = append(set, [2]string{"events/syscalls/sys_enter_" + name + "/enable", "1"}, [2]string{"events/syscalls/sys_exit_" + name + "/enable", "1"})
	}
	for _, kv := range set {
		if err := t.write(kv[0], kv[1]); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

func (t *Tracefs) write(file, value string) error {
	if err := os.WriteFile(filepath.Join(t.dir, file), []byte(value), 0); err != nil {
		return fmt.Errorf("write %q to tracefs: %w", value, err)
	}
	return nil
}

// Run runs a command to its end, watched with all that it starts.
func (t *Tracefs) Run(cmd *exec.Cmd) error {
	runtime.LockOSThread() // whose children are watched from their first call on
	defer runtime.UnlockOSThread()
	if err := t.write("set_event_pid", strconv.Itoa(unix.Gettid())); err != nil {
		return err
	}
	err := cmd.Run()
	return errors.Join(err, t.write("tracing_on", "0"))
}

// Calls gives what was seen, and how many records had no room.
func (t *Tracefs) Calls() (calls []Call, lost int, err error) {
	stats, err := filepath.Glob(t.dir + "/per_cpu/cpu*/stats")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, 0, fmt.Errorf("read what tracefs lost: %w", err)
		}
		for line := range strings.Lines(string(b)) {
			name, n, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if v, err := strconv.Atoi(n); err == nil && slices.Contains([]string{"overrun", "commit overrun", "dropped events"}, name) {
				lost += v
			}
		}
	}
	f, err := os.Open(t.dir + "/trace")
	if err != nil {
		return nil, lost, fmt.Errorf("read tracefs: %w", err)
	}
	defer f.Close()
	calls, err = parseTrace(f)
	return calls, lost, err
}

// Close removes the instance.
func (t *Tracefs) Close() error {
	var errs []error
	if t.dir != "" {
		errs = append(errs, os.Remove(t.dir))
	}
	if t.mounted != "" {
		errs = append(errs, unix.Unmount(t.mounted, 0), os.Remove(t.mounted))
	}
	if err := errors.Join(errs...); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove tracefs instance: %w", err)
	}
	return nil
}

// parseTrace reads the text of tracefs: a line where a call is entered and one
// where it returns. Times are in whole microseconds.
func parseTrace(r io.Reader) ([]Call, error) {
	var calls []Call
	begun := map[int]int{} // thread → index of the call that it is in
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		pid, at, what, ok := traceLine(in.Text())
		if !ok {
			continue // a comment
		}
		if _, hex, left := strings.Cut(what, " -> 0x"); left {
			i, there := begun[pid]
			if !there {
				continue
			}
			delete(begun, pid)
			v, err := strconv.ParseUint(hex, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("parse result %q: %w", what, err)
			}
			calls[i].result(int64(v))
			continue
		}
		name, args, _ := strings.Cut(what, "(")
		c := Call{PID: pid, At: at, Name: name, Want: -1, Open: true}
		switch name {
		case "read", "write":
			c.Object, c.Want = fmt.Sprint(traceArg(args, "fd")), traceArg(args, "count")
		case "futex":
			c.Object, c.Want = fmt.Sprintf("%#x", uint64(traceArg(args, "uaddr"))), int64(uint32(traceArg(args, "val")))
			c.Name = "futex " + map[int64]string{0: "WAIT", 1: "WAKE"}[traceArg(args, "op")]
		case "kill", "rt_sigqueueinfo":
			c.Object, c.Want = fmt.Sprint(traceArg(args, "pid")), traceArg(args, "sig")
		case "semop":
			c.Object = fmt.Sprint(traceArg(args, "semid"))
		}
		begun[pid] = len(calls)
		calls = append(calls, c)
	}
	calls = slices.DeleteFunc(calls, func(c Call) bool { return c.Name == "" })
	return calls, in.Err()
}

// traceLine takes a line apart: "COMM-PID [CPU] FLAGS SECONDS.MICROS: sys_CALL", where
// the name of the program may have blanks and hyphens. There are many lines, so it
// needs no regular expression.
func traceLine(line string) (pid int, at int64, what string, ok bool) {
	before, what, ok := strings.Cut(line, ": sys_")
	f := strings.Fields(before)
	if !ok || len(f) < 4 {
		return 0, 0, "", false
	}
	name, clock := f[len(f)-4], f[len(f)-1]
	pid, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	sec, micros, found := strings.Cut(clock, ".")
	s, err2 := strconv.ParseInt(sec, 10, 64)
	us, err3 := strconv.ParseInt(micros, 10, 64)
	return pid, s*1e9 + us*1e3, what, found && errors.Join(err, err2, err3) == nil
}

// traceArg gives an argument of "fd: 3, buf: 7f00, count: 40)"; they are in sixteens.
func traceArg(args, name string) int64 {
	for arg := range strings.SplitSeq(strings.TrimSuffix(args, ")"), ", ") {
		if value, is := strings.CutPrefix(arg, name+": "); is {
			v, _ := strconv.ParseUint(strings.TrimPrefix(value, "0x"), 16, 64)
			return int64(v)
		}
	}
	return 0
}

// result fills in what a call returned; the kernel takes up again those that it
// interrupted with one of its own codes from 512 to 516.
func (c *Call) result(v int64) {
	c.Open, c.Ret = false, v
	switch {
	case v <= -512 && v >= -516:
		c.Name = ""
	case v < 0 && v > -4096:
		c.Ret, c.Errno = -1, unix.ErrnoName(unix.Errno(-v))
	}
}
