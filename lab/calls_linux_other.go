//go:build linux && !amd64

package lab

import "golang.org/x/sys/unix"

// Where the kernel has neither poll nor pause, both are made of ppoll: pause is one
// of no descriptors.
const (
	sysPoll  = unix.SYS_PPOLL
	sysPause = unix.SYS_PPOLL
)
