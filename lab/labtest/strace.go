package labtest

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// A Call is one system call as a witness outside the lab saw it.
type Call struct {
	PID    int    // the thread that made it, which in a worker is its process
	At     int64  // when it was entered, in ns of the witness's clock
	Name   string // "read"
	Object string // "pipe:[58231]", an address, a process
	Want   int64  // bytes, a value, a signal; -1 is not known
	Ret    int64
	Errno  string // "EAGAIN"
	Open   bool   // its process ended within it: no outcome
}

func (c Call) String() string {
	s := fmt.Sprintf("%d %s(%s, %d) = ", c.PID, c.Name, c.Object, c.Want)
	if c.Open {
		return s + "?"
	}
	return s + strconv.FormatInt(c.Ret, 10) + " " + c.Errno
}

var (
	straceLine    = regexp.MustCompile(`^(\d+) +(\d+)\.(\d{9}) (.*)$`)
	straceResumed = regexp.MustCompile(`^<\.\.\. \S+ resumed>(.*)$`)
	straceCall    = regexp.MustCompile(`^(\w+)\((.*)\) += (\?|0x[0-9a-f]+|-?\d+)(?: (\w+))?`)
)

// ParseStrace reads what strace -f --absolute-timestamps=unix,ns -yy -s 0 wrote, joining the
// halves of calls that others interrupted. Calls come in the order in which they
// were entered. One that the kernel takes up again, after a stop for example, is
// left out in favour of its last attempt; whether it does so after a signal handler
// is told by rt_sigreturn, which comes back with what the call then returns.
func ParseStrace(r io.Reader) ([]Call, error) {
	var calls []Call
	begun := map[int]int{}   // thread → index of its unfinished call
	text := map[int]string{} // thread → what is known of that call
	broken := map[int]bool{} // calls that the kernel may take up again, by their index
	keep := func(i int, pid int, line string) error {
		c, again, err := parseCall(line)
		if err != nil {
			return err
		}
		c.PID, c.At = pid, calls[i].At
		broken[i] = again
		calls[i] = c
		return nil
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		m := straceLine.FindStringSubmatch(in.Text())
		if m == nil {
			return nil, fmt.Errorf("read strace line %d: %q has no pid and time", n, in.Text())
		}
		pid, _ := strconv.Atoi(m[1])
		sec, _ := strconv.ParseInt(m[2], 10, 64)
		ns, _ := strconv.ParseInt(m[3], 10, 64)
		at, line := sec*1e9+ns, strings.ReplaceAll(m[4], " <detached ...>", " <unfinished ...>")
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "???") {
			continue // a signal, an end, a thread that ended before strace looked at it
		}
		if half := straceResumed.FindStringSubmatch(line); half != nil {
			i, there := begun[pid]
			if !there {
				continue // entered before strace came
			}
			delete(begun, pid)
			if err := keep(i, pid, text[pid]+strings.Replace(half[1], " <unfinished ...>", "", 1)); err != nil {
				return nil, fmt.Errorf("read strace line %d: %w", n, err)
			}
			continue
		}
		calls = append(calls, Call{PID: pid, At: at})
		if first, cut := strings.CutSuffix(line, " <unfinished ...>"); cut {
			begun[pid], text[pid] = len(calls)-1, first
			continue
		}
		if err := keep(len(calls)-1, pid, line); err != nil {
			return nil, fmt.Errorf("read strace line %d: %w", n, err)
		}
	}
	for pid, i := range begun {
		if err := keep(i, pid, text[pid]+") = ?"); err != nil {
			return nil, fmt.Errorf("read strace of %d: %w", pid, err)
		}
	}
	resume(calls, broken)
	whole := calls[:0]
	for i, c := range calls {
		if !broken[i] && c.Name != "rt_sigreturn" { // the attempt that follows stands for it
			whole = append(whole, c)
		}
	}
	return whole, in.Err()
}

// resume tells of broken calls which have failed for good.
func resume(calls []Call, broken map[int]bool) {
	last := map[int]int{} // thread → its call before
	for i, c := range calls {
		if c.Name != "rt_sigreturn" {
			last[c.PID] = i
		} else if j, there := last[c.PID]; there && broken[j] && c.Errno == "EINTR" {
			calls[j].Ret, calls[j].Errno, calls[j].Open, broken[j] = -1, c.Errno, false, false
		}
	}
}

// parseCall reads one whole call; again says that the kernel will restart it.
func parseCall(line string) (c Call, again bool, err error) {
	m := straceCall.FindStringSubmatch(line)
	if m == nil {
		return c, false, fmt.Errorf("parse call %q: want name(arguments) = result", line)
	}
	c.Name, c.Want = m[1], -1
	args := strings.Split(m[2], ", ")
	if _, object, named := strings.Cut(args[0], "<"); named {
		c.Object = strings.TrimSuffix(object, ">")
	} else {
		c.Object = args[0]
	}
	switch c.Name {
	case "read", "write":
		c.Want = number(args, 2)
	case "futex":
		c.Name = "futex " + strings.TrimPrefix(args[1], "FUTEX_")
		c.Want = number(args, 2)
	case "rt_sigtimedwait", "rt_sigsuspend", "pause", "ppoll":
		c.Object = "" // a set of signals; of arrays -s 0 shows nothing
	case "fcntl":
		c.Object = ""
		if n, is := map[string]int64{"F_SETLK": 6, "F_SETLKW": 7}[args[1]]; is {
			c.Want = n
		}
	case "shmget":
		c.Object = "" // its key
	case "shmctl":
		if strings.HasSuffix(args[1], "IPC_RMID") {
			c.Want = 0
		}
	case "ftruncate":
		c.Want = number(args, 1)
	case "unlinkat":
		c.Object = strings.Trim(args[1], `"`)
	case "rt_sigaction":
		c.Object, c.Want = "", signalNumber(args, 0)
	case "kill", "rt_sigqueueinfo":
		c.Want = signalNumber(args, 1)
	}
	if m[3] == "?" {
		c.Open = true
		return c, strings.HasPrefix(m[4], "ERESTART"), nil
	}
	if c.Name == "rt_sigreturn" && !strings.HasPrefix(m[3], "-") {
		return c, false, nil // the register as it was when the signal came: no result of a call
	}
	c.Ret, err = strconv.ParseInt(m[3], 0, 64)
	if c.Ret < 0 {
		c.Errno = m[4]
	}
	return c, false, err
}

func number(args []string, i int) int64 {
	if i >= len(args) {
		return -1
	}
	n, err := strconv.ParseInt(args[i], 0, 64)
	if err != nil {
		return -1
	}
	return n
}

// strace names the real-time signals from 32 on, the first two of which are libc's own.
func signalNumber(args []string, i int) int64 {
	if i >= len(args) {
		return -1
	}
	names := strings.Fields("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT " +
		"CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS")
	name := strings.TrimPrefix(args[i], "SIG")
	if rt, is := strings.CutPrefix(name, "RT_"); is {
		n, _ := strconv.ParseInt(rt, 10, 64)
		return 32 + n
	}
	if name == "RTMIN" {
		return 32
	}
	for n, known := range names {
		if name == known {
			return int64(n + 1)
		}
	}
	return number(args, i)
}
