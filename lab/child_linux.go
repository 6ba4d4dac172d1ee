//go:build linux && (amd64 || arm64)

package lab

import (
	"fmt"
	"syscall"
)

func fork(fd uintptr) (pid int)

// Child starts a child of this worker that does nothing but read one byte of a
// descriptor, and ends then, or when the worker does. It is no worker: it makes no
// records.
func (w *Worker) Child(fd int) (pid int, err error) {
	if pid = fork(uintptr(fd)); pid < 0 {
		return 0, fmt.Errorf("start a child: %w", syscall.Errno(-pid))
	}
	return pid, nil
}
