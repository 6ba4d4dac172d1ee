package lab

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System V shared memory has neither a name in a folder nor a descriptor: a key by
// which it is found, and an id by which it is used. It outlives every process. That
// is why it is journaled.

// NewSegment makes a System V segment of so many bytes; it is removed when the run is
// over.
func (s *Stage) NewSegment(size int64) (key, id int, err error) {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	key = int(binary.LittleEndian.Uint32(b[:])&0x7fffffff | 1)
	name := strconv.Itoa(key)
	if err := s.Journal("sysvshm", name); err != nil {
		return 0, 0, err
	}
	r, _, no := unix.Syscall(unix.SYS_SHMGET, uintptr(key), uintptr(size), unix.IPC_CREAT|unix.IPC_EXCL|0o600)
	if no != 0 {
		return 0, 0, fmt.Errorf("make segment of %d bytes: %w; /proc/sys/kernel/shmmax and shmall have the limits", size, no)
	}
	s.Defer(func() error { return removeSegment(name) })
	return key, int(r), nil
}

// ShmGet finds a segment by its key.
func ShmGet(key int) (id int, err error) {
	r, _, no := unix.Syscall(unix.SYS_SHMGET, uintptr(key), 0, 0)
	return int(r), Errno(no)
}

// ShmAt attaches a segment at an address.
func ShmAt(id int, at uintptr) (unsafe.Pointer, error) {
	r, _, no := unix.Syscall(unix.SYS_SHMAT, uintptr(id), at, 0)
	if no != 0 {
		return nil, no
	}
	return unsafe.Add(nil, r), nil
}

// ShmRemove removes a segment, or marks it to go with the last detach (shmctl(2),
// IPC_RMID).
func ShmRemove(id int) error {
	_, _, no := unix.Syscall(unix.SYS_SHMCTL, uintptr(id), unix.IPC_RMID, 0)
	return Errno(no)
}

// Segment is what the kernel says of a System V segment.
type Segment struct {
	Attached int64
	Marked   bool  // it goes with the last detach: ipcs calls it "dest"
	Resident int64 // bytes that have memory
}

// LookUpSegment reads the line of /proc/sysvipc/shm that has the id: to ask by
// shmctl(2) costs less, but that does not tell how much memory there is.
func LookUpSegment(id int) (s Segment, there bool) {
	b, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return s, false
	}
	return parseSegment(string(b), id)
}

func parseSegment(table string, id int) (s Segment, there bool) {
	const marked = 0o1000 // SHM_DEST, among the permissions
	var columns []string
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if columns == nil {
			columns = f
			continue
		}
		if len(f) < len(columns) {
			continue
		}
		row := map[string]string{}
		for i, c := range columns {
			row[c] = f[i]
		}
		if row["shmid"] != strconv.Itoa(id) {
			continue
		}
		perms, _ := strconv.ParseInt(row["perms"], 8, 64)
		s.Attached, _ = strconv.ParseInt(row["nattch"], 10, 64)
		s.Resident, _ = strconv.ParseInt(row["rss"], 10, 64)
		s.Marked = perms&marked != 0
		return s, true
	}
	return s, false
}

// removeSegment removes what has the key. One that is marked already has none any
// more, and goes with its users.
func removeSegment(name string) error {
	key, err := strconv.ParseUint(name, 10, 31)
	if err != nil || key == 0 {
		return fmt.Errorf("read segment key %q: it must be a number from 1 to %d", name, 1<<31-1)
	}
	id, err := ShmGet(int(key))
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find segment %s: %w", name, err)
	}
	if err := ShmRemove(id); err != nil && err != unix.EINVAL && err != unix.EIDRM {
		return fmt.Errorf("remove segment %s: %w", name, err)
	}
	return nil
}
