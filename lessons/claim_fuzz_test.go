package lessons

import (
	"errors"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"ipclab/lab"
)

func asClaim(err error, c **ClaimError) bool { return errors.As(err, c) }

// Whatever somebody writes as a claim: it is refused with a place in the text, or it
// is judged soon and in little memory. It never panics.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`pipe.bytes == 16 * 2049 and writer1.exit == nil`, `all(writers, .sent > 0) or lost == 0`, `count(events, .kind == "send" and not .torn) >= 3`,
		`writer1.exit?.signal in ["SIGKILL", "SIGPIPE"]`, `before(first("", "send"), last_of("reader", "recv"))`, `has_cycle(waitfor)`, `len(since("m")) == 0`,
		`sum(map(filter(writers, .pid > 0), .bytes_sent)) / seconds > 1e3`, `bitand(pipe.level, 1) == 0 ?? false`, `settings.size % 0 == 1`, `-len("x") == 1 + -2`,
		`writers[0].calls("write") == writers[-1].calls("write")`, `reader.fd(8)?.how == nil`, `max([1,2.5,3]) == min(map(writers, .pid))`,
	} {
		f.Add(seed)
	}
	s := &story{info: &pipeInfo, scene: &pipeScene, book: NewBook()}
	h := lab.Header{Mechanism: pipeInfo, Scene: pipeScene, Settings: lab.Settings{"size": 1}}
	s.book.Start(&h)
	for i := range 2000 {
		s.add(wrote(writer1, uint64(i+1), int64(i), 1, 8, 8))
	}
	v := s.book.Values(nil, Extra{Marks: map[string]int64{"m": 5}, Samples: make([]Sample, 20)})
	f.Fuzz(func(t *testing.T, source string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		e := &Expr{Source: source}
		err := Compile(e, &pipeInfo, &pipeScene)
		var c *ClaimError
		if err != nil && (!errors.As(err, &c) || c.Col < 1 || c.Text == "") {
			t.Fatalf("%q: the error %v has no place", source, err)
		}
		_, wrong := e.Eval(v)
		if err != nil && wrong == nil {
			t.Fatalf("%q was refused and then judged", source)
		}
		e.Sides(v)
		runtime.ReadMemStats(&after)
		if took := time.Since(begin); took > 20*deadline {
			t.Fatalf("%q took %v", source, took)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
			t.Fatalf("%q took %d bytes", source, used)
		}
	})
}

// Whatever stands in a recording, a book never panics and stays small.
func FuzzBook(f *testing.F) {
	var es []lab.Event
	for k := lab.Kind(0); k < 20; k++ {
		for c := lab.Call(0); c < 20; c++ {
			es = append(es, lab.Event{Kind: k, Call: c, Proc: uint16(c % 3), Part: uint16(k % 2), Want: uint32(c) * 100, Ret: int32(c) * 7, At: int64(k)*1000 + int64(c), Level: int64(c) - 1})
		}
	}
	f.Add(lab.AppendEvents(nil, es), true)
	f.Add(lab.AppendEvents(nil, es[:100]), false)
	f.Fuzz(func(t *testing.T, raw []byte, shm bool) {
		info, scene := &pipeInfo, &pipeScene
		if shm {
			info, scene = &shmInfo, &shmScene
		}
		b := NewBook()
		h := lab.Header{Mechanism: *info, Scene: *scene}
		b.Start(&h)
		es := lab.DecodeEvents(nil, raw)
		for i := range es {
			if es[i].Seq == 0 {
				es[i].Seq = uint64(i + 1)
			}
		}
		b.Records(es)
		v := b.Values(nil, Extra{})
		for _, name := range []string{"waitfor", "events", "zombies"} {
			e := &Expr{Source: "[" + name + "] == nil or count(events, .n > 0) > 0"}
			if err := Compile(e, info, scene); err != nil {
				t.Fatal(err)
			}
			_, _ = e.Eval(v)
			e.Sides(v)
		}
		if len(raw) < int(unsafe.Sizeof(lab.Event{})) && b.Seq() != 0 {
			t.Fatal("something was told out of nothing")
		}
	})
}

// What can cost most within the bounds is done within the deadline, or is an error.
func TestDeadline(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	for i := range keptEvents - 10 {
		s.add(wrote(writer1, uint64(i+1), int64(i), 1, 8, 8))
	}
	v := s.book.Values(nil, Extra{Marks: map[string]int64{"m": 0}})
	var e *Expr
	for source := `sum(events, .n) > 0`; ; source += ` and sum(events, .n) > 0 and len(since("m")) > 0` { // as much as is allowed
		next := &Expr{Source: source}
		if Compile(next, s.info, s.scene) != nil {
			break
		}
		e = next
	}
	begin := time.Now()
	so, err := e.Eval(v)
	took := time.Since(begin)
	t.Logf("%d bytes: %t, %v after %v", len(e.Source), so, err, took)
	if took > 5*deadline || err == nil && !so {
		t.Errorf("%t, %v after %v", so, err, took)
	}
}
