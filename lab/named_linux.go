package lab

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Memory with a name lies in a file system of memory until somebody removes the
// name, also when nobody uses it any more. That is why names are journaled.

// namedFolder is where shm_open(3) makes its files.
const namedFolder = "/dev/shm"

// namedPrefix begins every name that ipclab gives.
const namedPrefix = "ipclab-"

// NamedMemory makes an object of shared memory of so many bytes, none of which has
// any memory before it is touched, and gives its path. Only this user may open it; it
// is removed when the run is over.
func (s *Stage) NamedMemory(size int64) (path string, f *os.File, err error) {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	name := namedPrefix + hex.EncodeToString(b[:])
	if err := s.Journal("shm", name); err != nil {
		return "", nil, err
	}
	path = filepath.Join(namedFolder, name)
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("make shared memory: %w", err)
	}
	s.Defer(func() error { return removeNamed(name) })
	if err := f.Truncate(size); err != nil {
		f.Close()
		return "", nil, fmt.Errorf("make %s of %d bytes: %w", path, size, err)
	}
	return path, f, nil
}

func removeNamed(name string) error {
	if !strings.HasPrefix(name, namedPrefix) || strings.ContainsRune(name, '/') {
		return fmt.Errorf("remove shared memory %q: ipclab gives no such name", name)
	}
	if err := os.Remove(filepath.Join(namedFolder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove shared memory: %w", err)
	}
	return nil
}
