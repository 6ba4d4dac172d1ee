package mechanisms_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// What claims are told of real processes is what /proc says of them, what the run's
// outcome says, and what their recording says.

// watched is a run, and the book that is kept of it.
type watched struct {
	*testing.T
	run  *lab.Run
	info lab.Info
	book *lessons.Book
	tape *labtest.Tape
	now  *lessons.Values // as they were when until was satisfied
	o    *lab.Outcome
	es   []lab.Event // what had been told by then
}

func watch(t *testing.T, id string, o lab.Options, do ...string) *watched {
	t.Helper()
	m := mechanisms.Find(id)
	possible(t, m)
	run, err := lab.Start(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Stop()
		<-run.Done()
	})
	w := &watched{T: t, run: run, info: m.Info(), book: lessons.NewBook(), tape: &labtest.Tape{}}
	run.Attach(w.book)
	run.Attach(w.tape)
	for _, action := range do {
		w.do(action)
	}
	return w
}

func (w *watched) do(action string) {
	w.Helper()
	if err := w.run.Do(action); err != nil {
		w.Fatal(err)
	}
}

func (w *watched) compile(source string) *lessons.Expr {
	w.Helper()
	h := w.run.Header()
	e := &lessons.Expr{Source: source}
	if err := lessons.Compile(e, &w.info, &h.Scene); err != nil {
		w.Fatalf("%s: %v", source, err)
	}
	return e
}

// until waits until all of it holds in several looks, so that nothing moves any more.
func (w *watched) until(sources ...string) {
	w.Helper()
	e := w.compile(strings.Join(sources, " and "))
	held := 0
	for end := time.Now().Add(time.Minute); held < 4; time.Sleep(40 * time.Millisecond) {
		err := w.run.Examine(func(o *lab.Outcome) { w.now, w.o, w.es = w.book.Values(o, lessons.Extra{}), o, w.tape.Events })
		if err != nil {
			w.Fatal(err)
		}
		so, err := e.Eval(w.now)
		if held++; !so || err != nil {
			held = 0
		}
		if time.Now().After(end) {
			w.Fatalf("%s: %t, %v; %v", e.Source, so, err, e.Sides(w.now))
		}
	}
}

// holds checks claims on what was so at last, and that the recording of it says the
// same without an outcome; not of those that need one.
func (w *watched) holds(sources ...string) {
	w.Helper()
	for name, v := range map[string]*lessons.Values{"live": w.now, "recorded": w.recorded()} {
		for _, source := range sources {
			if e := w.compile(source); name == "live" || !e.Mentions("reordered") && !e.Mentions("duplicated") {
				if so, err := e.Eval(v); !so || err != nil {
					w.Errorf("%s: %s: %t, %v; %v", name, source, so, err, e.Sides(v))
				}
			}
		}
	}
}

// recorded tells what the recording of the run says, up to the same moment.
func (w *watched) recorded() *lessons.Values {
	w.Helper()
	h := w.run.Header()
	var file bytes.Buffer
	if err := lab.WriteRecording(&file, &h, w.es, nil); err != nil {
		w.Fatal(err)
	}
	rec, err := lab.OpenRecording(&file)
	if err != nil {
		w.Fatal(err)
	}
	book := lessons.NewBook()
	book.Start(&rec.Header)
	for {
		es, _, err := rec.Next()
		if err == io.EOF {
			return book.Values(nil, lessons.Extra{})
		}
		if err != nil {
			w.Fatal(err)
		}
		book.Records(es)
	}
}

// proc reads a file of a process; field is a line's beginning, or empty.
func (w *watched) proc(role, file, field string) string {
	w.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", w.o.Proc(role).PID, file))
	if err != nil {
		w.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			return strings.TrimSpace(rest)
		}
	}
	w.Fatalf("/proc of %s: no %q in %s", role, field, b)
	return ""
}

// syscall is the number of the call in which a process sleeps, and its first argument.
func (w *watched) syscall(role string) (nr, arg int) {
	w.Helper()
	f := strings.Fields(w.proc(role, "syscall", ""))
	if len(f) < 2 {
		w.Skipf("/proc/PID/syscall says %q", f)
	}
	nr, _ = strconv.Atoi(f[0])
	n, _ := strconv.ParseInt(f[1], 0, 64)
	return nr, int(n)
}

func TestClaimsOnPipe(t *testing.T) {
	for _, c := range []struct {
		size, bytes int
	}{{2049, 16 * 2049}, {4096, 65536}, {100, 64000}} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			w := watch(t, "pipe", lab.Options{Settings: lab.Settings{"size": int64(c.size), "rate": 2000, "drain": 2000}, Mode: lab.Step})
			w.until(`reader.state == "held" and pipe.readers == 1`)
			if c.size != 4096 { // a page that was read in part holds fewer
				w.do("signal reader STOP")
				w.do("mode full")
			} else {
				w.do("mode full")
				w.until(`received > 20`)
				w.do("signal reader STOP")
			}
			w.until(`writer.blocked_in == "pipe_write"`, `reader.state == "stopped"`, `agrees`)
			nr, fd := w.syscall("writer")
			reads, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/%d", w.o.Proc("reader").PID, w.fd("reader")), os.O_RDONLY|unix.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			unread, err := unix.IoctlGetInt(int(reads.Fd()), unix.TIOCINQ)
			reads.Close() // it is a reader too
			if err != nil || nr != unix.SYS_WRITE || unread != c.bytes {
				t.Errorf("the kernel says %d bytes, error %v, call %d; want %d bytes", unread, err, nr, c.bytes)
			}
			w.holds(fmt.Sprintf(`pipe.bytes == %d and pipe.level == pipe.bytes`, unread),
				fmt.Sprintf(`writer.fd(%d).how == "writes" and writer.fd(%d).target == pipe.object`, fd, fd),
				`writer.writes_io + 1 == writer.calls("write")`, // the kernel counts a call when it returns
				`pipe.writers == 1 and pipe.readers == 1 and pipe.capacity == 65536`, `lost == 0 and torn == 0 and dropped == 0 and not sampled`,
				`reordered == 0 and duplicated == 0`, `sent == writer.sent and writer.calls("write") == sent + 1 and writer.bytes_sent == sent * `+fmt.Sprint(c.size),
				`writer.bytes_sent - reader.bytes_received - pipe.bytes <= 4096`, // it may have been stopped after a read, before it noted it
				`waitfor[0].from == "writer" and waitfor[0].to == "reader" and not has_cycle(waitfor)`,
				fmt.Sprintf(`writer.switches == %s`, w.proc("writer", "status", "voluntary_ctxt_switches:")),
				fmt.Sprintf(`pipe.object == "%s"`, w.link("writer", fd)), `writer.was("sleeping") and writer.slept_in("pipe_write") and not writer.was("stopped")`,
				`writer.exit == nil and zombies == 0 and writer.gate == ""`, `count_of("writer", "send") == sent`)
			if so, err := w.compile(`pipe.pages == 16`).Eval(w.now); !so && (err == nil || c.size != 4096) {
				t.Errorf("the pipe is full, yet %v", w.compile(`pipe.pages == 16`).Sides(w.now))
			} else if err != nil {
				t.Log(err) // for the same reason
			}
			w.same()
			w.do("kill reader")
			w.until(`writer.state == "gone"`)
			w.holds(`writer.exit.signal == "SIGPIPE" and reader.exit.signal == "SIGKILL"`, `pipe.readers == 0 and pipe.writers == 0`, `before(last_of("reader", "fault"), first("writer", "exit"))`,
				`count(events, .role == "writer" and .kind == "send" and not .open and .ret == 0) == 1`)
		})
	}
}

// fd is the descriptor of a role.
func (w *watched) fd(role string) int {
	w.Helper()
	for n := range 64 {
		if so, err := w.compile(fmt.Sprintf(`%s.fd(%d) != nil`, role, n)).Eval(w.now); err == nil && so {
			return n
		}
	}
	w.Fatalf("%s has no descriptor", role)
	return 0
}

func (w *watched) link(role string, fd int) string {
	w.Helper()
	s, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", w.o.Proc(role).PID, fd))
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// same checks every number and text that both the run and its recording know.
func (w *watched) same() {
	w.Helper()
	h := w.run.Header()
	recorded, compared := w.recorded(), 0
	for _, p := range h.Scene.Procs {
		w.sameOf("process", p.Role, recorded, &compared)
	}
	for _, p := range h.Scene.Parts {
		w.sameOf(string(p.Type), p.ID, recorded, &compared)
	}
	w.sameOf("", "", recorded, &compared)
	if compared < 30 {
		w.Errorf("only %d values could be compared", compared)
	}
}

func (w *watched) sameOf(typ, name string, recorded *lessons.Values, compared *int) {
	w.Helper()
	h := w.run.Header()
	for _, n := range lessons.Vocabulary(&w.info, &h.Scene) {
		full := n.Name
		if name != "" {
			full = name + "." + n.Name
		}
		if n.Of != typ || n.Name == "seconds" || n.Type != "number" && n.Type != "text" && n.Type != "yes or no" || strings.Contains(n.Name, "(") {
			continue
		}
		e := &lessons.Expr{Source: full + ` == ` + full}
		if err := lessons.Compile(e, &w.info, &h.Scene); err != nil {
			continue // the part has another name
		}
		live, then := e.Sides(w.now)[0], e.Sides(recorded)[0]
		if strings.HasPrefix(live.Value, "not known") || strings.HasPrefix(then.Value, "not known") {
			continue
		}
		if *compared++; !reflect.DeepEqual(live, then) {
			w.Errorf("%s is %s in the run, %s in its recording", full, live.Value, then.Value)
		}
	}
}

func TestClaimsOnSharedMemory(t *testing.T) {
	t.Run("lock", func(t *testing.T) {
		w := watch(t, "shm", lab.Options{Settings: w3("lock", 3, "workers", 3, "n", 40, "window", 2)})
		w.until(`all(workers, .state == "gone")`)
		w.holds(`counter == 120 and expected == 120 and lost == 0 and agrees`, `all(workers, .sent == 40)`, `own1.value == 40 and own2.value == 40 and own3.value == 40`,
			`lock.owner == "" and lock.value == 0 and lock.sleepers == 0 and not lock.owner_died`, `count_of("", "unlock") == 120`,
			`worker1.calls("futex") + worker2.calls("futex") + worker3.calls("futex") == count(events, .call == "futex" and .dur_ms > 0)`, `page.attached == 0`)
		w.same()
	})
	t.Run("crossed", func(t *testing.T) {
		w := watch(t, "shm", lab.Options{Settings: w3("lock", 10, "workers", 2, "n", 0, "window", 2)})
		w.until(`has_cycle(waitfor)`)
		nr, addr := w.syscall("worker1")
		if nr != unix.SYS_FUTEX {
			t.Errorf("worker1 sleeps in call %d", nr)
		}
		w.holds(`len(waitfor) == 2`, `worker1.blocked_in == "futex" and worker2.blocked_in == "futex"`, fmt.Sprintf(`worker1.addr("lock2") == %d or worker1.addr("lock") == %d`, addr, addr),
			`lock.sleepers == 1 and lock2.sleepers == 1 and lock.owner != lock2.owner`, `counter == expected`, `page.attached == 2`,
			`bitand(lock.value, 1073741823) == worker1.pid or bitand(lock.value, 1073741823) == worker2.pid`)
		w.same()
	})
	t.Run("owner dies", func(t *testing.T) {
		w := watch(t, "shm", lab.Options{Settings: w3("lock", 3, "workers", 2, "n", 0, "record", 1), Mode: lab.Step})
		w.stepTo("worker1", "write")
		w.do("step worker1")
		w.until(`worker1.state == "held" and worker1.gate == "write"`)
		w.do("kill worker1")
		w.until(`worker1.state == "gone"`, `lock.owner == "worker1"`)
		w.holds(`record.torn`, `count(record.words, # == 11) == 1 and count(record.words, # == 0) == 7`, `bitand(lock.value, 1073741823) == worker1.pid`, `counter == 1 and lost == 0`)
		w.same()
	})
	t.Run("semaphore", func(t *testing.T) {
		w := watch(t, "shm", lab.Options{Settings: w3("lock", 5, "workers", 2, "n", 0), Mode: lab.Step})
		w.stepTo("worker1", "load")
		w.stepTo("worker2", "try")
		w.do("step worker2")
		w.until(`worker2.blocked_in == "semop"`, `sem.value == 0`)
		w.holds(`sem.sleepers == 1 and waitfor[0].from == "worker2" and waitfor[0].to == "worker1"`, `worker1.calls("semop") == 1 and worker2.calls("semop") == 1`)
		w.same()
	})
}

// stepTo lets a worker go until it waits at a gate.
func (w *watched) stepTo(role, gate string) {
	w.Helper()
	at := func() string {
		stands, err := w.run.Stands()
		if err != nil {
			w.Fatal(err)
		}
		for _, s := range stands {
			if s.Role == role {
				return s.Gate
			}
		}
		return ""
	}
	for end := time.Now().Add(time.Minute); at() == ""; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not come to a gate", role)
		}
	}
	for end := time.Now().Add(time.Minute); at() != gate; time.Sleep(2 * time.Millisecond) {
		if at() != "" {
			w.do("step " + role)
		}
		if time.Now().After(end) {
			w.Fatalf("%s does not come to the gate %s", role, gate)
		}
	}
}

// w3 makes settings of names and values.
func w3(pairs ...any) lab.Settings {
	s := lab.Settings{}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i].(string)] = int64(pairs[i+1].(int))
	}
	return s
}

func TestClaimsOnSignals(t *testing.T) {
	w := watch(t, "signals", lab.Options{Settings: lab.Settings{"signal": 0, "count": 13, "blocked": 1, "limit": 1000}})
	w.until(`sender.state == "gone"`, `len(receiver.pending) > 0`, `agrees`)
	mask, err := strconv.ParseUint(w.proc("receiver", "status", "ShdPnd:"), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	var pending []string
	for n := 1; n <= 64; n++ {
		if mask&(1<<(n-1)) != 0 {
			name := unix.SignalName(unix.Signal(n))
			if name == "" {
				name = fmt.Sprint("SIG", n)
			}
			pending = append(pending, strconv.Quote(name))
		}
	}
	w.holds(`receiver.pending == [`+strings.Join(pending, ", ")+`]`, `sent == 13 and received == 0`, `signals.queued == 9`, `sender.sent_signals("SIGUSR1") == 5 and sender.sent_signals("SIG38") == 2`,
		`lost == 4`, `all(receiver.pending, # in receiver.blocked_signals)`, `sender.calls("kill") == 5 and sender.calls("rt_sigqueueinfo") == 8`)
	w.same()
	w.do("set blocked = off")
	w.until(`received == 9`)
	w.holds(`signals.queued == 0 and len(receiver.pending) == 0`, `receiver.taken("SIGUSR1") == 1 and receiver.taken("SIG38") == 2`, `lost == 4`, `receiver.blocked_in == "sigwait"`)
	w.do("kill receiver")
	w.until(`receiver.state == "zombie"`)
	if s := w.proc("receiver", "status", "State:"); !strings.HasPrefix(s, "Z") {
		t.Errorf("the kernel says %s", s)
	}
	w.holds(`zombies == 1 and receiver.exit == nil and receiver.was("zombie")`)
	w.do("reap receiver")
	w.until(`receiver.state == "gone"`)
	w.holds(`zombies == 0 and receiver.exit.signal == "SIGKILL" and receiver.exit.code == -1`)
}

// A run too fast to record every call: what needs all of them is refused, what the
// workers counted themselves is not.
func TestClaimsOnSampledRun(t *testing.T) {
	w := watch(t, "shm", lab.Options{Settings: w3("lock", 1, "workers", 2, "n", 2_000_000)})
	w.until(`all(workers, .state == "gone")`)
	if so, err := w.compile(`sampled or dropped > 0`).Eval(w.now); err != nil || !so {
		t.Skip("this machine is slow enough to record all of it")
	}
	for _, source := range []string{`counter == 4000000 and expected == 4000000 and lost == 0`, `worker1.sent == 2000000`} {
		if so, err := w.compile(source).Eval(w.now); err != nil || !so {
			t.Errorf("%s: %t, %v", source, so, err)
		}
	}
	for _, source := range []string{`count_of("", "store") > 0`, `len(events) > 0`, `first("", "store").n > 0`, `worker1.calls_total == 0`} {
		if so, err := w.compile(source).Eval(w.now); err == nil {
			t.Errorf("%s: %t, though not all calls were recorded", source, so)
		}
	}
}
