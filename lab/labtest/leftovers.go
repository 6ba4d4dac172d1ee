package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// leftBehind lists what there is and was not before, and stays: other programs on
// this machine have objects too.
func leftBehind(t *testing.T, before map[string]bool) (names []string) {
	for range 20 {
		names = names[:0]
		now := leftovers(t)
		for what := range now {
			if !before[what] {
				names = append(names, what)
			}
		}
		if len(names) == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return names
}

// leftovers lists what a run could leave behind: processes, objects with names,
// files, descriptors.
func leftovers(t *testing.T) map[string]bool {
	left := map[string]bool{}
	for _, pattern := range []string{"/dev/shm/*", "/dev/mqueue/*", filepath.Join(os.TempDir(), "ipclab*", "*")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			left[f] = true
		}
	}
	for _, kind := range []string{"msg", "sem", "shm"} {
		b, _ := os.ReadFile("/proc/sysvipc/" + kind)
		for i, line := range strings.Split(string(b), "\n") {
			if f := strings.Fields(line); i > 0 && len(f) > 1 {
				left["System V "+kind+" "+f[1]] = true
			}
		}
	}
	children, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range children {
		b, _ := os.ReadFile(path)
		_, rest, _ := strings.Cut(string(b), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == fmt.Sprint(os.Getpid()) {
			left["process "+filepath.Base(filepath.Dir(path))] = true
		}
	}
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		to, err := os.Readlink("/proc/self/fd/" + fd.Name())
		if err == nil && (strings.HasPrefix(to, "pipe:") || strings.HasPrefix(to, "/memfd:")) {
			left["descriptor "+fd.Name()+" of "+to] = true
		}
	}
	return left
}
