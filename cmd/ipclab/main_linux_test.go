package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/mechanisms"
)

// The test binary stands for ipclab: started with this variable it is the program.
const asProgram = "IPCLAB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	labtest.Reenter(mechanisms.All...)
	if os.Getenv(asProgram) != "" {
		exit(dispatch(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// call runs ipclab and returns what it printed and its exit status.
func call(t *testing.T, args ...string) (out, errs string, status int) {
	t.Helper()
	cmd := program(t, args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return o.String(), e.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), 0
}

// What is typed wrongly ends with 2 and says what was expected.
func TestUsage(t *testing.T) {
	for args, says := range map[string]string{
		"dance":                                 "there is no command",
		"run":                                   "ipclab list names them",
		"run smoke":                             "no mechanism \"smoke\"",
		"run pipe/nothing":                      "no experiment \"nothing\"",
		"run pipe --set size=0":                 "from 1 to 1048576",
		"run pipe --set colour=1":               "choose writers, readers",
		"run pipe --set size":                   "knob=value",
		"run pipe --mode warp":                  "full, slow or step",
		"run pipe --trace some":                 "full, counters or off",
		"run pipe --for -1s":                    "from 1ms to 24h",
		"run pipe --do soon":                    "begin with a time",
		"run pipe --do 1s_fly":                  "begin with a time",
		"run pipe --set writers=9":              "from 1 to 8",
		"run pipe extra":                        "takes 0 arguments",
		"run pipe --record /no/such/folder/f":   "write recording",
		"list extra":                            "takes 0 arguments",
		"replay":                                "replay which recording",
		"serve --listen nonsense --open=false":  "nonsense",
		"run pipe --set readers=99999999999999": "choose from 1 to 8",
	} {
		_, errs, status := call(t, strings.Fields(args)...)
		if status != 2 || !strings.Contains(errs, says) {
			t.Errorf("ipclab %s: status %d, want 2, and an error that says %q: %s", args, status, says, errs)
		}
	}
}

// The JSON summary has the fields that teachers' scripts rely on.
func TestRunJSON(t *testing.T) {
	out, errs, status := call(t, "run", "pipe", "--count", "50", "--set", "rate=0", "--set", "drain=0", "--json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, key := range []string{"mechanism", "settings", "seconds", "procs", "parts", "totals", "events", "agrees"} {
		if _, ok := o[key]; !ok {
			t.Errorf("no %q in %s", key, out)
		}
	}
	totals := o["totals"].(map[string]any)
	if totals["sent"] != 50.0 || totals["lost"] != 0.0 {
		t.Errorf("totals are %v, want 50 sent and none lost", totals)
	}
	proc := o["procs"].([]any)[0].(map[string]any)
	for _, key := range []string{"role", "pid", "sent", "received", "bytes_sent", "bytes_received", "blocked_in", "exit"} {
		if _, ok := proc[key]; !ok {
			t.Errorf("no %q in %v", key, proc)
		}
	}
}

// A line of --events has the fields of the contract, a write is a write, and the
// recording of the same run holds the same records.
func TestRunEvents(t *testing.T) {
	dir := t.TempDir()
	rec := filepath.Join(dir, "run.ipclab")
	out, errs, status := call(t, "run", "pipe", "--count", "10", "--events", "-", "--record", rec)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	n, writes := 0, 0
	for line := range strings.Lines(out) {
		n++
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		for _, key := range strings.Fields("seq t dur kind call proc pid tid part object want ret err msg level flags") {
			if _, ok := l[key]; !ok {
				t.Errorf("no %q in %s", key, line)
			}
		}
		if l["kind"] == "send" {
			writes++
			if l["call"] != "write" || l["ret"] != 4096.0 || !strings.HasPrefix(l["object"].(string), "pipe:[") {
				t.Errorf("not a write of 4096 bytes into a pipe: %s", line)
			}
		}
	}
	if writes != 10 {
		t.Errorf("%d writes, want 10", writes)
	}
	f, err := os.Open(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := lab.ReadRecording(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events) != n {
		t.Errorf("recorded %d events, --events wrote %d", len(r.Events), n)
	}
}

// A death that nobody asked for ends with 1; one that was asked for does not.
func TestExitStatus(t *testing.T) {
	if _, errs, status := call(t, "run", "pipe", "--for", "300ms", "--do", "100ms kill reader"); status != 0 {
		t.Errorf("asked for: status %d, %s", status, errs)
	}
	cmd := program(t, "run", "pipe", "--for", "5s", "--events", "-")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(out)
	killed := false
	for {
		var l struct {
			Kind, Proc string
			PID        int
		}
		if dec.Decode(&l) != nil {
			break
		}
		if l.Kind == "recv" && !killed {
			killed = true
			if err := syscall.Kill(l.PID, syscall.SIGKILL); err != nil { // from outside
				t.Error(err)
			}
		}
		if l.Kind == "exit" && l.Proc == "reader" {
			_ = cmd.Process.Signal(os.Interrupt) // enough seen
		}
	}
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 1 {
		t.Errorf("not asked for: ended with %v, want status 1: %s", exit, errs.String())
	}
	if !strings.Contains(errs.String(), "reader") || !strings.Contains(errs.String(), "SIGKILL") {
		t.Errorf("the error names neither the process nor the signal: %s", errs.String())
	}
}

// kill -9 of the lab leaves nothing: no process, running or stopped, and no object.
func TestKillLab(t *testing.T) {
	kinds := [][]string{{"shm", "--set", "n=0", "--set", "lock=semaphore"}, {"shm", "--set", "n=0", "--set", "work=pages"},
		{"shm", "--set", "n=0", "--set", "work=pages", "--set", "object=system-v"}} // these make an object with a name
	for _, m := range mechanisms.All {
		kinds = append(kinds, []string{m.Info().ID})
	}
	for _, kind := range kinds {
		m := mechanisms.All[slices.IndexFunc(mechanisms.All, func(m lab.Mechanism) bool { return m.Info().ID == kind[0] })]
		for _, stop := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v stopped=%v", kind, stop), func(t *testing.T) {
				before := objects(t)
				cmd := program(t, slices.Concat([]string{"run"}, kind, []string{"--for", "60s", "--events", "-"})...)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				pids := spawned(t, json.NewDecoder(out), len(m.Scene(defaults(m)).Procs))
				if stop {
					for _, pid := range pids {
						_ = syscall.Kill(pid, syscall.SIGSTOP)
					}
				}
				time.Sleep(50 * time.Millisecond)
				if len(kind) > 1 && len(objects(t)) <= len(before) {
					t.Error("no object was made: nothing is tested")
				}
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				deadline := time.Now().Add(5 * time.Second)
				for alive(pids) > 0 || len(objects(t)) > len(before) {
					if time.Now().After(deadline) {
						t.Fatalf("left behind: %d of %d processes; objects %v, before %v", alive(pids), len(pids), objects(t), before)
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
	}
}

func defaults(m lab.Mechanism) lab.Settings { return labtest.Settings(m, nil) }

// spawned reads events until all workers are there.
func spawned(t *testing.T, dec *json.Decoder, want int) (pids []int) {
	for len(pids) < want {
		var l struct {
			Kind string
			PID  int
		}
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Kind == "spawn" {
			pids = append(pids, l.PID)
		}
	}
	return pids
}

// alive counts the processes that are there and not zombies of somebody else.
func alive(pids []int) (n int) {
	for _, pid := range pids {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err == nil && !bytes.Contains(b, []byte(") Z")) {
			n++
		}
	}
	return n
}

// objects lists what System V and the file system hold of ipclab.
func objects(t *testing.T) (all []string) {
	t.Helper()
	for _, kind := range []string{"sem", "shm", "msg"} {
		b, err := os.ReadFile("/proc/sysvipc/" + kind)
		if err != nil {
			continue
		}
		for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			if i > 0 {
				all = append(all, kind+" "+strings.Join(strings.Fields(line)[:2], " "))
			}
		}
	}
	for _, pattern := range []string{"/dev/shm/ipclab*", filepath.Join(os.TempDir(), fmt.Sprintf("ipclab-%d", os.Getuid()), "*")} {
		names, _ := filepath.Glob(pattern)
		all = append(all, names...)
	}
	return all
}

func TestList(t *testing.T) {
	out, _, status := call(t, "list", "--json")
	var all []listed
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 || len(all) != len(mechanisms.All) {
		t.Errorf("list --json: status %d, %v, %d mechanisms", status, err, len(all))
	}
	text, _, _ := call(t, "list")
	for _, m := range mechanisms.All {
		if !strings.Contains(text, m.Info().ID) || !strings.Contains(text, m.Info().Sentence) {
			t.Errorf("list does not tell of %s", m.Info().ID)
		}
	}
}
