package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ipclab/lab"
)

// conformRun checks the events of a run in which nobody interfered.
func conformRun(t *testing.T, tape *Tape) {
	sc, n := tape.Outcome.Scene, map[lab.Kind]int{}
	sent, last := map[uint64]bool{}, uint64(0)
	for _, e := range tape.Events {
		n[e.Kind]++
		where := fmt.Sprintf("event %d (%v)", e.Seq, e.Kind)
		if e.Seq <= last {
			t.Errorf("%s comes after %d", where, last)
		}
		last = e.Seq
		switch {
		case int(e.Proc) > len(sc.Procs):
			t.Errorf("%s: process %d of %d", where, e.Proc, len(sc.Procs))
			continue
		case int(e.Part) > len(sc.Parts):
			t.Errorf("%s: part %d of %d", where, e.Part, len(sc.Parts))
			continue
		case e.Msg >= 1<<53:
			t.Errorf("%s: message %#x is more than a page can count to", where, e.Msg)
		case e.Dur < 0:
			t.Errorf("%s: took %d ns", where, e.Dur)
		}
		if e.Part > 0 && e.Kind != lab.State {
			if c := sc.Parts[e.Part-1].Cap; sc.Parts[e.Part-1].Holds == "bytes" && c > 0 && e.Level > c {
				t.Errorf("%s: level %d of %d", where, e.Level, c)
			}
		}
		switch e.Kind {
		case lab.Send, lab.Signal:
			sent[e.Msg] = true
		case lab.Recv, lab.Deliver:
			if e.Msg != 0 && !sent[e.Msg] && n[lab.Lost] == 0 {
				t.Errorf("%s: message %#x was taken before it was sent", where, e.Msg)
			}
		case lab.Fault:
			t.Errorf("%s: nobody interfered: %+v", where, e)
		}
	}
	if n[lab.Spawn] != len(sc.Procs) || n[lab.Exit] != len(sc.Procs) {
		t.Errorf("%d processes in the scene, %d spawned, %d ended", len(sc.Procs), n[lab.Spawn], n[lab.Exit])
	}
	if n[lab.Send]+n[lab.Signal]+n[lab.Store] == 0 {
		t.Error("nothing was sent and nothing was stored")
	}
	if a := tape.Outcome.Agrees; a == nil || !*a {
		t.Error("the calls and the kernel do not agree")
	}
	if r := tape.Outcome.Records; r.Written != r.Recorded+r.Dropped {
		t.Errorf("%d records written, %d recorded and %d dropped", r.Written, r.Recorded, r.Dropped)
	}
}

// leftovers lists what a run could leave behind: processes, objects with names,
// files, descriptors.
func leftovers(t *testing.T) map[string]bool {
	left := map[string]bool{}
	for _, pattern := range []string{"/dev/shm/*", "/dev/mqueue/*", filepath.Join(os.TempDir(), "ipclab*")} {
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
