package lessons

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"ipclab/lab"
)

// A tape is a recording in little room: compressed, a recording without events, and
// then the events' bytes by columns, of numbers and times the differences. Each takes
// about two bytes then, instead of ten.

// MaxTape is how many bytes a tape may have.
const MaxTape = 150_000

// pack makes a tape. Of a run in which more happened than there is room for, the
// begin and the end are kept, and from between what the lab looked up.
func (c *cut) pack() ([]byte, error) {
	for most := 1 << 18; most >= 1<<9; most /= 2 {
		b, err := c.thin(most).packAll()
		if err != nil || len(b) <= MaxTape {
			return b, err
		}
	}
	return nil, fmt.Errorf("it has more than %s bytes", lab.Digits(MaxTape))
}

func (c *cut) packAll() ([]byte, error) {
	note, err := json.Marshal(&c.note)
	if err != nil {
		return nil, err
	}
	var head, out bytes.Buffer
	if err := lab.WriteRecording(&head, &c.header, nil, c.views, note); err != nil {
		return nil, err
	}
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	body := binary.AppendUvarint(nil, uint64(head.Len()))
	body = append(append(body, head.Bytes()...), columns(c.events)...)
	_, err = z.Write(body)
	err = errors.Join(err, z.Close())
	return out.Bytes(), err
}

// OpenTape makes a recording of a tape.
func OpenTape(tape []byte) (io.Reader, error) {
	z, err := gzip.NewReader(bytes.NewReader(tape))
	if err != nil {
		return nil, fmt.Errorf("open the recording: %w", err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("open the recording: %w", err)
	}
	n, used := binary.Uvarint(b)
	if b = b[max(used, 0):]; used <= 0 || n > uint64(len(b)) {
		return nil, errors.New("open the recording: it is no tape")
	}
	rr, err := lab.OpenRecording(bytes.NewReader(b[:n]))
	if err != nil {
		return nil, err
	}
	var notes [][]byte
	var views []lab.Aggregate
	for {
		_, view, err := rr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if view != nil {
			views = append(views, *view)
		}
		if note := rr.Note(); note != nil {
			notes = append(notes, slices.Clone(note))
		}
	}
	var out bytes.Buffer
	if err := lab.WriteRecording(&out, &rr.Header, rows(b[n:]), views, notes...); err != nil {
		return nil, err
	}
	return &out, nil
}

// columns turns events into the bytes at their first place, then those at their
// second, and so on.
func columns(es []lab.Event) []byte {
	var last lab.Event
	rows := slices.Clone(es)
	for i := range rows {
		e := rows[i]
		rows[i].Seq, rows[i].At = e.Seq-last.Seq, e.At-last.At
		last = e
	}
	b := lab.AppendEvents(nil, rows)
	out := make([]byte, 0, len(b))
	for at := range lab.EventSize {
		for i := at; i < len(b); i += lab.EventSize {
			out = append(out, b[i])
		}
	}
	return out
}

// rows makes events of columns.
func rows(columns []byte) []lab.Event {
	n := len(columns) / lab.EventSize
	b := make([]byte, n*lab.EventSize)
	for i := range b {
		b[i] = columns[i%lab.EventSize*n+i/lab.EventSize]
	}
	es := lab.DecodeEvents(nil, b)
	for i := range es[min(1, n):] {
		es[i+1].Seq += es[i].Seq
		es[i+1].At += es[i].At
	}
	return es
}

// thin leaves out calls in the middle until few events are left, and says where and
// how many. All numbers are given anew, as nothing but calls is missing.
func (c *cut) thin(most int) *cut {
	n := len(c.events)
	if n <= most {
		return c
	}
	out := &cut{header: c.header, note: c.note}
	number := make([]uint64, 0, n) // of the newest event kept, by place
	left := make([]int64, len(c.header.Scene.Procs))
	from, to := most/2, n-most/2
	put := func(e lab.Event) {
		e.Seq = uint64(len(out.events) + 1)
		out.events = append(out.events, e)
	}
	for i, e := range c.events {
		if i >= from && i < to && e.Proc != 0 && isCall(&e) {
			left[e.Proc-1]++
		} else {
			put(e)
		}
		if i == to-1 {
			for p, n := range left {
				if n > 0 {
					put(lab.Event{At: e.At, Kind: lab.Lost, Proc: uint16(p + 1), Ret: 1, Level: n})
				}
			}
		}
		number = append(number, uint64(len(out.events)))
	}
	// renumber gives the number of the newest event kept that was not after one.
	renumber := func(seq uint64) uint64 {
		i, found := slices.BinarySearchFunc(c.events, seq, func(e lab.Event, s uint64) int { return int(e.Seq) - int(s) })
		if found {
			i++
		}
		if i == 0 {
			return 0
		}
		return number[i-1]
	}
	out.note.Moments = slices.Clone(c.note.Moments)
	for i := range out.note.Moments {
		m := &out.note.Moments[i]
		m.Seq = renumber(m.Seq)
		marks := map[string]int64{}
		for name, seq := range m.Extra.Marks {
			marks[name] = int64(renumber(uint64(seq)))
		}
		m.Extra.Marks = marks
	}
	for _, a := range c.views {
		a.Seq = renumber(a.Seq)
		out.views = append(out.views, a)
	}
	return out
}

// isCall reports whether an event is one of many: what a worker did in its work.
func isCall(e *lab.Event) bool {
	switch e.Kind {
	case lab.Spawn, lab.Exit, lab.State, lab.Knob, lab.Fault, lab.Lost:
		return false
	}
	return true
}
