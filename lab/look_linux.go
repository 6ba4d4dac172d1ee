package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lookingProbes are the checks of how the lab looks at what happens, and of what
// it needs of the kernel beside the mechanisms.
func lookingProbes(all []Mechanism) []probe {
	check := func(id, title, from, says string, ask func(context.Context, *Check) error) probe {
		return probe{Check{ID: id, Group: GroupLooking, Title: title, From: from, Says: says}, ask}
	}
	ps := []probe{
		check("cores", "More than one core", "sched_getaffinity", "processes truly run at the same time", tryCores),
		check("clock", "Clocks", "clock_gettime(CLOCK_MONOTONIC)", "", tryClock),
		check("memfd", "Shared memory without a name", "memfd_create", "workers and lab share pages that vanish with them", tryMemfd),
		check("pidfd", "Ends of processes", "pidfd_open", "the lab learns at once that a worker has ended", tryPidfd),
		check("robust", "Robust futex", "get_robust_list", "the kernel passes on a lock whose owner has died", tryRobust),
		check("userns", "A namespace of its own", "clone(CLONE_NEWUSER)", "an ordinary user can have private queues and a private network", tryUserns),
		check("tracefs", "The kernel's own trace", "/sys/kernel/tracing", "root can check the lab against the kernel at full speed", tryTracefs),
		check("strace", "strace", "PATH", "the lab's account can be compared with strace's, call by call", tryStrace),
		check("root", "Ordinary user", "geteuid", "nothing here needs root", tryRoot),
	}
	if len(all) == 0 {
		return ps
	}
	sleeps := check("proc", "Where a process sleeps", "/proc/PID/stat, syscall, wchan", "",
		func(ctx context.Context, c *Check) error { return tryWorker(ctx, all, c) })
	return append([]probe{sleeps}, ps...)
}

// tryWorker holds the workers of a mechanism at their gates and looks at one, as
// the sampler does, then stops it and lets it go on.
func tryWorker(ctx context.Context, all []Mechanism, c *Check) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := fmt.Errorf("no mechanism can run: %w", ErrUnavailable)
	for _, m := range all {
		var run *Run
		if run, err = Start(ctx, m, Options{Mode: Step}); err != nil {
			continue
		}
		defer run.Stop()
		for ctx.Err() == nil {
			for _, e := range run.Log().Copy(nil, 1, 64) {
				if e.Kind == Spawn {
					return lookAt(int(e.Ret), c)
				}
			}
			time.Sleep(2 * time.Millisecond)
		}
		return fmt.Errorf("wait for a worker of %s: %w", m.Info().ID, ctx.Err())
	}
	return err
}

func lookAt(pid int, c *Check) error {
	var missing []string
	for _, name := range []string{"stat", "status", "syscall", "wchan"} {
		if s, err := readLine(fmt.Sprintf("/proc/%d/%s", pid, name)); err != nil || s == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		c.Status, c.Mend = CheckPart, "as root: sysctl kernel.yama.ptrace_scope=1; in a container: allow ptrace"
		c.Says = strings.Join(missing, " and ") + " of our own workers cannot be read: it is not shown where they sleep"
		return nil
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop worker %d: %w", pid, err)
	}
	var state string
	for range 50 {
		if state = processState(pid); state == "T" {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		return fmt.Errorf("continue worker %d: %w", pid, err)
	}
	c.Says = "all of them can be read for our own workers; one was stopped, seen stopped, and went on"
	if state != "T" {
		c.Status = CheckPart
		c.Says = "all of them can be read, but a stopped worker showed the state " + state
	}
	return nil
}

// processState is the letter behind the name in /proc/PID/stat.
func processState(pid int) string {
	s, _ := readLine(fmt.Sprintf("/proc/%d/stat", pid))
	if _, rest, ok := strings.Cut(s, ") "); ok {
		return rest[:1]
	}
	return "?"
}

func tryCores(_ context.Context, c *Check) error {
	c.Value = Digits(int64(runtime.NumCPU()))
	if runtime.NumCPU() < 2 {
		c.Status, c.Mend = CheckPart, "give this machine a second core"
		c.Says = "there is one core: races need a yield to be seen, and nothing runs at the same time"
	}
	return nil
}

// tryClock reads the clock on each core in turn: it must never go back.
func tryClock(_ context.Context, c *Check) error {
	const readings = 100_000
	begin := nanotime()
	for range readings {
		nanotime()
	}
	each := (nanotime() - begin) / readings
	done := make(chan int, 1)
	go func() { // the thread is not given back, for it is bound to a core
		runtime.LockOSThread()
		back, last := 0, int64(0)
		for i := range 20 {
			var set unix.CPUSet
			set.Set(i % runtime.NumCPU())
			if unix.SchedSetaffinity(0, &set) != nil {
				break
			}
			now := nanotime()
			if now < last {
				back++
			}
			last = now
		}
		done <- back
	}()
	back := <-done
	c.Value = fmt.Sprintf("%d\u00a0ns", each)
	c.Says = "what one reading takes; the cores agree on the time"
	if back > 0 {
		c.Status = CheckPart
		c.Says = fmt.Sprintf("the clock went back %d times in 20 changes of core: orders between cores are not to be trusted", back)
	}
	return nil
}

func tryMemfd(_ context.Context, c *Check) error {
	fd, err := unix.MemfdCreate("ipclab-doctor", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		c.Status, c.Mend = CheckNo, "a kernel from 3.17 on has it; a container must allow it"
		return fmt.Errorf("make a memfd: %w", err)
	}
	return unix.Close(fd)
}

func tryPidfd(_ context.Context, c *Check) error {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		c.Status, c.Mend = CheckPart, "a kernel from 5.3 on has it; a container must allow it"
		return fmt.Errorf("open a pidfd: %w", err)
	}
	return unix.Close(fd)
}

func tryRobust(_ context.Context, c *Check) error {
	var head, size uintptr
	_, _, no := unix.Syscall(unix.SYS_GET_ROBUST_LIST, 0, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)))
	if no != 0 {
		c.Status = CheckPart
		return fmt.Errorf("ask for the robust list: %w", no)
	}
	return nil
}

// tryUserns starts this program in a user namespace, and ends it before it does
// anything.
func tryUserns(ctx context.Context, c *Check) error {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", workerArg)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, Pdeathsig: unix.SIGKILL}
	err := cmd.Start()
	if err != nil {
		c.Status, c.Mend = CheckPart, "as root: sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0"
		return fmt.Errorf("start a process in a user namespace: %w", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return nil
}

func tryTracefs(_ context.Context, c *Check) error {
	if _, err := os.ReadDir("/sys/kernel/tracing/instances"); err == nil {
		return nil
	} else if errors.Is(err, os.ErrPermission) {
		c.Status, c.Says = CheckPart, "there, but for root only: strace does for small runs"
		return nil
	}
	c.Status, c.Mend = CheckPart, "as root: mount -t tracefs nodev /sys/kernel/tracing"
	c.Says = "not mounted: the lab is checked against the kernel's own trace in tests only"
	return nil
}

func tryStrace(_ context.Context, c *Check) error {
	path, err := exec.LookPath("strace")
	if err != nil {
		c.Status, c.Mend = CheckPart, "apt install strace"
		c.Says = "not found: you cannot check the lab's account by it"
		return nil
	}
	c.Value = path
	return nil
}

func tryRoot(_ context.Context, c *Check) error {
	c.Value = Digits(int64(os.Geteuid()))
	if os.Geteuid() == 0 {
		c.Status, c.Mend = CheckPart, "start the lab as an ordinary user"
		c.Says = "this is root, who needs no permission: refusals are not to be seen, and the lab listens on this machine only"
	}
	return nil
}
