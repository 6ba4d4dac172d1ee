package lab

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func (r *Run) header(l *live, epoch uint32, start int64) Header {
	info := r.info
	if s, ok := r.m.(Sourcer); ok {
		info.Source = s.Source(r.o.Settings)
	}
	var u unix.Utsname
	_ = unix.Uname(&u) // cannot fail with a valid address
	str := unix.ByteSliceToString
	return Header{Format: Format, Run: r.id, Epoch: epoch, Start: start, Wall: time.Now(), Mechanism: info, Settings: r.o.Settings,
		Scene: l.scene, Mode: l.mode, Pace: l.pace, Seed: r.o.Seed, Kernel: str(u.Sysname[:]) + " " + str(u.Release[:]) + " " + str(u.Machine[:]),
		CPUs: runtime.NumCPU(), Version: Version, Lines: sourceLines(info.Source), Page: unix.Getpagesize()}
}
