package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Labs that clean up at any moment do not remove the journal of one that lives.
func TestJournalIsThere(t *testing.T) {
	h := &Home{t.TempDir()}
	if err := os.Chmod(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := h.Clean(false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 300 {
		j := &journal{home: h, run: "run", path: filepath.Join(h.dir, "run.journal")}
		var f *os.File
		for f == nil {
			f, _ = j.create()
		}
		if _, err := f.WriteString("sem 0\n"); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(j.path); err != nil || string(b) != "sem 0\n" {
			t.Fatalf("%d: the journal is not where it should be: %q %v", n, b, err)
		}
		_ = os.Remove(j.path)
		f.Close()
	}
	close(stop)
	others.Wait()
}

// A janitor whose lab is gone, but whose journal is still locked, waits: a killed
// process gives up its lock and its end of the pipe in no promised order.
func TestJanitorWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.journal")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("shm ipclab-none\n"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", janitorArg) // its pipe ends at once
	cmd.Env = []string{"IPCLAB_JOURNAL=" + path}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	asleep := func() bool {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", cmd.Process.Pid))
		return slices.ContainsFunc(tasks, func(task string) bool {
			b, _ := os.ReadFile(task)
			return strings.HasPrefix(string(b), fmt.Sprint(unix.SYS_FLOCK, " "))
		})
	}
	for try := 0; !asleep(); try++ {
		if try == 1000 {
			t.Fatal("the janitor does not wait for the lock")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the journal is gone though it was locked:", err)
	}
	f.Close()
	if err := cmd.Wait(); err != nil {
		t.Error("janitor:", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the journal was left:", err)
	}
}
