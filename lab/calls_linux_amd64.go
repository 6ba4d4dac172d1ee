package lab

import "golang.org/x/sys/unix"

// The numbers of calls that newer processors do not have.
const (
	sysPoll  = unix.SYS_POLL
	sysPause = unix.SYS_PAUSE
)
