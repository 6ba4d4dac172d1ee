package lab

import (
	"encoding/binary"
	"unsafe"
)

// A frame is what travels to viewers and lies in the blocks of a recording: a
// header of 32 bytes, then either records or one aggregate.
//
//	kind u8 · version u8 · flags u16 · epoch u32 · first u64 · count u32 · size u32 · dropped u64
//
// first is the sequence number of the first record (or of the newest one known to
// an aggregate), count the number of records or 1, size the bytes that follow,
// dropped the records that this viewer has not been sent before this frame.
const (
	FrameHeader  = 32
	FrameVersion = 1

	FrameRecords   = 1
	FrameAggregate = 2
	FrameNote      = 3 // in recordings only
)

// AppendFrame appends a frame's header to b.
func AppendFrame(b []byte, kind byte, epoch uint32, first uint64, count, size int, dropped uint64) []byte {
	b = append(b, kind, FrameVersion, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, epoch)
	b = binary.LittleEndian.AppendUint64(b, first)
	b = binary.LittleEndian.AppendUint32(b, uint32(count))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	return binary.LittleEndian.AppendUint64(b, dropped)
}

// AppendEvents appends the bytes of events: on a little-endian machine, which is
// every machine that Go and ipclab run on, they are copied as they lie.
func AppendEvents(b []byte, es []Event) []byte {
	if len(es) == 0 {
		return b
	}
	return append(b, unsafe.Slice((*byte)(unsafe.Pointer(&es[0])), len(es)*EventSize)...)
}

// DecodeEvents reads as many whole events as b holds, appending them to es.
func DecodeEvents(es []Event, b []byte) []Event {
	for ; len(b) >= EventSize; b = b[EventSize:] {
		es = append(es, Event{
			Seq: binary.LittleEndian.Uint64(b), At: int64(binary.LittleEndian.Uint64(b[8:])),
			Dur: int64(binary.LittleEndian.Uint64(b[16:])), Msg: binary.LittleEndian.Uint64(b[24:]),
			Want: binary.LittleEndian.Uint32(b[32:]), Ret: int32(binary.LittleEndian.Uint32(b[36:])),
			Level: int64(binary.LittleEndian.Uint64(b[40:])), Data: [8]byte(b[48:56]),
			Kind: Kind(b[56]), Call: Call(b[57]), Flags: Flags(binary.LittleEndian.Uint16(b[58:])),
			Proc: binary.LittleEndian.Uint16(b[60:]), Part: binary.LittleEndian.Uint16(b[62:]),
		})
	}
	return es
}

// Aggregate is what a viewer gets at full speed, 30 times a second: exact
// counters and the shape of what happened in the last Span.
type Aggregate struct {
	At       int64  // end of the span, ns since the epoch
	Span     int64  // ns
	Recorded uint64 // records kept since the start
	Dropped  uint64 // records for which a ring had no room since the start
	Sample   uint32 // 1 record of Sample is kept
	Seq      uint64 // the newest record

	Latency [LatencyBins]uint32 // from a message's send to the return of its receive, in this span
	Procs   []ProcAggregate
	Parts   []PartAggregate
}

// LatencyBins: bin i counts latencies from 2^(i-1) to 2^i ns.
const LatencyBins = 40

// ProcAggregate tells of one process. Counters run from the start of the run.
type ProcAggregate struct {
	Sent, Received         uint64 // messages, signals or updates
	BytesSent, BytesRecved uint64
	Calls, Errors          uint64
	P50, P99               uint32 // ns inside the call, in this span
	OnCPU                  uint32 // thousandths of this span
	Waits                  uint32 // thousandths of this span's samples asleep in Wait
	State                  byte   // R S D T Z X
	Wait                   Wait   // where it slept most
	Switches               uint32 // voluntary context switches in this span
}

// PartAggregate tells how full one part was.
type PartAggregate struct {
	Now, Cap       int64
	Min, Mean, Max int64
	Low, High      int64 // the middle half of the samples lies between
	Full           int64 // thousandths of the samples in which it was full
}

const (
	aggregateHead = 8*5 + 8 + 4*LatencyBins
	procAggregate = 6*8 + 4*4 + 8
	partAggregate = 8 * 8
)

// AppendAggregate appends the bytes of an aggregate.
func AppendAggregate(b []byte, a *Aggregate) []byte {
	le := binary.LittleEndian
	u64 := func(v uint64) { b = le.AppendUint64(b, v) }
	u32 := func(v uint32) { b = le.AppendUint32(b, v) }
	u64(uint64(a.At))
	u64(uint64(a.Span))
	u64(a.Recorded)
	u64(a.Dropped)
	u64(a.Seq)
	u32(a.Sample)
	b = append(b, byte(len(a.Procs)), byte(len(a.Parts)), 0, 0)
	for _, n := range a.Latency {
		u32(n)
	}
	for _, p := range a.Procs {
		for _, v := range [...]uint64{p.Sent, p.Received, p.BytesSent, p.BytesRecved, p.Calls, p.Errors} {
			u64(v)
		}
		for _, v := range [...]uint32{p.P50, p.P99, p.OnCPU, p.Waits} {
			u32(v)
		}
		b = append(b, p.State, byte(p.Wait), 0, 0)
		u32(p.Switches)
	}
	for _, p := range a.Parts {
		for _, v := range [...]int64{p.Now, p.Cap, p.Min, p.Mean, p.Max, p.Low, p.High, p.Full} {
			u64(uint64(v))
		}
	}
	return b
}

// DecodeAggregate reads an aggregate; ok is false if b is too short for it.
func DecodeAggregate(b []byte) (a Aggregate, ok bool) {
	if len(b) < aggregateHead {
		return a, false
	}
	le := binary.LittleEndian
	u64 := func() (v uint64) { v, b = le.Uint64(b), b[8:]; return }
	u32 := func() (v uint32) { v, b = le.Uint32(b), b[4:]; return }
	a.At, a.Span = int64(u64()), int64(u64())
	a.Recorded, a.Dropped, a.Seq = u64(), u64(), u64()
	a.Sample = u32()
	procs, parts := int(b[0]), int(b[1])
	b = b[4:]
	for i := range a.Latency {
		a.Latency[i] = u32()
	}
	if len(b) < procs*procAggregate+parts*partAggregate {
		return Aggregate{}, false
	}
	for range procs {
		p := ProcAggregate{Sent: u64(), Received: u64(), BytesSent: u64(), BytesRecved: u64(), Calls: u64(), Errors: u64(),
			P50: u32(), P99: u32(), OnCPU: u32(), Waits: u32()}
		p.State, p.Wait = b[0], Wait(b[1])
		b = b[4:]
		p.Switches = u32()
		a.Procs = append(a.Procs, p)
	}
	for range parts {
		var v [8]int64
		for i := range v {
			v[i] = int64(u64())
		}
		a.Parts = append(a.Parts, PartAggregate{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]})
	}
	return a, true
}
