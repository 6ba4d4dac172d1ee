package lab

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a process does when a signal comes.
const (
	Default = 0 // SIG_DFL
	Ignore  = 1 // SIG_IGN
)

// sigaction is the kernel's struct, the same on all processors that have a restorer.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// SetAction sets a signal's action by the system call itself: Go's runtime catches
// most signals, and os/signal cannot bring back the kernel's default action.
func SetAction(sig unix.Signal, action uintptr) error {
	if err := setAction(sig, &sigaction{handler: action}); err != nil {
		return fmt.Errorf("set action of signal %d: %w", sig, err)
	}
	return nil
}

func setAction(sig unix.Signal, sa *sigaction) error {
	_, _, no := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(sa)), 0, 8, 0, 0)
	return Errno(no)
}

// Errno makes an error of what a raw system call says; 0 is none.
func Errno(no syscall.Errno) error {
	if no == 0 {
		return nil
	}
	return no
}
