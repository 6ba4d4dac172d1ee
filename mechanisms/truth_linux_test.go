package mechanisms_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/lessons"
	"ipclab/mechanisms"

	"golang.org/x/sys/unix"
)

// The event log says what the kernel did: each call that a worker made on an object
// of its mechanism stands in it, with what was asked and what came of it, in order,
// and at its time. Two witnesses that know nothing of the lab are asked: strace for
// small runs, the kernel's own trace for large ones.

// truths are runs beside the experiments that show what a log could get wrong.
var truths = map[string][]string{
	"pipe": {
		"--count 400 --set rate=0 --set drain=0",
		"--count 400 --set rate=0 --set drain=500 --set nonblock=on",
		"--count 60 --set rate=0 --set drain=0 --set nonblock=on --set size=70000 --set read_size=5000",
		"--count 60 --set rate=0 --set drain=0 --set size=70000 --set writers=3 --set readers=2",
		"--for 700ms --set rate=200 --set drain=0 --do '150ms signal reader STOP' --do '350ms signal reader CONT'",
		"--for 700ms --set rate=0 --set drain=100 --do '300ms signal writer STOP' --do '500ms signal writer CONT'",
		"--for 600ms --set rate=0 --set drain=100 --do '300ms kill writer'",
		"--for 600ms --set rate=100 --set drain=0 --do '300ms kill reader'",
		"--for 5s --set rate=200 --set drain=0 --set answer=on --set count=50",
	},
	"shm": {
		"--set lock=futex --set workers=3 --set n=300 --set window=yield",
		"--set lock=robust --set workers=2 --set n=0 --set window=sleep --for 600ms --do '200ms kill worker1'",
		"--set lock=futex --set workers=3 --set n=0 --set window=sleep --for 600ms --do '200ms signal worker2 STOP' --do '400ms signal worker2 CONT'",
		"--set lock=semaphore --set workers=2 --set n=200",
		"--set lock=semaphore --set permits=2 --set workers=3 --set n=100 --set window=yield",
		"--set lock=no-undo --set workers=2 --set n=0 --set window=sleep --for 600ms --do '200ms kill worker1'",
		"--set lock=ordered --set workers=3 --set n=200 --set window=yield",
		"--set lock=crossed --set workers=2 --set n=0 --set window=yield --for 600ms",
		"--for 600ms --set work=pages --set n=100 --set visitor=on",
		"--for 700ms --set work=buffer --set workers=3 --set consumers=2 --set n=60 --do '150ms signal consumer1 STOP' --do '350ms signal consumer1 CONT'",
		"--for 600ms --set work=buffer --set slots=1 --set n=0 --set rate=300 --do '300ms kill consumer1'",
		"--for 600ms --set work=swapped --set slots=1",
		"--for 600ms --set work=signal --set n=50 --set rate=200",
		"--set lock=robust --set record=journal --set workers=2 --set n=0 --set window=sleep --for 600ms --do '200ms kill worker1'",
		"--set lock=fcntl --set workers=3 --set n=100 --set window=yield",
		"--set lock=fcntl --set workers=2 --set n=0 --set window=sleep --for 600ms --do '200ms kill worker1'",
		"--set lock=owner-pid --set workers=2 --set n=0 --set window=sleep --set rate=200 --for 900ms --do '200ms kill worker1' --do '500ms reap worker1'",
		"--for 600ms --set work=pages --set n=0 --set rate=200 --set visitor=truncate",
		"--for 600ms --set work=pages --set n=50 --set visitor=remove",
		"--for 600ms --set work=pages --set n=0 --set rate=200 --set object=system-v --set visitor=remove --do '300ms kill worker1'",
		"--for 600ms --set work=pages --set n=50 --set object=system-v --set visitor=on",
	},
	"signals": {
		"--for 500ms --set count=300 --set signal=40",
		"--for 500ms --set count=300 --set signal=10",
		"--for 500ms --set count=300 --set signal=40 --set limit=1000 --set receiver=signalfd",
		"--for 500ms --set count=60 --set signal=40 --set limit=8 --set blocked=on",
		"--for 700ms --set count=0 --set signal=41 --do '200ms signal receiver STOP' --do '400ms signal receiver CONT'",
		"--for 500ms --set count=0 --set signal=41 --do '200ms kill receiver'",
		"--for 700ms --set receiver=handler --set sleep=read --set count=20 --set rate=50",
		"--for 700ms --set receiver=handler --set sleep=read --set sa_restart=off --set count=20 --set rate=50",
		"--for 700ms --set receiver=handler --set sleep=poll --set count=20 --set rate=50",
		"--for 700ms --set receiver=handler --set sleep=pause --set count=200 --set signal=41",
		"--for 700ms --set receiver=handler --set sleep=sigsuspend --set count=200 --set signal=mix",
		"--for 700ms --set receiver=handler --set sleep=pause --set count=0 --do '200ms signal receiver STOP' --do '400ms signal receiver CONT'",
		"--for 700ms --set receiver=handler --set sleep=lock --set guard=on --set count=200 --set signal=41",
		"--for 700ms --set receiver=handler --set sleep=lock --set count=0 --set rate=5000",
		"--for 900ms --set receiver=handler --set children=7 --set reap=all --set signal=probe --set count=0 --do '500ms kill sender'",
		"--for 900ms --set receiver=handler --set signal=KILL --set count=0 --do '300ms set signal = probe' --do '600ms reap receiver'",
	},
}

// calls are those that mechanisms make on their objects; what the large runs make
// comes first.
var calls = []string{"read", "write", "futex", "kill", "rt_sigqueueinfo", "rt_sigtimedwait", "semop", "semtimedop",
	"rt_sigaction", "rt_sigsuspend", "pause", "ppoll", "wait4",
	"shmget", "shmat", "shmctl", "ftruncate", "unlinkat", "fcntl"}

func TestTruthStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: make setup does")
	}
	binary := build(t)
	eachTruth(t, func(t *testing.T, m lab.Mechanism, args []string) {
		dir := t.TempDir()
		events, witness := filepath.Join(dir, "events"), filepath.Join(dir, "strace")
		all := append([]string{"-f", "--seccomp-bpf", "--absolute-timestamps=unix,ns", "-yy", "-s", "0",
			"-e", "trace=rt_sigreturn," + strings.Join(calls, ","), "-e", "signal=none", "-o", witness, binary, "run"}, args...)
		before, _ := wallOffset()
		finish(t, within(t, strace, append(all, "--events", events)...).CombinedOutput)
		after, gap := wallOffset()
		f, err := os.Open(witness)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		seen, err := labtest.ParseStrace(f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range seen {
			seen[i].At -= before
		}
		judge(t, readEvents(t, m, events), seen, max(after-before, before-after)+gap)
	})
}

func TestTruthTracefs(t *testing.T) {
	binary := build(t)
	for _, m := range mechanisms.All {
		t.Run(m.Info().ID, func(t *testing.T) {
			possible(t, m)
			args, known := large[m.Info().ID]
			if !known {
				args = "--for 1s"
			}
			for try := 1; ; try++ {
				log, seen := traced(t, m, binary, words(args))
				if log.dropped == 0 || try == 3 {
					judge(t, log, seen, 1000)
					return
				}
				t.Logf("try %d: the lab could not keep up on this busy machine", try)
			}
		})
	}
}

// large are runs of a hundred thousand calls and more.
var large = map[string]string{
	"pipe":    "--count 60000 --set rate=20000 --set drain=0 --set size=64 --set read_size=64",
	"shm":     "--for 60s --set lock=semaphore --set n=30000",
	"signals": "--for 8s --set count=60000 --set signal=40 --set limit=1000",
}

// traced makes a run beside the kernel's own trace, and reads what both say.
func traced(t *testing.T, m lab.Mechanism, binary string, args []string) (*eventLog, []labtest.Call) {
	t.Helper()
	trace, err := labtest.OpenTracefs(calls[:slices.Index(calls, "semtimedop")]...) // none of the others is made in the runs above
	if err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := trace.Close(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	recording, events := filepath.Join(dir, "run.ipclab"), filepath.Join(dir, "events")
	cmd := within(t, binary, append(append([]string{"run", m.Info().ID}, args...), "--record", recording)...)
	finish(t, func() ([]byte, error) {
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		err := trace.Run(cmd)
		return []byte(out.String()), err
	})
	finish(t, within(t, binary, "replay", recording, "--events", events).CombinedOutput)
	seen, lost, err := trace.Calls()
	if err != nil || lost > 0 {
		t.Fatalf("the kernel's trace lost %d records, error %v", lost, err)
	}
	log := readEvents(t, m, events)
	for i, c := range seen {
		if fd, err := strconv.Atoi(c.Object); err == nil && (c.Name == "read" || c.Name == "write") {
			seen[i].Object = log.descriptors[[2]int{c.PID, fd}]
		}
	}
	return log, seen
}

// eachTruth runs f for every mechanism as it comes, for each of its experiments,
// and for the runs above.
func eachTruth(t *testing.T, f func(t *testing.T, m lab.Mechanism, args []string)) {
	for _, m := range mechanisms.All {
		info := m.Info()
		runs := [][]string{{info.ID, "--for", "500ms"}}
		experiments, err := lessons.Experiments(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range experiments {
			run := []string{info.ID + "/" + e.Name}
			for knob, most := range map[string]int64{"n": 1000, "rate": 1000} { // more of the same says no more
				if e.Set[knob] > most {
					run = append(run, "--set", fmt.Sprint(knob, "=", most))
				}
			}
			runs = append(runs, run)
		}
		for _, line := range truths[info.ID] {
			runs = append(runs, append([]string{info.ID}, words(line)...))
		}
		for _, args := range runs {
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				besideOthers(t, m)
				possible(t, m)
				f(t, m, args)
			})
		}
	}
}

func possible(t *testing.T, m lab.Mechanism) {
	if p, is := m.(lab.Prober); is {
		if err := p.Probe(); err != nil {
			t.Skip(err)
		}
	}
}

// judge compares the log with what the witness saw of the workers' calls on the
// mechanism's own objects.
func judge(t *testing.T, log *eventLog, seen []labtest.Call, slack int64) {
	t.Helper()
	seen = slices.DeleteFunc(seen, func(c labtest.Call) bool { return !log.ours(c) })
	logged := log.calls()
	if log.dropped > 0 && len(logged)+len(seen) > 0 { // without calls there is nothing to miss
		t.Fatalf("the lab dropped %d records: a slower run is needed to compare", log.dropped)
	}
	differences := labtest.Compare(logged, seen, slack)
	t.Logf("%d calls logged, %d seen, %d differences, clocks within %d ns", len(logged), len(seen), len(differences), slack)
	for i, d := range differences {
		if i == 10 {
			t.Errorf("and %d more", len(differences)-i)
			break
		}
		t.Error(d)
	}
}

// build makes the program that is watched, once for all tests.
func build(t *testing.T) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(folder, "ipclab")
	if out, err := exec.Command("go", "build", "-o", binary, "ipclab/cmd/ipclab").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build ipclab: %w\n%s", err, out)
	}
	return binary, nil
})

// folder holds what all tests share.
var folder string

func TestMain(m *testing.M) {
	labtest.Reenter(append(brokenOnes, mechanisms.All...)...)
	var err error
	if folder, err = os.MkdirTemp("", "ipclab-truth-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// within is a command that is stopped if it does not end.
func within(t *testing.T, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// finish runs a command that may end with 1: a run in which somebody was killed.
func finish(t *testing.T, run func() ([]byte, error)) {
	t.Helper()
	begin := time.Now()
	out, err := run()
	exit, is := errors.AsType[*exec.ExitError](err)
	if err != nil && (!is || exit.ExitCode() != 1) {
		t.Fatalf("after %v: %v\n%s", time.Since(begin), err, out)
	}
}

// wallOffset is how far the wall clock, strace's, is ahead of the monotonic one,
// the lab's, and how well that is known.
func wallOffset() (offset, within int64) {
	within = 1 << 62
	for range 100 {
		var a, w, b unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &a)
		_ = unix.ClockGettime(unix.CLOCK_REALTIME, &w)
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &b)
		if gap := b.Nano() - a.Nano(); gap < within {
			offset, within = w.Nano()-(a.Nano()+b.Nano())/2, gap
		}
	}
	return offset, within
}

// words splits as a shell does, as far as is needed here: by spaces, but not
// between single quotes.
func words(s string) (all []string) {
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}
