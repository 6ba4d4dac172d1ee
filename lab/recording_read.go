package lab

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Damage says where a recording stops being one. What was read before is whole.
type Damage struct {
	At     int64 `json:"at"`     // byte at which the first bad block begins
	Events int   `json:"events"` // whole events before it
	Why    string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("the recording is damaged from byte %d on, after %d whole events: %s", d.At, d.Events, d.Why)
}

// A RecordingReader reads a recording block by block. Whoever sends one can put
// anything into it: nothing in it is believed before it is checked.
type RecordingReader struct {
	Header Header
	r      *bufio.Reader
	at     int64
	events int
	seq    uint64
	buf    []byte
	note   []byte
	err    error
}

// OpenRecording reads a recording's first line.
func OpenRecording(r io.Reader) (*RecordingReader, error) {
	rr := &RecordingReader{r: bufio.NewReaderSize(r, 64<<10)}
	var line []byte
	for {
		part, err := rr.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxHeader:
			return nil, fmt.Errorf("open the recording: its first line is longer than %d bytes", maxHeader)
		case err == nil:
			rr.at = int64(len(line))
			return rr, rr.Header.parse(line)
		case err == io.EOF:
			return nil, errors.New("open the recording: it has no whole first line; an .ipclab file begins with one line of JSON")
		case err != bufio.ErrBufferFull:
			return nil, fmt.Errorf("open the recording: %w", err)
		}
	}
}

// Next gives the events or the aggregate of the next block, neither where it holds a
// note. The events are valid until the next call. The error is io.EOF at the end and a *Damage where the
// recording is cut off or bad.
func (rr *RecordingReader) Next() ([]Event, *Aggregate, error) {
	if rr.err != nil {
		return nil, nil, rr.err
	}
	es, a, err := rr.block()
	if err != nil {
		if err != io.EOF {
			err = &Damage{rr.at, rr.events, err.Error()}
		}
		rr.err = err
		return nil, nil, err
	}
	rr.at += recordingBlock + int64(len(rr.buf))
	rr.events += len(es)
	return es, a, nil
}

// Note gives the note that the last Next has read, nil if it was none. It is valid
// until the next call of Next.
func (rr *RecordingReader) Note() []byte { return rr.note }

func (rr *RecordingReader) block() ([]Event, *Aggregate, error) {
	rr.note = nil
	var head [recordingBlock]byte
	if n, err := io.ReadFull(rr.r, head[:]); err != nil {
		if n == 0 && err == io.EOF {
			return nil, nil, io.EOF
		}
		return nil, nil, fmt.Errorf("it ends within the head of a block: %w", err)
	}
	kind, size := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[8:])
	switch {
	case string(head[:4]) != recordingMagic:
		return nil, nil, fmt.Errorf("a block begins with %q, not with %q", head[:4], recordingMagic)
	case size > maxPayload:
		return nil, nil, fmt.Errorf("a block has %d bytes, at most %d are allowed", size, maxPayload)
	}
	if cap(rr.buf) < int(size) {
		rr.buf = make([]byte, size)
	}
	rr.buf = rr.buf[:size]
	if _, err := io.ReadFull(rr.r, rr.buf); err != nil {
		return nil, nil, fmt.Errorf("it ends within a block: %w", err)
	}
	sum := crc32.Update(crc32.Checksum(head[4:12], castagnoli), castagnoli, rr.buf)
	if want := binary.LittleEndian.Uint32(head[12:]); sum != want {
		return nil, nil, fmt.Errorf("a block's checksum is %08x, not %08x", sum, want)
	}
	switch kind {
	case FrameRecords:
		es, err := rr.records()
		return es, nil, err
	case FrameAggregate:
		a, err := rr.aggregate()
		return nil, a, err
	case FrameNote:
		rr.note = rr.buf
	}
	return nil, nil, nil // a note, or a kind that was added later: what there was before is still there
}

func (rr *RecordingReader) records() ([]Event, error) {
	if len(rr.buf)%EventSize != 0 {
		return nil, fmt.Errorf("a block of events has %d bytes, no multiple of %d", len(rr.buf), EventSize)
	}
	es := DecodeEvents(nil, rr.buf)
	if rr.events+len(es) > maxEvents {
		return nil, fmt.Errorf("it holds more than %d events", maxEvents)
	}
	seq := rr.seq
	for i := range es {
		if err := es[i].check(&rr.Header.Scene, seq); err != nil {
			return nil, fmt.Errorf("event %d: %w", rr.events+i+1, err)
		}
		seq = es[i].Seq
	}
	rr.seq = seq
	return es, nil
}

// check says what is wrong with an event that follows the one numbered seq.
func (e *Event) check(s *Scene, seq uint64) error {
	const exact = 1 << 53 // what a browser can count to
	switch {
	case e.Seq <= seq || e.Seq >= exact:
		return fmt.Errorf("its number %d does not follow %d", e.Seq, seq)
	case e.At <= -exact || e.At >= exact || e.Dur < 0 || e.Dur >= exact:
		return fmt.Errorf("its time %d + %d ns is not possible", e.At, e.Dur)
	case int(e.Proc) > len(s.Procs):
		return fmt.Errorf("it names process %d of %d", e.Proc, len(s.Procs))
	case int(e.Part) > len(s.Parts):
		return fmt.Errorf("it names part %d of %d", e.Part, len(s.Parts))
	}
	return nil
}

func (rr *RecordingReader) aggregate() (*Aggregate, error) {
	a, ok := DecodeAggregate(rr.buf)
	s := &rr.Header.Scene
	if want := aggregateHead + len(a.Procs)*procAggregate + len(a.Parts)*partAggregate; !ok || len(rr.buf) != want ||
		len(a.Procs) > len(s.Procs) || len(a.Parts) > len(s.Parts) {
		return nil, fmt.Errorf("an aggregate of %d bytes does not fit %d processes and %d parts", len(rr.buf), len(s.Procs), len(s.Parts))
	}
	return &a, nil
}

// parse reads a header and bounds what is in it.
func (h *Header) parse(line []byte) error {
	if d := depth(line); d > maxDepth {
		return fmt.Errorf("open the recording: its first line has brackets within brackets, more than %d deep", maxDepth)
	}
	var format struct{ Format int }
	if err := json.Unmarshal(line, &format); err != nil {
		return fmt.Errorf("open the recording: its first line is no JSON object: %w", err)
	}
	if format.Format != RecordingFormat {
		return fmt.Errorf("open the recording: its format is %d, this ipclab reads %d: get the version that wrote it", format.Format, RecordingFormat)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if err := d.Decode(h); err != nil {
		return fmt.Errorf("open the recording: read its first line: %w", err)
	}
	s := &h.Scene
	for _, n := range []struct {
		what    string
		n, most int
	}{
		{"processes", len(s.Procs), 64}, {"parts", len(s.Parts), 64}, {"wires", len(s.Wires), 1024},
		{"knobs", len(h.Mechanism.Knobs), 64},
	} {
		if n.n > n.most {
			return fmt.Errorf("open the recording: it has %d %s, at most %d are allowed", n.n, n.what, n.most)
		}
	}
	return nil
}

// depth counts how deep brackets lie within brackets, so that a line of a million
// of them is refused before a parser follows it.
func depth(line []byte) (deepest int) {
	n, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '{' || c == '['):
			n++
			deepest = max(deepest, n)
		case !quoted && (c == '}' || c == ']'):
			n--
		}
	}
	return deepest
}

// Recording is a whole recording in memory.
type Recording struct {
	Header     Header
	Events     []Event
	Aggregates []Aggregate
	Damage     *Damage // nil if the recording is whole
}

// ReadRecording reads the longest valid prefix of a recording. The error is not
// nil only where not even its first line could be read.
func ReadRecording(r io.Reader) (*Recording, error) {
	rr, err := OpenRecording(r)
	if err != nil {
		return nil, err
	}
	rec := &Recording{Header: rr.Header}
	for {
		es, a, err := rr.Next()
		rec.Events = append(rec.Events, es...)
		if a != nil {
			rec.Aggregates = append(rec.Aggregates, *a)
		}
		if err == io.EOF {
			return rec, nil
		}
		if err != nil {
			errors.As(err, &rec.Damage)
			return rec, nil
		}
	}
}
