package mechanisms_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// What claims are told of real processes is what /proc says of them, what the run's
// outcome says, and what their recording says.

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
