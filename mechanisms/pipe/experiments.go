package pipe

import (
	"errors"
	"fmt"
	"time"

	"ipclab/lab"
)

// The errors of Linux, which is where the events come from, also where they are
// judged elsewhere.
const (
	eAgain = -11
	ePipe  = -32
)

var experiments = []lab.Experiment{
	{ID: "P1", Name: "full", Title: "A full pipe puts the writer to sleep",
		Set: lab.Settings{"rate": 0}, Do: []string{"200ms signal reader STOP"}, For: time.Second,
		Sees: "The pipe holds its whole capacity and the writer sleeps in pipe_write.",
		Must: func(o *lab.Outcome) error {
			p := o.Part("pipe")
			return errors.Join(asleep(o, "writer", "pipe_write"),
				lab.Expect(p.Level != nil && *p.Level == p.Capacity, "the pipe holds %s of %d bytes", holds(p), p.Capacity))
		}},
	{ID: "P2", Name: "empty", Title: "An empty pipe puts the reader to sleep",
		Do: []string{"300ms signal writer STOP"}, For: time.Second,
		Sees: "The pipe holds nothing and the reader sleeps in pipe_read.",
		Must: func(o *lab.Outcome) error {
			p := o.Part("pipe")
			return errors.Join(asleep(o, "reader", "pipe_read"), lab.Expect(p.Level != nil && *p.Level == 0, "the pipe holds %s bytes", holds(p)))
		}},
	{ID: "P3", Name: "slots", Title: "Sixteen pages, not 65 536 bytes",
		Set: lab.Settings{"nonblock": 1, "size": 4097}, Mode: lab.Step, Do: every(100, 60, 12, "step writer"), For: 1200 * time.Millisecond,
		Sees: "Writes of 4 097 bytes fill the pipe with 45 066: the last one is cut short, the next gets EAGAIN, though 20 470 bytes seem to be free.",
		Must: func(o *lab.Outcome) error {
			p := o.Part("pipe")
			return errors.Join(lab.Expect(p.Level != nil && *p.Level == 45066, "the pipe holds %s bytes", holds(p)),
				lab.Expect(failed(o, lab.Send, eAgain) == 1, "%d writes got EAGAIN", failed(o, lab.Send, eAgain)),
				lab.Expect(o.Find(func(e *lab.Event) bool { return e.Kind == lab.Send && e.Flags&lab.Short != 0 && e.Ret == 4096 }) != nil, "no write was cut short to 4 096 bytes"))
		}},
	{ID: "P4", Name: "one-byte", Title: "One free byte wakes nobody",
		Set: lab.Settings{"read_size": 1}, Mode: lab.Step,
		Do: append(every(100, 50, 17, "step writer"), "1100ms step reader", "1300ms set read_size = 4095", "1400ms step reader"), For: 1800 * time.Millisecond,
		Sees: "The writer sleeps on after one byte has been read, and wakes when a whole page is free.",
		Must: oneByte},
	{ID: "P5", Name: "capacity", Title: "Another capacity while it runs",
		Set: lab.Settings{"nonblock": 1, "rate": 100}, For: 1200 * time.Millisecond,
		Do:   []string{"100ms signal reader STOP", "600ms set capacity = 131072", "900ms set capacity = 4096"},
		Sees: "The pipe grows to 131 072 bytes; asked to shrink below what it holds it stays as it is (EBUSY).",
		Must: func(o *lab.Outcome) error {
			var told []int64
			for i := range o.Events {
				if e := &o.Events[i]; e.Is(lab.FactCapacity) {
					told = append(told, e.Level)
				}
			}
			n := len(told)
			return lab.Expect(n >= 3 && told[n-2] == 131072 && told[n-1] == 131072, "the capacity read back was %v", told)
		}},
	{ID: "P6", Name: "torn", Title: "More than PIPE_BUF may be torn",
		Set: lab.Settings{"writers": 2, "size": 5000, "read_size": 1000, "capacity": 4096, "rate": 0, "drain": 0}, For: 500 * time.Millisecond,
		Sees: "Messages of 5 000 bytes are found mixed with those of the other writer.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(lab.Expect(o.Totals.Torn > 0, "none of %d messages was torn", o.Totals.Sent), agrees(o))
		}},
	{ID: "P6b", Name: "whole", Title: "Up to PIPE_BUF nothing is torn",
		Set: lab.Settings{"writers": 2, "size": 4096, "read_size": 1000, "capacity": 4096, "rate": 0, "drain": 0}, For: 500 * time.Millisecond,
		Sees: "Messages of 4 096 bytes are never torn, however they are read.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(lab.Expect(o.Totals.Torn == 0 && o.Totals.Sent > 0, "%d of %d messages were torn", o.Totals.Torn, o.Totals.Sent), agrees(o))
		}},
	{ID: "P7", Name: "eof", Title: "The end, when the last writer has closed",
		Set: lab.Settings{"writers": 2, "rate": 50}, Count: 10, For: 3 * time.Second,
		Sees: "When both writers have ended the reader's next read returns 0.",
		Must: func(o *lab.Outcome) error {
			p := o.Proc("reader")
			end := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Recv && e.Flags&lab.EOF != 0 })
			return errors.Join(lab.Expect(end != nil, "no read returned 0"), lab.Expect(p.BytesReceived == 20*4096, "the reader got %d bytes of %d", p.BytesReceived, 20*4096))
		}},
	{ID: "P7b", Name: "forgotten-close", Title: "The forgotten close",
		Set: lab.Settings{"keep_write_end": 1, "rate": 50}, Count: 10, For: 1500 * time.Millisecond,
		Sees: "The writer has ended, but the reader holds a write end itself: it sleeps in pipe_read for ever.",
		Must: func(o *lab.Outcome) error {
			end := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Recv && e.Flags&lab.EOF != 0 })
			return errors.Join(asleep(o, "reader", "pipe_read"), lab.Expect(end == nil, "a read returned 0"), ended(o, "writer", ""))
		}},
	{ID: "P8", Name: "sigpipe", Title: "Nobody reads: SIGPIPE",
		Do: []string{"400ms kill reader"}, For: 1500 * time.Millisecond,
		Sees: "The reader is killed, and the writer's next write kills the writer: SIGPIPE.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(ended(o, "reader", "SIGKILL"), ended(o, "writer", "SIGPIPE"))
		}},
	{ID: "P8b", Name: "epipe", Title: "SIGPIPE ignored: EPIPE",
		Set: lab.Settings{"sigpipe": sigpipeIgnored}, Do: []string{"400ms kill reader"}, For: 1500 * time.Millisecond,
		Sees: "The reader is killed, and the writer's next write returns EPIPE.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(ended(o, "writer", ""), lab.Expect(failed(o, lab.Send, ePipe) == 1, "%d writes got EPIPE", failed(o, lab.Send, ePipe)))
		}},
	{ID: "P9", Name: "partial", Title: "Part of it, or EAGAIN",
		Set: lab.Settings{"nonblock": 1, "size": 70000, "read_size": 5000, "rate": 100, "drain": 20}, For: time.Second,
		Sees: "A write of 70 000 bytes returns 65 536, the next ones what fits or EAGAIN; a read returns what is there.",
		Must: func(o *lab.Outcome) error {
			cut := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Send && e.Ret > 0 && e.Flags&lab.Short != 0 })
			return errors.Join(lab.Expect(cut != nil, "no write was cut short"), lab.Expect(failed(o, lab.Send, eAgain) > 0, "no write got EAGAIN"), agrees(o))
		}},
	{ID: "P14", Name: "compete", Title: "Several readers compete",
		Set: lab.Settings{"readers": 3, "size": 100, "read_size": 100, "rate": 200, "drain": 0}, For: 1500 * time.Millisecond,
		Sees: "Each message goes to one of three readers, and all of them get some.",
		Must: func(o *lab.Outcome) error {
			var sum uint64
			var errs []error
			for _, role := range []string{"reader1", "reader2", "reader3"} {
				p := o.Proc(role)
				sum += p.BytesReceived
				errs = append(errs, lab.Expect(p.Received > 0, "%s got nothing", role))
			}
			return errors.Join(append(errs, lab.Expect(sum <= o.Proc("writer").BytesSent, "%d bytes received, %d sent", sum, o.Proc("writer").BytesSent), agrees(o))...)
		}},
	{ID: "P15", Name: "backing-up", Title: "A stopped reader, then a dead one",
		Set: lab.Settings{"rate": 200, "drain": 0}, Do: []string{"300ms signal reader STOP", "1200ms kill reader"}, For: 2 * time.Second,
		Sees: "The reader is stopped (T), the pipe fills, the writer sleeps; when the reader is killed the writer dies of SIGPIPE.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(lab.Expect(o.WasState("reader", 'T', lab.WaitNone) || o.WasState("reader", 'T', lab.WaitPipeRead), "the reader was never seen stopped"),
				lab.Expect(o.Slept("writer", lab.WaitPipeWrite), "the writer was never seen asleep in pipe_write"), ended(o, "writer", "SIGPIPE"))
		}},
}

// every is an action that is done n times.
func every(first, ms, n int, action string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%dms %s", first+i*ms, action))
	}
	return all
}

// oneByte finds the write that slept, and which read it slept through.
func oneByte(o *lab.Outcome) error {
	read := func(n int32) *lab.Event {
		return o.Find(func(e *lab.Event) bool { return e.Kind == lab.Recv && e.Ret == n })
	}
	one, page := read(1), read(4095)
	slept := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Send && lab.Number(e.Msg) == 17 })
	if one == nil || page == nil || slept == nil {
		return fmt.Errorf("not seen: a read of 1 byte %t, one of 4 095 %t, the 17th write %t", one != nil, page != nil, slept != nil)
	}
	return errors.Join(lab.Expect(slept.At < one.At && slept.Ret == 4096, "the 17th write did not sleep: %+v", *slept),
		lab.Expect(slept.End() > page.At, "one byte woke the writer, %d ns after it was read", slept.End()-one.End()))
}

func asleep(o *lab.Outcome, role, where string) error {
	p := o.Proc(role)
	return lab.Expect(p.BlockedIn == where, "the %s was in %q in the end, not in %s", role, p.BlockedIn, where)
}

func ended(o *lab.Outcome, role, signal string) error {
	p := o.Proc(role)
	return lab.Expect(p.Exit.Signal == signal && (signal != "" || p.Exit.Code == 0), "the %s ended with %s", role, p.Exit)
}

func agrees(o *lab.Outcome) error {
	return lab.Expect(o.Agrees != nil && *o.Agrees, "the calls and the kernel do not agree")
}

func failed(o *lab.Outcome, k lab.Kind, errno int32) int {
	return o.Count(func(e *lab.Event) bool { return e.Kind == k && e.Ret == errno })
}

func holds(p *lab.PartOutcome) string {
	if p.Level == nil {
		return "?"
	}
	return fmt.Sprint(*p.Level)
}
