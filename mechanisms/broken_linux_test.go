package mechanisms_test

import (
	"context"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// A lesson that stays green whatever the workers do would prove nothing. So here are
// workers that do something wrong, and the lines of the shipped lessons that must say
// so: these and no others.

// broken is a mechanism with the same objects and the same scene, some of whose workers
// do something wrong.
type broken struct {
	lab.Mechanism
	name string
	role string // who does
	work func(*lab.Worker, func() error) error
}

// Info names it: its workers are this program, and look for it by that name.
func (b broken) Info() lab.Info {
	info := b.Mechanism.Info()
	info.ID += "-" + b.name
	return info
}

func (b broken) Work(w *lab.Worker) error {
	right := func() error { return b.Mechanism.Work(w) }
	if w.Role != b.role {
		return right()
	}
	return b.work(w, right)
}

var (
	forgetful = broken{mechanisms.Find("pipe"), "forgetful", "reader", dropTenth}
	boaster   = broken{mechanisms.Find("pipe"), "boaster", "writer", sayMore}
	burglar   = broken{mechanisms.Find("shm"), "burglar", "worker2", breakLocks}
	secret    = broken{mechanisms.Find("shm"), "secret", "worker2", storeInSecret}
	eager     = broken{mechanisms.Find("signals"), "eager", "receiver", takeBlocked}
	echo      = broken{mechanisms.Find("signals"), "echo", "receiver", takeTwice}
)

// brokenOnes are for the worker processes: see TestMain.
var brokenOnes = []lab.Mechanism{forgetful, boaster, burglar, secret, eager, echo}

func TestBrokenWorkersAreSeen(t *testing.T) {
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of           broken
		lesson, step string
		red          []string // claims that do not hold, or cannot be judged
		so           string   // wrong answers that are right now
	}{
		{forgetful, "pipe-backpressure", "cont", []string{"received == sent and sent == 60", "lost == 0 and reordered == 0 and duplicated == 0"}, ""},
		{boaster, "pipe-backpressure", "stop", []string{"pipe.bytes == pipe.capacity", "writer.exit == nil and lost == 0"}, ""},
		{burglar, "locks", "door", []string{`worker2.blocked_in == "futex"`, `lock.owner == "worker1" and lock.sleepers == 1`, `worker2.calls("futex") == 1 and worker1.calls("futex") == 0`}, ""},
		{secret, "locks", "exact", []string{"counter == 1000 and expected == 1000", "lost == 0"}, ""},
		{eager, "real-time", "full", []string{`sender.errors("EAGAIN") >= 30`, "sender.sent > 0 and sender.sent <= 50", "signals.queued == sender.sent"}, "AD"},
		{echo, "tap", "hundred", []string{`receiver.taken("SIGUSR1") == 1`}, "D"},
	} {
		l := all.Find(c.lesson)
		i := slices.IndexFunc(l.Steps, func(s *lessons.Step) bool { return s.ID == c.step })
		t.Run(c.of.name, func(t *testing.T) {
			possible(t, c.of.Mechanism)
			besideOthers(t, c.of.Mechanism)
			if red, so := judged(t, l.Steps[i], c.of.Mechanism); red != nil || so != "" {
				t.Errorf("with workers that do right: red is %q, right are the wrong answers %q", red, so)
			}
			red, so := judged(t, l.Steps[i], c.of)
			if !slices.Equal(red, c.red) || so != c.so {
				t.Errorf("red is %q, want %q; right are the wrong answers %q, want %q", red, c.red, so, c.so)
			}
		})
	}
}

// judged performs a step and gives the claims that do not hold, and the letters of the
// wrong answers that are right.
func judged(t *testing.T, step *lessons.Step, m lab.Mechanism) (red []string, so string) {
	t.Helper()
	session := lessons.NewSession(step.Lesson, m, func(_ context.Context, o lab.Options) (lessons.Run, error) {
		return lab.Start(context.WithoutCancel(t.Context()), m, o)
	}, nil)
	defer session.Close()
	r, err := session.Perform(t.Context(), step, nil)
	if err != nil || r.State != lessons.Judged {
		t.Fatalf("%s: %s %s, error %v", step.ID, r.State, r.Why, err)
	}
	for _, c := range r.Claims {
		if !c.Held {
			red = append(red, c.Text)
			t.Logf("red: %s: %s %v", c.Text, c.Error, c.Sides)
		}
	}
	for _, o := range r.Options {
		if o.So {
			so += o.Letter
		}
	}
	return red, so
}

// dropTenth reads as it should, but forgets every tenth record.
func dropTenth(w *lab.Worker, _ func() error) error {
	fd, pipe := w.FD("read end"), w.Part("pipe")
	buf := make([]byte, 1<<16)
	for n := 1; w.Next(w.Knob("drain").Get()); n++ {
		b := buf[:w.Knob("read_size").Get()]
		if n%10 == 0 {
			if got, err := unix.Read(fd, b); got > 0 || err == unix.EINTR {
				continue
			}
			return nil
		}
		c := w.Begin(lab.Recv, lab.CallRead, pipe, len(b), 0)
		got, err := unix.Read(fd, b)
		msg, flags := w.Check(b[:max(got, 0)])
		c.Flag(flags).End(got, msg, err)
		if got == 0 {
			return nil
		}
	}
	return nil
}

// sayMore writes one byte less of each record than it says.
func sayMore(w *lab.Worker, _ func() error) error {
	fd, pipe := w.FD("write end"), w.Part("pipe")
	observe(w, fd)
	buf := make([]byte, w.Knob("size").Get())
	for w.Next(w.Knob("rate").Get()) {
		msg := w.Fill(buf)
		c := w.Begin(lab.Send, lab.CallWrite, pipe, len(buf), msg)
		n, err := unix.Write(fd, buf[1:])
		c.End(n+1, msg, err)
	}
	return nil
}

// observe lets the lab compare what the calls say of the pipe with what the kernel says.
func observe(w *lab.Worker, fd int) {
	w.Observe(w.Part("pipe"), func() int64 {
		n, _ := unix.IoctlGetInt(fd, unix.TIOCINQ)
		return int64(n)
	})
}

// breakLocks does its work, and meanwhile opens every lock that it sees.
func breakLocks(w *lab.Worker, right func() error) error {
	lock := (*atomic.Uint32)(word(w, "lock"))
	go func() {
		for {
			lock.Store(0)
			_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(lock)), 1, 8, 0, 0, 0) // wake all
			time.Sleep(20 * time.Microsecond)
		}
	}()
	return right()
}

// storeInSecret adds 7 to the counter before it begins, and tells nobody.
func storeInSecret(w *lab.Worker, right func() error) error {
	(*atomic.Uint64)(word(w, "counter")).Add(7)
	return right()
}

// word maps the page once more and gives a part of it.
func word(w *lab.Worker, part string) unsafe.Pointer {
	mem, err := unix.Mmap(w.FD("page"), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return unsafe.Pointer(&mem[w.Scene.Parts[w.Part(part)-1].Offset])
}

// takeBlocked takes signals that it was told to leave pending.
func takeBlocked(w *lab.Worker, _ func() error) error {
	set, signals := uint64(1)<<(w.Setting("signal")-1), w.Part("signals")
	w.Meet()
	for w.Next(0) {
		var info [128]byte
		c := w.Begin(lab.Deliver, lab.CallRtSigtimedwait, signals, 0, 0)
		n, _, no := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(&info)), 0, 8, 0, 0)
		c.About(int(n)).End(int(n), 0, lab.Errno(no))
	}
	return nil
}

// takeTwice has a handler, and sends itself the first signal once more.
func takeTwice(w *lab.Worker, _ func() error) error {
	var ran atomic.Uint64
	if err := w.Handle(unix.SIGUSR1, true, 0, &ran); err != nil {
		return err
	}
	mask := unix.Sigset_t{}
	mask.Val[0] = 1 << (unix.SIGUSR1 - 1)
	if err := unix.PthreadSigmask(unix.SIG_UNBLOCK, &mask, nil); err != nil {
		return err
	}
	go func() {
		for ran.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		_ = unix.Kill(os.Getpid(), unix.SIGUSR1)
	}()
	observe(w, w.FD("read end"))
	w.Meet()
	for w.Next(0) {
		var b [1]byte
		c := w.Begin(lab.Recv, lab.CallRead, w.Part("pipe"), 1, 0)
		n, err := unix.Read(w.FD("read end"), b[:])
		c.End(n, 0, err)
	}
	return nil
}
