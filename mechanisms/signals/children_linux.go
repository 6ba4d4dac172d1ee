package signals

import (
	"bytes"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// children are those of a receiver: they read a pipe that nobody writes to, and end
// when its last write end is closed.
type children struct {
	part uint16
	pids []atomic.Int64 // in memory that the lab sees; 0 is nobody
}

const (
	pidsAt      = 64 // in the memory of the flag
	maxChildren = 16
)

func pids(mem []byte) []atomic.Int64 {
	return unsafe.Slice((*atomic.Int64)(unsafe.Pointer(&mem[pidsAt])), maxChildren)
}

// bear starts the children, with a handler for SIGCHLD, which the kernel sends when one
// ends.
func (h *handling) bear() error {
	if h.children == nil {
		return nil
	}
	if err := h.Handle(unix.SIGCHLD, h.Setting("sa_restart") == 1, h.part, h.flag); err != nil {
		return fmt.Errorf("handle SIGCHLD: %w", err)
	}
	h.AtEnd(h.children.end)
	for i := range h.Setting("children") {
		pid, err := h.Child(h.FD("release"))
		if err != nil {
			return err
		}
		h.children.pids[i].Store(int64(pid))
	}
	return nil
}

// reap waits for one child that has ended, or for all of them.
func (h *handling) reap() error {
	for h.children != nil {
		c := h.Begin(lab.Load, lab.CallWait4, h.children.part, 0, 0)
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		c.Data(uint64(max(pid, 0))).End(pid, 0, err)
		for i := range h.children.pids {
			h.children.pids[i].CompareAndSwap(int64(pid), 0)
		}
		if pid <= 0 || h.Knob("reap").Get() == one {
			break
		}
	}
	return nil
}

// end leaves none behind.
func (c *children) end() {
	for i := range c.pids {
		if pid := int(c.pids[i].Swap(0)); pid > 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
	}
}

// openChildren makes the pipe, whose write end only the sender has, and lets the lab
// count the zombies.
func openChildren(st *lab.Stage, part uint16, pids []atomic.Int64) error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	st.Give("release", os.NewFile(uintptr(fds[0]), "read end"), 0, lab.Reads, "receiver")
	st.Give("hold", os.NewFile(uintptr(fds[1]), "write end"), 0, lab.Writes, "sender")
	st.Ask(part, func() (zombies int64) {
		for i := range pids {
			if pid := pids[i].Load(); pid > 0 && isZombie(pid) {
				zombies++
			}
		}
		return zombies
	})
	return nil
}

// isZombie reads the state that stands behind the name in /proc/PID/stat.
func isZombie(pid int64) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	i := bytes.LastIndexByte(b, ')')
	return err == nil && i >= 0 && i+2 < len(b) && b[i+2] == 'Z'
}
