package lab

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// golden is a small recording that the JavaScript reader is tested with as well.
const golden = "testdata/small.ipclab"

func smallRun() (*Header, []Event, []Aggregate) {
	h := &Header{Format: 1, Run: "abcdefgh", Epoch: 1, Mechanism: Info{ID: "pipe", Title: "Pipe", Family: "Pipes", Sentence: "A pipe.",
		Knobs: []KnobInfo{{Name: "size", Label: "size", Min: 1, Max: 9, Default: 4}}},
		Settings: Settings{"size": 4}, Mode: Step, Pace: 1, Seed: 7, Kernel: "Linux 6.18.44 x86_64", CPUs: 2, Version: "test", Page: 4096,
		Scene: Scene{Procs: []Proc{{Role: "writer", Kind: "writer", Group: Giver, Gates: []string{"write"}}, {Role: "reader", Kind: "reader", Group: Taker, Gates: []string{"read"}}},
			Parts: []Part{{ID: "pipe", Type: Pipe, Object: "pipe:[1]", Cap: 65536, Law: Bytes}},
			Wires: []Wire{{"writer", "pipe", Copy}, {"pipe", "reader", Copy}}}}
	es := []Event{{Seq: 1, At: 10, Ret: 4711, Kind: Spawn, Proc: 1}, {Seq: 2, At: 20, Ret: 4712, Kind: Spawn, Proc: 2}}
	for i := range 12 {
		seq := uint64(3 + 2*i)
		at := int64(1000 * (i + 1))
		es = append(es, Event{Seq: seq, At: at, Dur: 400, Msg: Message(1, uint64(i+1)), Want: 4, Ret: 4, Level: 4, Kind: Send, Call: CallWrite, Proc: 1, Part: 1},
			Event{Seq: seq + 1, At: at + 300, Dur: 500, Msg: Message(1, uint64(i+1)), Want: 4, Ret: 4, Kind: Recv, Call: CallRead, Proc: 2, Part: 1})
	}
	as := []Aggregate{{At: 5000, Span: 5000, Recorded: 9, Sample: 1, Seq: 9, Procs: make([]ProcAggregate, 2), Parts: []PartAggregate{{Now: 4, Cap: 65536}}},
		{At: 12000, Span: 7000, Recorded: 26, Sample: 1, Seq: 26, Procs: make([]ProcAggregate, 2), Parts: []PartAggregate{{Cap: 65536}}}}
	return h, es, as
}

func small(t testing.TB) []byte {
	h, es, as := smallRun()
	var b bytes.Buffer
	if err := WriteRecording(&b, h, es, as); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The file format is a contract with every recording that anybody has kept.
func TestRecordingGolden(t *testing.T) {
	want := small(t)
	if *update {
		if err := os.WriteFile(golden, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ReadRecording(bytes.NewReader(b))
	if err != nil || rec.Damage != nil {
		t.Fatalf("read %s: %v, %v", golden, err, rec.Damage)
	}
	h, es, as := smallRun()
	if !reflect.DeepEqual(&rec.Header, h) || !slices.Equal(rec.Events, es) || !reflect.DeepEqual(rec.Aggregates, as) {
		t.Errorf("%s does not hold what was written", golden)
	}
	if !bytes.Equal(b, want) {
		t.Errorf("%s is out of date: run go test ./lab -run RecordingGolden -update", golden)
	}
}

// Notes come back as they were, and those who want none see none.
func TestRecordingNotes(t *testing.T) {
	h, es, as := smallRun()
	notes := [][]byte{[]byte("first"), bytes.Repeat([]byte{0, 255}, maxPayload/2)}
	var b bytes.Buffer
	if err := WriteRecording(&b, h, es, as, notes...); err != nil {
		t.Fatal(err)
	}
	rr, err := OpenRecording(bytes.NewReader(b.Bytes()))
	var got [][]byte
	for err == nil {
		if _, _, err = rr.Next(); rr.Note() != nil {
			got = append(got, bytes.Clone(rr.Note()))
		}
	}
	if !reflect.DeepEqual(got, notes) {
		t.Errorf("%d notes came back, or others", len(got))
	}
	if rec, err := ReadRecording(&b); err != nil || rec.Damage != nil || !slices.Equal(rec.Events, es) {
		t.Errorf("a recording with notes does not read as one without: %v", err)
	}
	if err := WriteRecording(&b, h, nil, nil, make([]byte, maxPayload+1)); err == nil {
		t.Error("a note was written that cannot be read")
	}
}

// check reads hostile bytes and compares what comes out with the whole recording.
func checkPrefix(t *testing.T, b []byte, es []Event) *Recording {
	t.Helper()
	rec, err := ReadRecording(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	if n := len(rec.Events); n > len(es) || !slices.Equal(rec.Events, es[:n]) {
		t.Fatalf("read %d events that are no prefix of those written", n)
	}
	if d := rec.Damage; d != nil && (d.Events != len(rec.Events) || d.At > int64(len(b))) {
		t.Fatalf("damage %+v after %d events in %d bytes", d, len(rec.Events), len(b))
	}
	return rec
}

func TestRecordingPrefixes(t *testing.T) {
	whole := small(t)
	_, es, _ := smallRun()
	most := 0
	for i := range whole {
		rec := checkPrefix(t, whole[:i], es)
		if rec == nil {
			continue
		}
		if len(rec.Events) < most {
			t.Fatalf("%d bytes hold %d events, fewer bytes held %d", i, len(rec.Events), most)
		}
		most = len(rec.Events)
	}
	if most < len(es)-2 {
		t.Errorf("the longest prefix holds %d of %d events", most, len(es))
	}
}

func TestRecordingBitFlips(t *testing.T) {
	whole := small(t)
	_, es, _ := smallRun()
	start := bytes.IndexByte(whole, '\n') + 1
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		b := bytes.Clone(whole)
		at := start + r.IntN(len(b)-start)
		b[at] ^= 1 << r.IntN(8)
		if rec := checkPrefix(t, b, es); rec == nil || rec.Damage == nil || rec.Damage.At > int64(at) {
			t.Fatalf("a bit flipped at byte %d was not seen: %+v", at, rec)
		}
		b = bytes.Clone(whole)
		b[r.IntN(start)] ^= 1 << r.IntN(8)
		_, _ = ReadRecording(bytes.NewReader(b)) // the header has no checksum: it may read, and must not panic
	}
}

func TestRecordingHostile(t *testing.T) {
	h, es, _ := smallRun()
	line, err := appendHeader(nil, h)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind byte, p []byte) []byte { return appendBlock(slices.Clone(line), kind, p) }
	event := func(change func(*Event)) []byte {
		e := es[0]
		change(&e)
		return block(FrameRecords, AppendEvents(nil, []Event{e}))
	}
	huge := append(slices.Clone(line), "IPCB\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"...)
	for name, b := range map[string][]byte{
		"huge block":   huge,
		"half event":   block(FrameRecords, make([]byte, 100)),
		"number 0":     event(func(e *Event) { e.Seq = 0 }),
		"number 2^53":  event(func(e *Event) { e.Seq = 1 << 53 }),
		"process 3":    event(func(e *Event) { e.Proc = 3 }),
		"part 2":       event(func(e *Event) { e.Part = 2 }),
		"negative dur": event(func(e *Event) { e.Dur = -1 }),
		"aggregate":    block(FrameAggregate, AppendAggregate(nil, &Aggregate{Procs: make([]ProcAggregate, 3)})),
		"no aggregate": block(FrameAggregate, nil),
	} {
		if rec, err := ReadRecording(bytes.NewReader(b)); err != nil || rec.Damage == nil || len(rec.Events) > 0 {
			t.Errorf("%s: read as whole (%v)", name, err)
		}
	}
	for name, s := range map[string]string{
		"nothing": "", "no line": "{}", "no JSON": "GIF89a\n", "format 0": "{}\n", "format 2": "{\"format\":2}\n",
		"deep": "{\"format\":1,\"x\":" + strings.Repeat("[", 100000) + "\n", "long": "{\"x\":\"" + strings.Repeat("y", 2<<20) + "\"}\n",
		"many": "{\"format\":1,\"scene\":{\"procs\":[" + strings.Repeat("{},", 100) + "{}]}}\n",
	} {
		if _, err := ReadRecording(strings.NewReader(s)); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if rec, err := ReadRecording(bytes.NewReader(appendBlock(block(9, []byte("later")), FrameRecords, AppendEvents(nil, es[:1])))); err != nil || rec.Damage != nil || len(rec.Events) != 1 {
		t.Errorf("a block of a later kind stops the reader: %v", err)
	}
}

// What a recorder writes while a run goes on is what a whole write would give.
func TestRecorder(t *testing.T) {
	h, es, as := smallRun()
	var b bytes.Buffer
	r := NewRecorder(&b)
	r.Start(h)
	r.Records(es[:9])
	r.Aggregate(&as[0])
	r.Records(es[9:])
	r.End(nil)
	r.Start(h) // a restart is not recorded
	r.Records(es)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	rec, err := ReadRecording(&b)
	if err != nil || rec.Damage != nil || !slices.Equal(rec.Events, es) || len(rec.Aggregates) != 1 {
		t.Errorf("got %d events, %v, %v; want %d", len(rec.Events), rec.Damage, err, len(es))
	}
}

// A full disk ends the recording at once and says so; the sink goes on taking.
func TestRecorderDiskFull(t *testing.T) {
	h, es, _ := smallRun()
	full := errors.New("no space left on device")
	told := make(chan error, 1)
	r := NewRecorder(&fullDisk{left: 2000, err: full})
	r.Failed = func(err error) { told <- err }
	r.Start(h)
	for i := range 100000 {
		es[0].Seq = uint64(i + 1)
		r.Records(es[:1])
	}
	if err := r.Close(); !errors.Is(err, full) {
		t.Errorf("close: got %v, want %v", err, full)
	}
	if err := <-told; !errors.Is(err, full) {
		t.Errorf("told %v, want %v", err, full)
	}
}

type fullDisk struct {
	left int
	err  error
}

func (d *fullDisk) Write(b []byte) (int, error) {
	n := min(len(b), d.left)
	if d.left -= n; n < len(b) {
		return n, d.err
	}
	return n, nil
}

// A disk that stands still costs records, and each is accounted for.
func TestRecorderSlowDisk(t *testing.T) {
	h, es, _ := smallRun()
	d := &stuckDisk{go_: make(chan struct{})}
	r := NewRecorder(d)
	r.Start(h)
	const n = (recorderBlocks + 50) * recordsPerBlock
	for i := range n {
		es[0].Seq = uint64(i + 1)
		r.Records(es[:1])
	}
	close(d.go_)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	rec, err := ReadRecording(&d.Buffer)
	if err != nil || rec.Damage != nil {
		t.Fatal(err, rec.Damage)
	}
	var kept, lost uint64
	for _, e := range rec.Events {
		if e.Kind == Lost {
			lost += uint64(e.Level)
		} else {
			kept++
		}
	}
	if lost == 0 || kept+lost != n {
		t.Errorf("kept %d + lost %d, want %d", kept, lost, n)
	}
}

type stuckDisk struct {
	bytes.Buffer
	go_ chan struct{}
}

func (d *stuckDisk) Write(b []byte) (int, error) {
	<-d.go_
	return d.Buffer.Write(b)
}

func FuzzRecording(f *testing.F) {
	whole := small(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("{\"format\":1}\nIPCB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, errA := ReadRecording(bytes.NewReader(b))
		c, errC := ReadRecording(iotest.OneByteReader(bytes.NewReader(b)))
		if (errA == nil) != (errC == nil) || errA == nil && !slices.Equal(a.Events, c.Events) {
			t.Error("the same bytes read differently in small pieces")
		}
	})
}

func FuzzRecordingRoundTrip(f *testing.F) {
	f.Add([]byte("x"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		h, _, _ := smallRun()
		h.Mechanism.Source = strings.ToValidUTF8(string(b), "?")
		es := DecodeEvents(nil, bytes.Repeat(b, 8))
		for i := range es {
			e := &es[i]
			e.Seq, e.At, e.Dur, e.Proc, e.Part = uint64(i+1), int64(i)*int64(n), int64(n), e.Proc%3, e.Part%2
		}
		var out bytes.Buffer
		if err := WriteRecording(&out, h, es, nil); err != nil {
			if len(b) < maxHeader/6 {
				t.Fatal(err)
			}
			return
		}
		rec, err := ReadRecording(&out)
		if err != nil || rec.Damage != nil || !slices.Equal(rec.Events, es) || rec.Header.Mechanism.Source != h.Mechanism.Source {
			t.Errorf("wrote %d events, read %v", len(es), err)
		}
	})
}
