package lab

import "golang.org/x/sys/unix"

// sysPause is the number of pause.
const sysPause = unix.SYS_PAUSE
