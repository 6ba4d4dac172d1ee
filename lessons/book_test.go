package lessons

import (
	"encoding/binary"
	"strings"
	"sync"
	"testing"

	"ipclab/lab"
)

// story is a stream of events made up for a test.
type story struct {
	*testing.T
	info  *lab.Info
	scene *lab.Scene
	book  *Book
	seq   uint64
	extra Extra
	o     *lab.Outcome
}

// tell begins a story; its processes have the numbers 101, 102, …
func tell(t *testing.T, info *lab.Info, scene *lab.Scene) *story {
	s := &story{T: t, info: info, scene: scene, book: NewBook()}
	h := lab.Header{Mechanism: *info, Scene: *scene, Settings: lab.Settings{"size": 4096, "writers": 2, "n": 3}, Page: 4096}
	s.book.Start(&h)
	for i := range scene.Procs {
		s.add(lab.Event{Kind: lab.Spawn, Proc: uint16(i + 1), Ret: int32(101 + i)})
	}
	return s
}

// add takes an event in. Its Level is -1, not asked, unless it says more than 0 or is
// what was looked up.
func (s *story) add(e lab.Event) {
	s.seq++
	e.Seq = s.seq
	if e.Level == 0 && !e.Is(lab.FactLevel) {
		e.Level = -1
	}
	s.book.Records([]lab.Event{e})
}

func (s *story) fact(f lab.Fact, e lab.Event) {
	e.Kind, e.Call = lab.State, lab.Call(f)
	s.add(e)
}

func data(v uint64) (d [8]byte) {
	binary.LittleEndian.PutUint64(d[:], v)
	return d
}

// holds checks that expressions hold.
func (s *story) holds(sources ...string) {
	s.Helper()
	v := s.book.Values(s.o, s.extra)
	for _, source := range sources {
		e := s.compile(source)
		if so, err := e.Eval(v); err != nil || !so {
			s.Errorf("%s: %t, %v; %v", source, so, err, e.Sides(v))
		}
	}
}

// unknown checks that expressions are errors, and say why.
func (s *story) unknown(say string, sources ...string) {
	s.Helper()
	v := s.book.Values(s.o, s.extra)
	for _, source := range sources {
		e := s.compile(source)
		so, err := e.Eval(v)
		if err == nil || !strings.Contains(err.Error(), say) {
			s.Errorf("%s: %t, %v; want an error: …%s…", source, so, err, say)
		}
		e.Sides(v)
	}
}

func (s *story) compile(source string) *Expr {
	s.Helper()
	e := &Expr{Source: source}
	if err := Compile(e, s.info, s.scene); err != nil {
		s.Fatalf("%s: %v", source, err)
	}
	return e
}

const (
	writer1   = 1
	writer2   = 2
	theReader = 3
)

func wrote(proc uint16, n uint64, at, dur int64, want, ret int) lab.Event {
	return lab.Event{Kind: lab.Send, Call: lab.CallWrite, Proc: proc, Part: 1, Msg: lab.Message(int(proc), n), At: at, Dur: dur, Want: uint32(want), Ret: int32(ret)}
}

func gotBytes(msg uint64, at, dur int64, want, ret int) lab.Event {
	return lab.Event{Kind: lab.Recv, Call: lab.CallRead, Proc: theReader, Part: 1, Msg: msg, At: at, Dur: dur, Want: uint32(want), Ret: int32(ret)}
}

func asleep(e lab.Event, w lab.Wait) lab.Event {
	e.Kind, e.Dur, e.Ret, e.Data = lab.Block, 0, 0, [8]byte{byte(w)}
	return e
}

func TestBookCounts(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	s.holds(`sent == 0`, `writer1.calls("write") == 0`, `writer1.state == "running"`, `writer1.exit == nil`, `writer2.pid == 102`)
	s.unknown("nobody has asked", `pipe.bytes == 0`)
	s.unknown("not compared", `agrees`, `pipe.agrees`, `lost == 0`)
	s.unknown("has not looked", `pipe.readers == 1`, `reader.switches == 0`, `len(reader.pending) == 0`, `writer1.cpu_ms == 0`)
	s.unknown("no write of writer1 has returned", `writer1.last("write").ret == 0`)
	s.unknown("there was no send of anybody", `first("", "send").bytes == 1`)
	s.unknown("repeat does that", `all(samples, .lost > 0)`, `runs_lost == 0`)
	s.unknown("explore does that", `none(schedules, .torn)`)

	s.add(wrote(writer1, 1, 10, 5, 4096, 4096))
	s.add(wrote(writer2, 1, 20, 5, 4096, -11))
	s.add(gotBytes(lab.Message(1, 1), 12, 10, 4096, 1000))
	s.holds(`sent == 1 and received == 1`, `writer1.bytes_sent == 4096 and reader.bytes_received == 1000`, `writer2.sent == 0`,
		`writer2.errors("EAGAIN") == 1 and writer2.errors("EPIPE") == 0`, `writer2.calls("write") == 1 and writer2.calls_total == 1`,
		`writer2.last("write").error == "EAGAIN" and writer2.last("write").ret == -11 and writer2.last("write").bytes == 0`,
		`writer1.last("write").error == "" and writer1.last("write").bytes == 4096`,
		`count_of("", "send") == 2 and count_of("writer1", "send") == 1`, `happened("writer2", "send") and not happened("writer2", "recv")`,
		`first("", "send").role == "writer1" and last_of("", "send").role == "writer2"`,
		`before(first("writer1", "send"), first("reader", "recv"))`, // of the same message, although they overlap
		`count(events, .kind == "send") == 2 and events[3].error == ""`,
		`last_of("writer2", "send").error == "EAGAIN" and first("", "send").n == 1`,
		`first("", "recv").at_ms * 1000000 == 12`)
	s.unknown("the order is not known", `before(first("writer2", "send"), first("reader", "recv"))`)
}

func TestBookCallInProgress(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	w := wrote(writer1, 1, 10, 100, 4096, 4096)
	s.add(asleep(w, lab.WaitPipeWrite))
	s.holds(`writer1.calls("write") == 1`, `writer1.calls_total == 1`, `count_of("writer1", "send") == 0`, `count_of("writer1", "block") == 1`,
		`writer1.blocked_in == "pipe_write" and writer1.state == "sleeping" and writer1.slept_in("pipe_write")`, `writer1.sent == 0`)
	s.add(w)
	s.holds(`writer1.calls("write") == 1`, `count_of("writer1", "send") == 1`, `writer1.blocked_in == ""`, `writer1.state == "running"`, `writer1.was("sleeping")`)

	// Killed in its sleep: the call was made.
	w = wrote(writer1, 2, 200, 0, 4096, 0)
	s.add(asleep(w, lab.WaitPipeWrite))
	w.Flags = lab.Open
	s.add(w)
	s.holds(`writer1.calls("write") == 2`, `writer1.sent == 1`)
	// Killed while awake: perhaps it was not.
	w = wrote(writer2, 1, 300, 0, 4096, 0)
	w.Flags = lab.Open
	s.add(w)
	s.unknown("nobody knows whether its last write was made", `writer2.calls("write") == 0`)
	s.unknown("nobody knows", `writer2.calls_total == 1`)
	s.holds(`writer2.calls("read") == 0`)
	// The end of the run came.
	r := gotBytes(0, 400, 0, 4096, 0)
	s.add(asleep(r, lab.WaitPipeRead))
	r.Flags = lab.Stopped
	s.add(r)
	s.holds(`reader.calls("read") == 1`, `reader.received == 0`, `count_of("reader", "recv") == 0`, `any(events, .stopped)`)
}

func TestBookStates(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	state := func(letter byte, w lab.Wait, part uint16) {
		s.fact(lab.FactState, lab.Event{Proc: writer1, Part: part, Data: [8]byte{letter, byte(w)}})
	}
	state('S', lab.WaitSleep, 0)
	s.holds(`writer1.state == "sleeping" and writer1.blocked_in == "sleep"`)
	s.fact(lab.FactGate, lab.Event{Proc: writer1, Ret: 1})
	s.holds(`writer1.state == "held" and writer1.gate == "write" and writer1.blocked_in == "gate"`)
	state('S', lab.WaitGate, 0)
	s.fact(lab.FactGate, lab.Event{Proc: writer1, Ret: 0})
	s.holds(`writer1.blocked_in == ""`, `writer1.gate == ""`) // what the lab saw of its sleep was at the gate
	state('T', lab.WaitPipeWrite, 1)
	s.holds(`writer1.state == "stopped" and writer1.blocked_in == "" and zombies == 0`)
	state('R', 0, 0)
	state('I', 0, 0)
	s.unknown("no word of claims", `writer1.state == "running"`)
	state('Z', 0, 0)
	s.holds(`writer1.state == "zombie" and zombies == 1 and writer1.exit == nil`)
	s.unknown("cannot get signal from exit", `writer1.exit.signal == "SIGKILL"`)
	s.holds(`writer1.exit?.signal == nil`)
	s.add(lab.Event{Kind: lab.Exit, Proc: writer1, Ret: -9})
	s.add(lab.Event{Kind: lab.Exit, Proc: writer2, Ret: 2})
	s.holds(`writer1.state == "gone" and zombies == 0`, `writer1.exit.signal == "SIGKILL" and writer1.exit.code == -1`,
		`writer2.exit.code == 2 and writer2.exit.signal == ""`, `all(["held", "stopped", "zombie", "gone", "sleeping", "running"], writer1.was(#))`,
		`not writer2.was("zombie")`)
}

// The outcome is of this very look; the stream tells what has lasted for two.
func TestBookFreshLook(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	s.fact(lab.FactState, lab.Event{Proc: writer1, Part: 1, Data: [8]byte{'S', byte(lab.WaitPipeWrite)}})
	s.fact(lab.FactState, lab.Event{Proc: writer2, Data: [8]byte{'S', byte(lab.WaitSleep)}})
	s.holds(`writer1.blocked_in == "pipe_write" and writer1.state == "sleeping"`, `writer2.blocked_in == "sleep"`)
	s.o = &lab.Outcome{Procs: []lab.ProcOutcome{{Role: "writer1"}, {Role: "writer2"}, {Role: "reader", BlockedIn: "pipe_read"}}}
	s.holds(`writer1.blocked_in == "" and writer1.state == "running"`, `writer2.blocked_in == "sleep"`, `reader.blocked_in == "pipe_read" and reader.state == "sleeping"`)
	s.unknown("has not looked long enough at reader", `has_cycle(waitfor)`)
	s.fact(lab.FactState, lab.Event{Proc: theReader, Part: 1, Data: [8]byte{'S', byte(lab.WaitPipeRead)}})
	s.holds(`not has_cycle(waitfor)`)
}

func TestBookHoldings(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	fd := func(proc uint16, n int32, how uint32) {
		s.fact(lab.FactFD, lab.Event{Proc: proc, Part: 1, Ret: n, Want: how})
	}
	fd(writer1, 7, lab.Writes)
	fd(writer2, 7, lab.Writes)
	s.unknown("has not looked", `pipe.writers == 2`)
	fd(theReader, 8, lab.Reads)
	fd(theReader, 9, lab.Writes)
	s.holds(`pipe.writers == 3 and pipe.readers == 1`, `reader.fd(9).how == "writes" and reader.fd(9).target == "pipe:[1]" and reader.fd(9).part == "pipe"`,
		`len(reader.fds) == 2 and reader.fds[0].number == 8`, `reader.fd(3) == nil`)
	fd(theReader, 9, 0)
	s.holds(`pipe.writers == 2`, `reader.fd(9) == nil`)
	s.add(lab.Event{Kind: lab.Exit, Proc: writer1})
	s.holds(`pipe.writers == 1`, `len(writer1.fds) == 0`)
	s.fact(lab.FactSwitches, lab.Event{Proc: theReader, Ret: 12, Level: 3})
	s.fact(lab.FactSigBlk, lab.Event{Proc: theReader, Data: data(1<<9 | 1<<37)})
	s.fact(lab.FactShdPnd, lab.Event{Proc: theReader, Data: data(1 << 9)})
	s.fact(lab.FactSigPnd, lab.Event{Proc: theReader, Data: data(1 << 37)})
	s.fact(lab.FactIO, lab.Event{Proc: theReader, Ret: 5, Level: 6})
	s.holds(`reader.switches == 12 and reader.preempted == 3`, `reader.blocked_signals == ["SIGUSR1", "SIG38"]`, `reader.pending == reader.blocked_signals`,
		`reader.reads_io == 5 and reader.writes_io == 6`)
	s.fact(lab.FactLevel, lab.Event{Part: 1, At: 5, Level: 100})
	s.fact(lab.FactCapacity, lab.Event{Part: 1, Level: 4096})
	s.fact(lab.FactAgrees, lab.Event{Part: 1, Ret: 1, Level: 100})
	s.holds(`pipe.bytes == 100 and pipe.level == 100 and pipe.capacity == 4096`, `agrees and pipe.agrees and lost == 0`)
	s.fact(lab.FactAgrees, lab.Event{Part: 1, Ret: 0, Level: 90, Want: 10})
	s.holds(`not agrees`)
	s.unknown("do not agree on pipe", `lost == 0`)
}

func TestBookSettings(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	s.add(lab.Event{Kind: lab.Knob, Want: 0, Level: 100})
	s.add(lab.Event{Kind: lab.Knob, Want: 1, Level: 5}) // takes effect on the next start only
	s.holds(`settings.size == 100`, `settings.writers == 2`)
}

func TestBookMissing(t *testing.T) {
	exact := []string{`sent == 1`, `writer1.sent == 1`, `writer1.calls("write") == 1`, `writer1.errors("EAGAIN") == 0`, `first("", "send").n == 1`,
		`last_of("", "send").n == 1`, `count_of("", "send") == 1`, `count(events, .kind == "send") == 1`, `not happened("", "recv")`, `torn == 0`, `reader.torn == 0`, `pipe.pages == 1`,
		`writer1.last("write").ret == 4096`, `len(since("m")) == 0`, `all(writers, .sent >= 0)`}
	seen := []string{`writer1.state == "running"`, `pipe.bytes == 4096`, `not writer1.was("stopped")`}
	begin := func() *story {
		s := tell(t, &pipeInfo, &pipeScene)
		e := wrote(writer1, 1, 10, 5, 4096, 4096)
		e.Level = 4096
		s.add(e)
		s.extra.Marks = map[string]int64{"m": int64(s.seq)}
		return s
	}
	s := begin()
	s.holds(append(exact, seen...)...)
	s.holds(`dropped == 0 and not sampled`)

	s = begin() // a worker's ring was full
	s.add(lab.Event{Kind: lab.Lost, Proc: writer1, Level: 1234})
	s.unknown("1\u00a0234 records are not here", exact...)
	s.holds(seen...)
	s.holds(`happened("", "send")`, `dropped == 1234`)

	s = begin() // too many calls
	s.fact(lab.FactSample, lab.Event{Level: 8})
	s.fact(lab.FactSample, lab.Event{Level: 1})
	s.unknown("too many calls", exact...)
	s.holds(seen...)
	s.holds(`sampled`)

	s = begin() // the stream itself has a hole
	s.seq += 10
	s.add(lab.Event{Kind: lab.Wake, Proc: writer2})
	s.unknown("10 records are not here", append(exact, seen...)...)
	s.holds(`writer1.was("running")`, `dropped == 10`)

	// The outcome has exact counters at every speed.
	s = begin()
	s.fact(lab.FactSample, lab.Event{Level: 8})
	s.o = &lab.Outcome{Procs: []lab.ProcOutcome{{Role: "writer1", Sent: 77, BytesSent: 99}}, Totals: lab.Totals{Sent: 77, Received: 70, Torn: 3}, Seconds: 2.5}
	s.holds(`sent == 77 and received == 70 and writer1.sent == 77 and writer1.bytes_sent == 99`, `torn == 3 and reordered == 0`, `seconds == 2.5`, `sent / seconds == 30.8`)
	s.unknown("too many calls", `writer1.calls("write") == 1`)
}

func TestBookWindow(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	for i := range keptEvents + 2*chunkSize {
		s.add(wrote(writer1, uint64(i+1), int64(10*i), 5, 8, 8))
		switch i {
		case 5:
			s.extra.Marks = map[string]int64{"early": int64(s.seq)}
		case keptEvents:
			s.extra.Marks["late"] = int64(s.seq)
		}
	}
	s.unknown("are not kept; ask since", `count(events, .kind == "send") == 1`)
	s.unknown("too much has happened since", `len(since("early")) == 1`)
	s.unknown("is not kept", `at("early") > 0`)
	s.unknown("no mark", `len(since("never")) == 0`, `at("never") == 0`)
	s.holds(`len(since("late")) == 1999`, `since("late")[0].n == 10002`, `count_of("", "send") == 12000`, `first("", "send").n == 1`)
	s.holds(`at("late") == 0.100005`)
}

func TestBookStartsAnew(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	s.add(wrote(writer1, 1, 10, 5, 8, 8))
	old := s.book.Values(nil, Extra{})
	h := lab.Header{Mechanism: pipeInfo, Scene: pipeScene, Epoch: 2}
	s.book.Start(&h)
	s.seq = 0
	s.add(lab.Event{Kind: lab.Spawn, Proc: writer1, Ret: 7})
	s.holds(`sent == 0 and writer1.pid == 7`)
	if so, err := s.compile(`sent == 1 and len(events) == 4`).Eval(old); !so || err != nil {
		t.Errorf("what was known before has changed: %t, %v", so, err)
	}
}

func TestEmptyBook(t *testing.T) {
	s := &story{T: t, info: &pipeInfo, scene: &pipeScene, book: NewBook()}
	s.unknown("", `sent == 0`, `writer1.state == "gone"`, `pipe.bytes == 0`, `len(writers) == 0`, `settings.size == 0`)
	if so, err := (&Expr{Source: "true"}).Eval(nil); so || err == nil {
		t.Error("something that was not checked was judged")
	}
}

// One goroutine tells, others look: what they see is of one moment.
func TestBookConcurrent(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	e := s.compile(`sent == writer1.calls("write") and count_of("writer1", "send") == sent and count(events, .kind == "send") == sent`)
	var looking sync.WaitGroup
	for range 3 {
		looking.Go(func() {
			for range 20 {
				v := s.book.Values(nil, Extra{})
				if so, err := e.Eval(v); !so || err != nil {
					t.Errorf("%t, %v; %v", so, err, e.Sides(v))
				}
			}
		})
	}
	for i := range 5000 {
		s.add(wrote(writer1, uint64(i+1), int64(10*i), 5, 8, 8))
	}
	looking.Wait()
}

// Who has changed a knob may have other processes than a claim speaks of.
func TestBookOtherScene(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	one := pipeScene
	one.Procs = []lab.Proc{{Role: "writer", Kind: "writer", Group: lab.Giver}, {Role: "reader", Kind: "reader", Group: lab.Taker}}
	s.scene = &one
	s.unknown("there is no writer now: there are reader, writer1, writer2", `writer.state == "gone"`, `writer.calls("write") > 0`)
	s.holds(`len(writers) == 2 or reader.pid > 0`)
}
