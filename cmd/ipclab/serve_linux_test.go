package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"ipclab/lab"
)

// A lab prints its address, answers there, and ends with all its processes on a
// signal. A second one on the same port takes the next and says so.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := l.Addr().String()
	defer l.Close()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd := program(t, "--open=false", "--listen", taken)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		var said []string
		for len(said) < 2 && lines.Scan() {
			said = append(said, lines.Text())
		}
		first, url, ok := strings.Cut(said[0], "ipclab is at ")
		if first != "" || !ok || !strings.Contains(said[1], taken+" is taken") {
			t.Errorf("it said %q", said)
		}
		resp, err := http.Get(url)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("open %s: %v, %v", url, resp, err)
		}
		resp.Body.Close()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("after %v: %v", s, err)
			}
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			t.Fatalf("after %v it goes on", s)
		}
	}
}

// What a recording holds is what the run told: the same events, the same summary.
func TestReplay(t *testing.T) {
	dir := t.TempDir()
	rec, live, again := filepath.Join(dir, "a.ipclab"), filepath.Join(dir, "live"), filepath.Join(dir, "again")
	out, errs, status := call(t, "run", "pipe", "--set", "rate=200", "--set", "drain=20", "--for", "1s", "--record", rec, "--events", live, "--json")
	if status != 0 {
		t.Fatalf("run: status %d: %s", status, errs)
	}
	summed, errs, status := call(t, "replay", rec, "--events", again, "--json")
	if status != 0 {
		t.Fatalf("replay: status %d: %s", status, errs)
	}
	a, errA := os.ReadFile(live)
	b, errB := os.ReadFile(again)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("the events differ: %d and %d bytes (%v, %v)", len(a), len(b), errA, errB)
	}
	var want, got lab.Outcome
	if json.Unmarshal([]byte(out), &want) != nil || json.Unmarshal([]byte(summed), &got) != nil {
		t.Fatalf("no JSON: %q, %q", out, summed)
	}
	want.Seconds, got.Seconds, want.Records, got.Records = 0, 0, lab.Records{}, lab.Records{} // the file has also the lab's own records
	if !reflect.DeepEqual(got, want) {
		t.Errorf("summary\n got %s\nwant %s", summed, out)
	}
	whole, err := os.ReadFile(rec)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.ipclab")
	if err := os.WriteFile(cut, whole[:len(whole)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	prefix, errs, status := call(t, "replay", cut, "--events", "-")
	if status != 1 || !strings.Contains(errs, "damaged from byte") || prefix == "" || !strings.HasPrefix(string(a), prefix) {
		t.Errorf("a cut recording: status %d, %d bytes of events, %s", status, len(prefix), errs)
	}
	for _, bad := range []string{"/no/such/file", os.Args[0]} {
		if _, errs, status := call(t, "replay", bad); status != 2 || !strings.Contains(errs, "open") {
			t.Errorf("replay %s: status %d: %s", bad, status, errs)
		}
	}
}
