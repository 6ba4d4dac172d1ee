package lab

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Stage is where a mechanism puts its kernel objects before the workers start.
type Stage struct {
	Settings Settings
	Scene    Scene // Open may fill in Parts[].Object and Cap, as read back

	files   []given
	asks    map[uint16]func() int64
	named   []named
	joined  []joined
	masks   map[string][]unix.Signal
	ends    []func() error
	journal *journal
}

// given is a file for some workers, under the name by which they ask for it.
type given struct {
	roles []string
	name  string
	part  uint16
	how   uint32
	f     *os.File
}

// Give lets workers inherit f: those with these roles, or kinds. The lab closes
// its own copy before any worker goes on: it never holds an end of what it watches.
func (s *Stage) Give(name string, f *os.File, part uint16, how uint32, roles ...string) {
	s.files = append(s.files, given{roles, name, part, how, f})
}

// Ask registers how the lab itself asks for the level of a part that has no ends:
// a word of memory, an object with an id.
func (s *Stage) Ask(part uint16, ask func() int64) {
	if s.asks == nil {
		s.asks = map[uint16]func() int64{}
	}
	s.asks[part] = ask
}

// Named registers how the lab asks whether the name of a part is there.
func (s *Stage) Named(part uint16, ask func() bool) {
	s.named = append(s.named, named{part: part, ask: ask, told: -1})
}

// named is a name that may be there or not.
type named struct {
	part uint16
	ask  func() bool
	told int64 // what the stream says: 1 it is, 0 it is not, -1 nothing yet
}

// Attached registers how the lab asks how often a part is attached, and whether it is
// marked to go with the last of these.
func (s *Stage) Attached(part uint16, ask func() (n int64, marked bool)) {
	s.joined = append(s.joined, joined{part: part, ask: ask, told: -1})
}

// Shared makes memory without a name for workers to map, which the lab can look at.
func (s *Stage) Shared(name string, size int) (f *os.File, mem []byte, err error) {
	if f, err = Memory(name, int64(size)); err != nil {
		return nil, nil, err
	}
	if mem, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("map %s of %d bytes: %w", name, size, err)
	}
	s.Defer(func() error { return unix.Munmap(mem) })
	return f, mem, nil
}

// joined is a part of which the kernel counts how often it is attached.
type joined struct {
	part   uint16
	ask    func() (n int64, marked bool)
	told   int64 // what the stream says; -1 nothing yet
	marked bool
}

// Mask lets the worker with this role start with signals blocked in all its
// threads: a mask is inherited over exec, and Go cannot block them all later.
func (s *Stage) Mask(role string, sigs ...unix.Signal) {
	if s.masks == nil {
		s.masks = map[string][]unix.Signal{}
	}
	s.masks[role] = append(s.masks[role], sigs...)
}

// Defer runs f when the run is over, in reverse order.
func (s *Stage) Defer(f func() error) { s.ends = append(s.ends, f) }

// Journal notes an object with a name before it is made, so that it is removed
// even if the lab is killed. The function returned is to be called once it is gone.
func (s *Stage) Journal(kind, name string) error {
	if err := s.journal.add(kind, name); err != nil {
		return fmt.Errorf("note %s %s in the journal: %w", kind, name, err)
	}
	return nil
}

func (s *Stage) closeFiles() {
	for _, g := range s.files {
		g.f.Close()
	}
	s.files = nil
}

// close ends what the mechanism made.
func (s *Stage) close() error {
	s.closeFiles()
	var errs []error
	for _, f := range slices.Backward(s.ends) {
		errs = append(errs, f())
	}
	s.ends = nil
	return errors.Join(append(errs, s.journal.close())...)
}

// Memory makes a nameless file of memory for workers to map.
func Memory(name string, size int64) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create %s: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	// fallocate, not ftruncate: a full machine says so now, instead of SIGBUS later.
	if err := unix.Fallocate(fd, 0, 0, size); err != nil {
		f.Close()
		return nil, fmt.Errorf("reserve %d bytes for %s: %w", size, name, err)
	}
	return f, nil
}

// Object gives what /proc calls the object behind a file: pipe:[58231].
func Object(f *os.File) string {
	s, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return ""
	}
	return s
}
