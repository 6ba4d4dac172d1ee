package lab

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
)

// A recording (.ipclab) is a run that somebody kept. Its first line is the Header
// in JSON. Blocks follow, little endian:
//
//	magic "IPCB" · kind u8 · 3 zero bytes · size u32 · crc32c u32 · size bytes
//
// The checksum (Castagnoli) covers kind to size and the bytes. A block of kind
// FrameRecords holds whole Events, one of kind FrameAggregate one Aggregate, and one
// of kind FrameNote whatever those who made the recording want to find in it again.
// There is no index and no end mark: a file that was cut off, or went bad from some
// byte on, plays up to there.
const (
	RecordingFormat = 1

	recordingMagic  = "IPCB"
	recordingBlock  = 16      // bytes before the payload
	maxPayload      = 1 << 20 // bytes of one block
	maxHeader       = 1 << 20 // bytes of the first line
	maxDepth        = 16      // of brackets in the first line
	maxEvents       = 10_000_000
	recordsPerBlock = 1024 // while a run goes on; a quiet one has a block each second
	keptPerBlock    = 64   // afterwards: damage costs what is in its block
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHeader appends a recording's first line.
func appendHeader(b []byte, h *Header) ([]byte, error) {
	one := *h
	one.Format = RecordingFormat
	line, err := json.Marshal(&one)
	if err != nil {
		return b, fmt.Errorf("write the recording's header: %w", err)
	}
	if len(line) >= maxHeader {
		return b, fmt.Errorf("write the recording's header: it has %d bytes, at most %d can be read back", len(line), maxHeader-1)
	}
	return append(append(b, line...), '\n'), nil
}

// appendBlock appends one block.
func appendBlock(b []byte, kind byte, payload []byte) []byte {
	at := len(b)
	b = append(b, recordingMagic...)
	b = append(b, kind, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(b[at+4:], castagnoli), castagnoli, payload)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, payload...)
}

// WriteRecording writes a whole recording: notes first, then events and aggregates in
// their order.
func WriteRecording(w io.Writer, h *Header, es []Event, as []Aggregate, notes ...[]byte) error {
	b, err := appendHeader(nil, h)
	if err != nil {
		return err
	}
	for _, note := range notes {
		if len(note) > maxPayload {
			return fmt.Errorf("write the recording: a note has %d bytes, at most %d can be read back", len(note), maxPayload)
		}
		b = appendBlock(b, FrameNote, note)
	}
	for len(es) > 0 || len(as) > 0 {
		n := min(len(es), keptPerBlock)
		if len(as) > 0 { // an aggregate comes after the newest record that it knows
			for n > 0 && es[n-1].Seq > as[0].Seq {
				n--
			}
		}
		if n > 0 {
			b = appendBlock(b, FrameRecords, AppendEvents(nil, es[:n]))
			es = es[n:]
		} else {
			b = appendBlock(b, FrameAggregate, AppendAggregate(nil, &as[0]))
			as = as[1:]
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write the recording: %w", err)
		}
		b = b[:0]
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}
