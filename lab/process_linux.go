package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// process is a worker as the lab sees it.
type process struct {
	*ring
	proc   int // number in events
	role   string
	linger bool
	cmd    *exec.Cmd
	pid    int
	mem    []byte
	dead   atomic.Bool // it has ended, and is not yet waited for
	buried bool        // what it has left is told
	reaped bool
	user   bool // somebody asked for a signal to it
	view   view // what the sampler has seen of it
	exit   ExitStatus
	left   uint64 // records that it has left out by sampling, when last looked
	runs   uint64 // of its signal handler that are taken over
}

// spawner runs functions on one thread that lives as long as the lab: Pdeathsig
// fires when the *thread* that started a process ends (prctl(2)).
var spawner = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		// Workers inherit it over fork and exec: no set-uid program gives them more.
		_ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		for f := range c {
			f()
		}
	}()
	return c
})

// spawn starts the worker with number proc.
func spawn(id string, s *Stage, proc int, ctl, leash *os.File) (*process, error) {
	p := s.Scene.Procs[proc-1]
	page, err := Memory("ipclab-worker", pageBytes)
	if err != nil {
		return nil, err
	}
	defer page.Close()
	mem, err := unix.Mmap(int(page.Fd()), 0, pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map page of %s: %w", p.Role, err)
	}
	o := order{Mechanism: id, Proc: proc, Settings: s.Settings, Files: map[string]int{}}
	cmd := exec.Command("/proc/self/exe", workerArg)
	cmd.Args[0] = "ipclab:" + id + ":" + p.Role // what ps and htop show
	// One processor for Go, no collector below the limit: nothing of the worker's
	// own disturbs the call that is watched.
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=off", "GOMEMLIMIT=64MiB"}
	if v, ok := os.LookupEnv("GORACE"); ok { // of the race detector, where a test is built with it
		cmd.Env = append(cmd.Env, "GORACE="+v)
	}
	cmd.Stderr = os.Stderr
	var files []*os.File
	for _, g := range s.files {
		if slices.Contains(g.roles, p.Role) || slices.Contains(g.roles, p.Kind) {
			fd := fdFirst + len(files)
			o.Files[g.name] = fd
			o.FDs = append(o.FDs, heldFD{part: uint32(g.part), fd: uint32(fd), how: g.how})
			files = append(files, g.f)
		}
	}
	of, err := orderFile(&o)
	if err != nil {
		return nil, err
	}
	defer of.Close()
	cmd.ExtraFiles = append([]*os.File{of, ctl, page, leash}, files...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, // ends a stopped worker too
		Setpgid:   true,            // Ctrl-C is for the lab, which ends them in order
	}
	started := make(chan error)
	spawner() <- func() {
		old, err := mask(s.masks[p.Role])
		if err == nil {
			err = cmd.Start()
			_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
		}
		started <- err
	}
	if err := <-started; err != nil {
		_ = unix.Munmap(mem)
		return nil, fmt.Errorf("start %s: %w", p.Role, err)
	}
	return &process{ring: newRing(mem), proc: proc, role: p.Role, linger: p.Linger, cmd: cmd, pid: cmd.Process.Pid, mem: mem}, nil
}

func orderFile(o *order) (*os.File, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	f, err := Memory("ipclab-order", int64(len(b)))
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("write order: %w", err)
	}
	return f, nil
}

// mask blocks signals in the calling thread and returns the mask before.
func mask(sigs []unix.Signal) (old unix.Sigset_t, err error) {
	var set unix.Sigset_t
	for _, s := range sigs {
		set.Val[(s-1)/64] |= 1 << ((s - 1) % 64)
	}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old); err != nil {
		return old, fmt.Errorf("block signals: %w", err)
	}
	return old, nil
}

// watch notes the end of the process at once, and leaves it a zombie.
func (p *process) watch(ring func()) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, p.pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			p.exit = exitOf(&info)
		}
		if err != unix.EINTR {
			break
		}
	}
	p.dead.Store(true)
	ring()
}

// exitOf reads how a child ended: pid, user and status lie behind the three numbers
// that every siginfo begins with, where a pointer may lie (sigaction(2)).
func exitOf(info *unix.Siginfo) ExitStatus {
	const exited = 1 // CLD_EXITED
	union := (unsafe.Sizeof(info.Signo)*3 + unsafe.Sizeof(uintptr(0)) - 1) &^ (unsafe.Sizeof(uintptr(0)) - 1)
	status := *(*int32)(unsafe.Add(unsafe.Pointer(info), union+8))
	if info.Code == exited {
		return ExitStatus{int(status), ""}
	}
	return ExitStatus{-1, unix.SignalName(syscall.Signal(status))}
}

// status tells how the process ended, also while it is a zombie.
func (p *process) status() (e ExitStatus) {
	if p.dead.Load() {
		e = p.exit
	}
	return e
}

// reap waits for the zombie. It is the one place that does.
func (p *process) reap() {
	_ = p.cmd.Wait() // its error is the exit status
	p.reaped = true
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		p.exit = ExitStatus{-1, unix.SignalName(ws.Signal())}
	} else {
		p.exit = ExitStatus{p.cmd.ProcessState.ExitCode(), ""}
	}
}

func (p *process) signal(s unix.Signal) error {
	if p.reaped {
		return fmt.Errorf("signal %s: %w", p.role, os.ErrProcessDone)
	}
	if err := unix.Kill(p.pid, s); err != nil { // not yet waited for: the pid is still its own
		return fmt.Errorf("send %s to %s (%d): %w", unix.SignalName(s), p.role, p.pid, err)
	}
	return nil
}

func (p *process) close() { _ = unix.Munmap(p.mem) }

// newControl makes the page that all workers share with the lab.
func newControl() (*os.File, *control, error) {
	f, err := Memory("ipclab-control", controlBytes)
	if err != nil {
		return nil, nil, err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, controlBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("map control page: %w", err)
	}
	return f, (*control)(unsafe.Pointer(&mem[0])), nil
}

func (c *control) close() {
	_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(c)), controlBytes))
}
