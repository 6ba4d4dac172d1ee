package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"text/tabwriter"

	"ipclab/lab"
)

// line is an event as --events writes it.
type line struct {
	Seq    uint64   `json:"seq"`
	T      int64    `json:"t"` // CLOCK_MONOTONIC ns before the call
	Dur    int64    `json:"dur"`
	Kind   string   `json:"kind"`
	Call   string   `json:"call"`
	Proc   string   `json:"proc"`
	PID    int      `json:"pid"`
	TID    int      `json:"tid"`
	Part   string   `json:"part"`
	Object string   `json:"object"`
	Want   uint32   `json:"want"`
	Ret    int32    `json:"ret"`
	Err    string   `json:"err"`
	Msg    uint64   `json:"msg"`
	Level  int64    `json:"level"`
	Data   uint64   `json:"data"` // the value stored, loaded or sent; a mask; for state, its letter and what it waits for
	Flags  []string `json:"flags"`
}

// eventWriter is a sink that writes a line for each event. It writes from a
// goroutine of its own, so that the run is not held up by a terminal; if that falls
// far behind, the rings fill, and what they drop is counted.
type eventWriter struct {
	w       *bufio.Writer
	e       *json.Encoder
	head    lab.Header
	pids    []int
	batches chan batch
	done    chan error
}

// A batch is events, or the beginning of an epoch.
type batch struct {
	head *lab.Header
	es   []lab.Event
}

func newEventWriter(w io.Writer) *eventWriter {
	b := bufio.NewWriterSize(w, 1<<16)
	e := &eventWriter{w: b, e: json.NewEncoder(b), batches: make(chan batch, 256), done: make(chan error, 1)}
	go e.write()
	return e
}

func (w *eventWriter) Start(h *lab.Header) {
	head := *h
	w.batches <- batch{head: &head}
}

func (w *eventWriter) Records(es []lab.Event) {
	for part := range slices.Chunk(es, 4096) {
		w.batches <- batch{es: slices.Clone(part)}
	}
}

func (w *eventWriter) Aggregate(*lab.Aggregate) {}
func (w *eventWriter) End(*lab.Outcome)         {}

// write writes until there is no more, or until writing fails.
func (w *eventWriter) write() {
	var err error
	for b := range w.batches {
		if b.head != nil {
			w.head, w.pids = *b.head, make([]int, len(b.head.Scene.Procs)+1)
		}
		for i := range b.es {
			if err == nil {
				err = w.e.Encode(w.line(&b.es[i]))
			}
		}
		if err == nil && len(w.batches) == 0 {
			err = w.w.Flush()
		}
	}
	w.done <- err
}

// Close waits until all is written.
func (w *eventWriter) Close() error {
	close(w.batches)
	return <-w.done
}

func (w *eventWriter) line(e *lab.Event) line {
	l := line{Seq: e.Seq, T: w.head.Start + e.At, Dur: e.Dur, Kind: e.Kind.String(), Want: e.Want, Ret: e.Ret,
		Msg: e.Msg, Level: e.Level, Data: binary.LittleEndian.Uint64(e.Data[:]), Flags: append([]string{}, e.Flags.Names()...)}
	if e.Kind == lab.State {
		l.Call = lab.Fact(e.Call).String()
	} else {
		l.Call = e.Call.String()
		if e.Ret < 0 && e.Kind != lab.Exit && e.Kind != lab.Fault {
			l.Err = errnoName(syscall.Errno(-e.Ret))
		}
	}
	if e.Kind == lab.Spawn && int(e.Proc) < len(w.pids) {
		w.pids[e.Proc] = int(e.Ret)
	}
	if n := int(e.Proc); n > 0 && n < len(w.pids) {
		l.Proc, l.PID, l.TID = w.head.Scene.Procs[n-1].Role, w.pids[n], w.pids[n]
	}
	if n := int(e.Part); n > 0 && n <= len(w.head.Scene.Parts) {
		l.Part, l.Object = w.head.Scene.Parts[n-1].ID, w.head.Scene.Parts[n-1].Object
	}
	return l
}

// sinks opens the files that a run is written to.
func (f *runFlags) sinks() (all []lab.Sink, end func() error, err error) {
	var ends []func() error
	end = func() error {
		var errs []error
		for _, f := range ends {
			errs = append(errs, f())
		}
		return errors.Join(errs...)
	}
	if f.events != "" {
		out := os.Stdout
		if f.events != "-" {
			if out, err = os.Create(f.events); err != nil {
				return nil, nil, usageError{fmt.Errorf("write events: %w", err)}
			}
		}
		w := newEventWriter(out)
		all = append(all, w)
		ends = append(ends, func() error { return errors.Join(w.Close(), closeFile(out)) })
	}
	if f.record != "" {
		out, err := os.Create(f.record)
		if err != nil {
			return nil, nil, usageError{fmt.Errorf("write recording: %w", err)}
		}
		w := lab.NewRecorder(out)
		w.Failed = func(err error) { fmt.Fprintln(os.Stderr, "ipclab: the recording ends early:", err) }
		all = append(all, w)
		ends = append(ends, func() error { return errors.Join(w.Close(), out.Sync(), out.Close()) })
	}
	return all, end, nil
}

func closeFile(f *os.File) error {
	if f == os.Stdout {
		return nil
	}
	return f.Close()
}

// printOutcome prints a summary for people.
func printOutcome(w io.Writer, o *lab.Outcome) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s, %.2f s\n", o.Mechanism, o.Seconds)
	for _, p := range o.Procs {
		fmt.Fprintf(t, "  %s\t%d\tsent %d (%d bytes)\treceived %d (%d bytes)\t%s\t%s\n", p.Role, p.PID, p.Sent, p.BytesSent,
			p.Received, p.BytesReceived, slept(p.BlockedIn), p.Exit)
	}
	for _, p := range o.Parts {
		if p.Level != nil {
			fmt.Fprintf(t, "  %s\t%s\tholds %d\t%s\n", p.ID, p.Object, *p.Level, ofCapacity(p.Capacity))
		}
	}
	fmt.Fprintf(t, "  records\t%d kept\t%d dropped\tlost %d\ttorn %d\n", o.Records.Recorded, o.Records.Dropped, o.Totals.Lost, o.Totals.Torn)
	if o.Agrees != nil {
		word := "agrees with the kernel"
		if !*o.Agrees {
			word = "does NOT agree with the kernel"
		}
		fmt.Fprintf(t, "  %s\n", word)
	}
	return t.Flush()
}

func slept(where string) string {
	if where == "" {
		return ""
	}
	return "asleep in " + where
}

func ofCapacity(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint("of ", n)
}
