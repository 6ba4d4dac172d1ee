//go:build linux && !amd64

package lab

import "golang.org/x/sys/unix"

// sysPause is the number of pause; where the kernel has none, it is a ppoll of no
// descriptors.
const sysPause = unix.SYS_PPOLL
