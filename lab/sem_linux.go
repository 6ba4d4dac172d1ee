package lab

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System V semaphores have no file descriptor: an id that outlives every process
// stands for them. That is why they are journaled.

// NewSem makes a semaphore with a value; it is removed when the run is over.
func (s *Stage) NewSem(value int) (id int, err error) {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	key := binary.LittleEndian.Uint32(b[:])&0x7fffffff | 1
	name := strconv.FormatUint(uint64(key), 10)
	if err := s.Journal("sem", name); err != nil {
		return 0, err
	}
	r, _, no := unix.Syscall(unix.SYS_SEMGET, uintptr(key), 1, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
	if no != 0 {
		return 0, fmt.Errorf("semget: %w; /proc/sys/kernel/sem has the limits, ipcs -s what is there", no)
	}
	s.Defer(func() error { return removeSem(name) })
	if _, _, no := unix.Syscall6(unix.SYS_SEMCTL, r, 0, semSetVal, uintptr(value), 0, 0); no != 0 {
		return 0, fmt.Errorf("set semaphore to %d: %w", value, no)
	}
	return int(r), nil
}

const (
	semGetVal = 12
	semSetVal = 16
)

// SemObject is how ipcs and strace name a semaphore: by its id.
func SemObject(id int) string { return strconv.Itoa(id) }

// SemValue reads a semaphore; -1 if that cannot be done.
func SemValue(id int) int64 {
	v, _, no := unix.Syscall6(unix.SYS_SEMCTL, uintptr(id), 0, semGetVal, 0, 0, 0)
	if no != 0 {
		return -1
	}
	return int64(v)
}

// SemOp adds n to a semaphore, sleeping until that leaves it at 0 or more. With
// undo the kernel takes it back when the process ends (semop(2), SEM_UNDO).
func SemOp(id, n int, undo bool) error {
	op := struct {
		num   uint16
		op    int16
		flags int16
	}{0, int16(n), 0}
	if undo {
		op.flags = 0x1000
	}
	if _, _, no := unix.Syscall(unix.SYS_SEMOP, uintptr(id), uintptr(unsafe.Pointer(&op)), 1); no != 0 {
		return no
	}
	return nil
}

func removeSem(name string) error {
	key, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		return fmt.Errorf("read semaphore key %q: %w", name, err)
	}
	id, _, no := unix.Syscall(unix.SYS_SEMGET, uintptr(key), 0, 0)
	if no == unix.ENOENT {
		return nil
	}
	if no != 0 {
		return fmt.Errorf("find semaphore %s: %w", name, no)
	}
	if _, _, no := unix.Syscall(unix.SYS_SEMCTL, id, 0, unix.IPC_RMID); no != 0 {
		return fmt.Errorf("remove semaphore %s: %w", name, no)
	}
	return nil
}
