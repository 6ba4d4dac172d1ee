package shm

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// fileLock is a record lock on the file of the page (fcntl(2)). It belongs to the
// process: whatever ends it, the kernel takes the lock away with its open files.
type fileLock struct {
	fd   uintptr
	part uint16
}

func (l *fileLock) take(w *worker) (took, died bool) {
	for {
		c := w.Begin(lab.Lock, lab.CallFcntl, l.part, unix.F_SETLKW, w.round)
		err := unix.FcntlFlock(l.fd, unix.F_SETLKW, &unix.Flock_t{Type: unix.F_WRLCK}) // Len 0: to the end
		c.End(0, w.round, err)
		if err == nil {
			return true, false // whether somebody has died with it, nobody tells
		}
		if err != unix.EINTR { // a signal breaks the sleep (fcntl(2)): it sleeps again
			return false, false
		}
	}
}

func (l *fileLock) giveBack(w *worker) {
	if !w.Gate("unlock") {
		return
	}
	c := w.Begin(lab.Unlock, lab.CallFcntl, l.part, unix.F_SETLK, w.round)
	err := unix.FcntlFlock(l.fd, unix.F_SETLK, &unix.Flock_t{Type: unix.F_UNLCK})
	c.End(0, w.round, err)
}

// openFileLock lets the lab ask the kernel who has the lock, and whether others wait.
func openFileLock(st *lab.Stage, f *os.File, part uint16) error {
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return err
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(s.Dev), unix.Minor(s.Dev), s.Ino)
	st.Scene.Parts[part-1].Object = lab.Object(f)
	st.Ask(part, func() int64 {
		table, err := os.ReadFile("/proc/locks")
		if err != nil {
			return -1
		}
		return lockWord(string(table), file)
	})
	return nil
}

// lockWord reads who has a lock on a file from /proc/locks (proc_locks(5)), and gives it
// in the form of the other locks' words: the owner's pid, and a bit if others wait. A
// line is "1: POSIX ADVISORY WRITE PID FILE FROM TO", and one of those who wait has an
// arrow behind its number.
func lockWord(table, file string) (word int64) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		waits := len(f) > 1 && f[1] == "->"
		if waits {
			f = f[1:]
		}
		if len(f) < 6 || f[1] != "POSIX" || f[5] != file {
			continue
		}
		if waits {
			word |= waiters
		} else if pid, err := strconv.ParseInt(f[4], 10, 32); err == nil {
			word |= pid
		}
	}
	return word
}
