package lab

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Home is the folder in which the lab notes what it is about to make, so that what
// a killed lab leaves behind can be found and removed: by its janitor at once, and
// by the next start.
//
// One file for each run, "<run>.journal", locked (flock) as long as the run lives:
// the lock says whether it does, which a pid alone does not. A line is "KIND NAME",
// written before the object is made.
type Home struct{ dir string }

// OpenHome opens the folder, which belongs to this user alone, and removes what
// dead runs have left.
func OpenHome() (*Home, error) {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" || os.Getuid() == 0 {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("ipclab-%d", os.Getuid()))
	} else {
		dir = filepath.Join(dir, "ipclab")
	}
	var st unix.Stat_t
	for try := 1; ; try++ { // another lab may remove it, empty, at any moment
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("make folder for the journal: %w", err)
		}
		if err := unix.Lstat(dir, &st); err == nil {
			break
		} else if try == 10 {
			return nil, fmt.Errorf("look at %s: %w", dir, err)
		}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() || st.Mode&0o077 != 0 {
		return nil, fmt.Errorf("use %s: it must be a folder that only you can enter; remove it or set XDG_RUNTIME_DIR", dir)
	}
	return &Home{dir}, nil
}

// Leftover is an object that a dead run has left.
type Leftover struct {
	Run, Kind, Name string
	Removed         bool
	Err             error
}

// Clean removes what dead runs have left, or only tells it.
func (h *Home) Clean(dry bool) ([]Leftover, error) {
	names, err := filepath.Glob(filepath.Join(h.dir, "*.journal"))
	if err != nil {
		return nil, fmt.Errorf("list journals: %w", err)
	}
	var all []Leftover
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue // another start was faster
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			left := readJournal(f, strings.TrimSuffix(filepath.Base(name), ".journal"))
			bad := false
			for i := range left {
				if !dry {
					left[i].Err = remove(left[i].Kind, left[i].Name)
					left[i].Removed = left[i].Err == nil
					bad = bad || !left[i].Removed
				}
			}
			all = append(all, left...)
			if !dry && !bad {
				_ = os.Remove(name)
			}
		}
		f.Close()
	}
	if !dry {
		_ = os.Remove(h.dir) // only if it is empty
	}
	return all, nil
}

func readJournal(f *os.File, run string) (left []Leftover) {
	for s := bufio.NewScanner(f); s.Scan(); {
		if kind, name, ok := strings.Cut(s.Text(), " "); ok {
			left = append(left, Leftover{Run: run, Kind: kind, Name: name})
		}
	}
	return left
}

// journal notes the objects of one epoch. Its file and its janitor come with the
// first object: most runs make nothing that has a name.
type journal struct {
	home    *Home
	path    string
	run     string
	f       *os.File
	janitor *exec.Cmd
	tell    *os.File
}

func (h *Home) journal(run string) (*journal, error) {
	if h == nil {
		var err error
		if h, err = OpenHome(); err != nil {
			return nil, err
		}
	}
	return &journal{home: h, run: run, path: filepath.Join(h.dir, run+".journal")}, nil
}

func (j *journal) add(kind, name string) error {
	if strings.ContainsAny(name, "\n") || removers[kind] == nil {
		return fmt.Errorf("note %s %q: unknown kind or bad name", kind, name)
	}
	if j.f == nil {
		if err := j.open(); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(j.f, kind, name); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// open makes the journal and starts the janitor, a small process of its own
// session, which cleans up when the lab's end of its pipe closes.
func (j *journal) open() error {
	var f *os.File
	for try := 1; f == nil; try++ {
		var err error
		if f, err = j.create(); err != nil && try == 10 {
			return err
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		f.Close()
		return fmt.Errorf("make pipe to the janitor: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/proc/self/exe", janitorArg)
	cmd.Args[0] = "ipclab:janitor"
	cmd.Dir = j.home.dir
	cmd.Env = []string{"GOMAXPROCS=1", "IPCLAB_JOURNAL=" + j.path}
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C does not reach it
	if err := cmd.Start(); err != nil {
		f.Close()
		w.Close()
		return fmt.Errorf("start janitor: %w", err)
	}
	j.f, j.janitor, j.tell = f, cmd, w
	return nil
}

// create makes the journal's file and locks it. Until it is locked, another lab that
// cleans up takes it for one of a dead run, and removes it; it may remove the folder
// too, when that is empty.
func (j *journal) create() (*os.File, error) {
	if err := os.Mkdir(j.home.dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make folder for the journal: %w", err)
	}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make journal: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	if err == nil {
		var ours, there unix.Stat_t
		err = errors.Join(unix.Fstat(int(f.Fd()), &ours), unix.Lstat(j.path, &there))
		if err == nil && ours.Ino == there.Ino && ours.Size == 0 {
			return f, nil
		}
	}
	f.Close()
	return nil, fmt.Errorf("lock journal %s: somebody else has removed or made it: %w", j.path, errors.Join(err, os.ErrExist))
}

// close ends the epoch whose objects have all been removed.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	if j.f == nil {
		_ = os.Remove(j.home.dir) // only if it is empty
		return nil
	}
	_ = os.Remove(j.path)
	j.f.Close()
	j.tell.Close()
	_ = j.janitor.Wait() // it only ever ends
	_ = os.Remove(j.home.dir)
	j.f = nil
	return nil
}

const janitorArg = "janitor"

// IsJanitor reports whether this process was started as a janitor.
func IsJanitor() bool { return len(os.Args) == 2 && os.Args[1] == janitorArg }

// RunJanitor waits until the lab has ended, and removes what it has left.
func RunJanitor() error {
	_, _ = os.Stdin.Read(make([]byte, 1)) // ends with the lab
	path := os.Getenv("IPCLAB_JOURNAL")
	if err := awaitUnlocked(path); err != nil {
		return err
	}
	_, err := (&Home{filepath.Dir(path)}).Clean(false)
	return err
}

// awaitUnlocked waits until nobody holds the lock of a journal, or it is gone. The end
// of the lab's pipe does not tell that: of a killed process the kernel closes one file
// after the other, in no promised order, and the journal may be the last of them.
func awaitUnlocked(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	defer f.Close()
	for {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("wait for the lock of %s: %w", path, err)
	}
	return nil
}

// removers know how to remove an object of a kind, if it is there and ours.
var removers = map[string]func(name string) error{
	"sem":     removeSem,
	"shm":     removeNamed,
	"sysvshm": removeSegment,
}

func remove(kind, name string) error {
	if f := removers[kind]; f != nil {
		return f(name)
	}
	return fmt.Errorf("remove %s %q: unknown kind", kind, name)
}
