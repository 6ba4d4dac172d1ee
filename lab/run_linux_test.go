package lab_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/mechanisms/pipe"
)

// tape is a sink whose events a test may look at while the run goes on.
type tape struct {
	mu     sync.Mutex
	heads  []lab.Header
	es     []lab.Event
	ends   int
	seen   map[int]time.Time // when an exit came, by process
	aggs   []lab.Aggregate
	broken string
}

func (t *tape) Start(h *lab.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heads, t.es, t.seen = append(t.heads, *h), nil, map[int]time.Time{}
}

func (t *tape) Records(es []lab.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range es {
		if want := uint64(len(t.es) + 1); e.Seq != want {
			t.broken = "sequence numbers do not go on one by one"
		}
		t.es = append(t.es, e)
		if e.Kind == lab.Exit {
			t.seen[int(e.Proc)] = time.Now()
		}
	}
}

func (t *tape) Aggregate(a *lab.Aggregate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aggs = append(t.aggs, *a)
}

func (t *tape) End(*lab.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends++
}

func (t *tape) count(f func(lab.Event) bool) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.es {
		if f(e) {
			n++
		}
	}
	return n
}

func start(t *testing.T, o lab.Options) (*lab.Run, *tape) {
	t.Helper()
	return startOf(t, pipe.Mechanism, o)
}

func startOf(t *testing.T, m lab.Mechanism, o lab.Options) (*lab.Run, *tape) {
	t.Helper()
	r, err := lab.Start(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Stop()
		<-r.Done()
	})
	tp := &tape{}
	r.Attach(tp)
	return r, tp
}

// until waits for something that must come, however busy the machine is.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func do(t *testing.T, r *lab.Run, actions ...string) {
	t.Helper()
	for _, a := range actions {
		if err := r.Do(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
}

func isKind(k lab.Kind, proc uint16) func(lab.Event) bool {
	return func(e lab.Event) bool {
		return e.Kind == k && (proc == 0 || e.Proc == proc) && e.Flags&(lab.Open|lab.Settles) == 0
	}
}

func atGate(e lab.Event) bool {
	return e.Kind == lab.State && lab.Fact(e.Call) == lab.FactGate && e.Ret == 1
}

// step lets one operation go, once the worker stands at its gate.
func step(t *testing.T, r *lab.Run, role string) {
	t.Helper()
	until(t, role+" can go", func() bool { return r.Do("step "+role) == nil })
}

// In Step exactly the operations happen that somebody let go, in that order.
func TestStep(t *testing.T) {
	r, tp := start(t, lab.Options{Mode: lab.Step})
	until(t, "both stand at their gates", func() bool { return tp.count(atGate) == 2 })
	if n := tp.count(isKind(lab.Send, 0)) + tp.count(isKind(lab.Recv, 0)); n != 0 {
		t.Fatalf("%d operations before anybody was let go", n)
	}
	for i, role := range []string{"writer", "writer", "reader", "writer", "reader", "reader"} {
		step(t, r, role)
		until(t, "the operation is done", func() bool {
			return tp.count(isKind(lab.Send, 0))+tp.count(isKind(lab.Recv, 0)) == i+1
		})
	}
	var order []uint16
	for _, e := range tp.es {
		if e.Kind == lab.Send || e.Kind == lab.Recv {
			order = append(order, e.Proc)
			if e.Flags&lab.Paced == 0 {
				t.Errorf("record %d does not say that it was paced", e.Seq)
			}
		}
	}
	if want := []uint16{1, 1, 2, 1, 2, 2}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	step(t, r, "reader") // nothing to read: it sleeps
	until(t, "the reader blocks", func() bool { return tp.count(isKind(lab.Block, 2)) == 1 })
	if err := r.Do("step reader"); err == nil || !strings.Contains(err.Error(), "pipe_read") {
		t.Errorf("step of a sleeper: %v, want an error that says where it sleeps", err)
	}
	step(t, r, "writer")
	until(t, "the reader goes on", func() bool { return tp.count(isKind(lab.Recv, 2)) == 4 })
}

// "next block" goes on until somebody sleeps; the order comes from the seed.
func TestNextBlock(t *testing.T) {
	r, tp := start(t, lab.Options{Mode: lab.Step, Seed: 7})
	until(t, "both stand at their gates", func() bool { return tp.count(atGate) == 2 })
	do(t, r, "next block")
	until(t, "somebody blocks", func() bool { return tp.count(isKind(lab.Block, 0)) >= 1 })
	n := tp.count(isKind(lab.Send, 0))
	time.Sleep(50 * time.Millisecond)
	if m := tp.count(isKind(lab.Send, 0)); m > n+1 {
		t.Errorf("it went on after the block: %d sends, then %d", n, m)
	}
}

// A restart brings new processes under the same run, with the settings as turned.
func TestRestart(t *testing.T) {
	r, tp := start(t, lab.Options{})
	until(t, "something is received", func() bool { return tp.count(isKind(lab.Recv, 0)) > 0 })
	do(t, r, "set readers = 3", "restart")
	until(t, "the second epoch runs", func() bool {
		tp.mu.Lock()
		defer tp.mu.Unlock()
		return len(tp.heads) == 2 && slices.ContainsFunc(tp.es, isKind(lab.Recv, 0))
	})
	tp.mu.Lock()
	defer tp.mu.Unlock()
	if h := tp.heads[1]; h.Epoch != 2 || len(h.Scene.Procs) != 4 || h.Run != tp.heads[0].Run {
		t.Errorf("second epoch: %d with %d processes in run %s, want 2 with 4 in %s", h.Epoch, len(h.Scene.Procs), h.Run, tp.heads[0].Run)
	}
	if tp.ends != 1 || tp.broken != "" {
		t.Errorf("%d ends, want 1; %s", tp.ends, tp.broken)
	}
}

// A killed process is shown at once; what it was doing is unknown at first.
func TestKillShown(t *testing.T) {
	r, tp := start(t, lab.Options{Settings: lab.Settings{"rate": 0, "drain": 1, "size": 4096}})
	until(t, "the writer blocks", func() bool { return tp.count(isKind(lab.Block, 1)) > 0 })
	at := time.Now()
	do(t, r, "kill writer")
	until(t, "its end is shown", func() bool { return tp.count(isKind(lab.Exit, 1)) == 1 })
	tp.mu.Lock()
	late := tp.seen[1].Sub(at)
	tp.mu.Unlock()
	t.Logf("shown after %v", late)
	if n := tp.count(func(e lab.Event) bool { return e.Flags&lab.Open != 0 && e.Kind == lab.Send && e.Proc == 1 }); n != 1 {
		t.Errorf("%d open calls, want 1", n)
	}
	do(t, r, "set drain = 0")
	until(t, "the open call is settled", func() bool {
		return tp.count(func(e lab.Event) bool { return e.Flags&lab.Settles != 0 && e.Proc == 1 }) == 1
	})
	if err := r.Do("kill writer"); err == nil {
		t.Error("killed a process twice")
	}
}

// Knobs turn while it runs, and the pipe's capacity is what the kernel made of it.
func TestKnobs(t *testing.T) {
	r, tp := start(t, lab.Options{Settings: lab.Settings{"rate": 200, "drain": 0}}) // a pipe that holds more than asked for would stay as it is
	do(t, r, "set size = 100", "set capacity = 5000")
	until(t, "writes are 100 bytes long", func() bool {
		return tp.count(func(e lab.Event) bool { return e.Kind == lab.Send && e.Want == 100 }) > 0
	})
	until(t, "the capacity is read back", func() bool {
		return tp.count(func(e lab.Event) bool {
			return e.Kind == lab.State && lab.Fact(e.Call) == lab.FactCapacity && e.Level == 8192
		}) > 0
	})
	for _, bad := range []string{"set size = 0", "set writers = 99", "signal reader 99", "step reader", "fly", "wait reader"} {
		if err := r.Do(bad); err == nil {
			t.Errorf("%q was carried out", bad)
		}
	}
}

// STOP of both ends, then kill of the lab's run: nothing is left.
func TestStopWithStoppedWorkers(t *testing.T) {
	r, tp := start(t, lab.Options{Once: true})
	do(t, r, "signal reader STOP", "signal writer STOP")
	until(t, "both are stopped", func() bool {
		return tp.count(func(e lab.Event) bool {
			return e.Kind == lab.State && lab.Fact(e.Call) == lab.FactState && e.Data[0] == 'T'
		}) >= 2
	})
	r.Stop()
	o, err := r.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range o.Procs {
		if err := unix.Kill(p.PID, 0); !errors.Is(err, unix.ESRCH) {
			t.Errorf("%s (%d) is still there: %v", p.Role, p.PID, err)
		}
	}
	if o.Agrees != nil && !*o.Agrees {
		t.Error("calls and kernel do not agree")
	}
}

// At full speed aggregates come, and their counters are the exact ones.
func TestAggregates(t *testing.T) {
	r, tp := start(t, lab.Options{Once: true, Settings: lab.Settings{"rate": 0, "drain": 0, "size": 512, "read_size": 512}})
	until(t, "twenty aggregates have come", func() bool {
		tp.mu.Lock()
		defer tp.mu.Unlock()
		return len(tp.aggs) >= 20
	})
	r.Stop()
	o, err := r.Wait()
	if err != nil {
		t.Fatal(err)
	}
	var sent uint64
	latencies := uint32(0)
	for _, a := range tp.aggs {
		if a.Procs[0].Sent < sent {
			t.Errorf("sent went down from %d to %d", sent, a.Procs[0].Sent)
		}
		sent = a.Procs[0].Sent
		for _, n := range a.Latency {
			latencies += n
		}
		if p := a.Parts[0]; p.Min > p.Mean || p.Mean > p.Max || p.Max > p.Cap {
			t.Errorf("levels out of order: %+v", p)
		}
	}
	if sent == 0 || sent > o.Totals.Sent || latencies == 0 {
		t.Errorf("aggregates: %d sent of %d, %d latencies", sent, o.Totals.Sent, latencies)
	}
	if tp.broken != "" {
		t.Error(tp.broken)
	}
}

// Too much is refused before anything is started.
func TestBudget(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Skip(err)
	}
	low := old
	low.Cur = 80
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Skip(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
	before, _ := os.ReadDir("/proc/self/fd")
	_, err := lab.Start(t.Context(), pipe.Mechanism, lab.Options{Settings: lab.Settings{"writers": 8, "readers": 8}})
	after, _ := os.ReadDir("/proc/self/fd")
	if b, ok := errors.AsType[*lab.Budget](err); !ok || b.Asked != 16 || b.Left >= 16 {
		t.Errorf("got %v, want a refusal with both numbers", err)
	}
	if len(after) != len(before) {
		t.Errorf("%d descriptors before, %d after a refusal", len(before), len(after))
	}
}

// Runs leave no descriptors, mappings or threads behind in the lab.
func TestRunsLeaveNothing(t *testing.T) {
	one := func() { labtest.Record(t, pipe.Mechanism, lab.Options{Count: 3}, 5*time.Second) }
	one()
	fds, _ := os.ReadDir("/proc/self/fd")
	maps, _ := os.ReadFile("/proc/self/maps")
	for range 10 {
		one()
	}
	fds2, _ := os.ReadDir("/proc/self/fd")
	maps2, _ := os.ReadFile("/proc/self/maps")
	if n := strings.Count(string(maps2), "ipclab-"); n > strings.Count(string(maps), "ipclab-") || len(fds2) > len(fds) {
		t.Errorf("after ten runs: %d descriptors, before %d; %d mappings of ours", len(fds2), len(fds), n)
	}
}
