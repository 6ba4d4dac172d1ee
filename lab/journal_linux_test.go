package lab

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
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
