package lab

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Recorder is a sink that writes a run to a recording while it goes on. A disk
// that is slow or full never holds the run up: records that find no room are
// counted, and stand in the recording as a Lost event.
//
// A recording is of one epoch: what comes after a restart is not in it.
type Recorder struct {
	// Failed is told once if the recording had to end early, for example because
	// the disk is full. The run goes on.
	Failed func(error)

	w      io.Writer
	blocks chan []byte
	done   chan struct{}
	closed sync.Once
	err    error // of the writing goroutine; read it after done

	header  bool
	ended   bool
	flushed time.Time
	pending []byte // records that make no whole block yet
	lost    uint64 // records that found no room since the last block
	last    Event  // the newest record
	hole    Event  // the newest record that found no room
}

// recorderBlocks is how many blocks may wait for the disk: 16 MiB.
const recorderBlocks = 256

// NewRecorder makes a recorder; Attach it to a run and Close it afterwards.
func NewRecorder(w io.Writer) *Recorder {
	return &Recorder{w: w, blocks: make(chan []byte, recorderBlocks), done: make(chan struct{})}
}

// Start writes the first line.
func (r *Recorder) Start(h *Header) {
	if r.header {
		r.ended = true // a restart
		return
	}
	r.header = true
	line, err := appendHeader(nil, h)
	go r.write(err)
	r.blocks <- line
}

// write brings blocks to the disk until there are no more.
func (r *Recorder) write(err error) {
	defer close(r.done)
	r.err = err
	var n int64
	for b := range r.blocks {
		if r.err != nil {
			continue
		}
		wrote, err := r.w.Write(b)
		n += int64(wrote)
		if err != nil {
			r.err = fmt.Errorf("the recording ends after %d bytes: %w; the run goes on", n, err)
			if r.Failed != nil {
				r.Failed(r.err)
			}
		}
	}
}

// Records takes events.
func (r *Recorder) Records(es []Event) {
	for r.header && !r.ended && len(es) > 0 {
		n := min(len(es), recordsPerBlock-len(r.pending)/EventSize)
		r.pending = AppendEvents(r.pending, es[:n])
		r.last, es = es[n-1], es[n:]
		if len(r.pending) == recordsPerBlock*EventSize || time.Since(r.flushed) > time.Second {
			r.flush()
		}
	}
}

// Aggregate takes an aggregate, and brings what is pending to the disk.
func (r *Recorder) Aggregate(a *Aggregate) {
	if !r.header || r.ended {
		return
	}
	r.flush()
	r.offer(appendBlock(nil, FrameAggregate, AppendAggregate(nil, a)))
}

// End brings what is pending to the disk.
func (r *Recorder) End(*Outcome) {
	if r.header && !r.ended {
		r.flush()
	}
	r.ended = true
}

func (r *Recorder) flush() {
	if len(r.pending) == 0 {
		return
	}
	if r.offer(appendBlock(r.lostBlock(), FrameRecords, r.pending)) {
		r.lost = 0
	} else {
		r.lost += uint64(len(r.pending) / EventSize)
		r.hole = r.last
	}
	r.pending, r.flushed = r.pending[:0], time.Now()
}

// lostBlock tells of the records that found no room.
func (r *Recorder) lostBlock() []byte {
	if r.lost == 0 {
		return nil
	}
	return appendBlock(nil, FrameRecords, AppendEvents(nil, []Event{{Seq: r.hole.Seq, At: r.hole.At, Kind: Lost, Level: int64(r.lost)}}))
}

func (r *Recorder) offer(b []byte) bool {
	select {
	case r.blocks <- b:
		return true
	default:
		return false
	}
}

// Close waits until all is written, and tells why it could not be. No method may
// be called afterwards: detach the recorder first.
func (r *Recorder) Close() error {
	if !r.header {
		return errors.New("the recording is empty: the run never started")
	}
	r.closed.Do(func() {
		r.End(nil)
		r.blocks <- r.lostBlock()
		close(r.blocks)
	})
	<-r.done
	return r.err
}
