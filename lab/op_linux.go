package lab

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Op is an operation in progress, from Begin to End.
type Op struct {
	w    *Worker
	s    *Event
	back int64 // when the call was back, if Back was called
	kept bool  // its record may be kept, so the clock is read
}

// Begin notes that a call on a part is about to be made: the call itself stands
// naked between Begin and End. want is how much is asked for, msg the message, if
// it is known before.
func (w *Worker) Begin(kind Kind, call Call, part uint16, want int, msg uint64) *Op {
	s := w.ring.begin()
	w.op.s, w.op.back = s, 0
	if Trace(w.ctl.trace.Load()) == TraceOff {
		*s = Event{Kind: kind, Call: call, Part: part, Want: uint32(want)}
		return &w.op
	}
	w.ops++
	publish(&s.Seq, 0)
	s.Dur, s.Ret, s.Level, s.Data = 0, 0, -1, [8]byte{}
	s.Msg, s.Want, s.Kind, s.Call, s.Flags = msg, uint32(want), kind, call, 0
	s.Proc, s.Part = uint16(w.Proc), part
	s.At = 0
	if w.op.kept = w.wanted(kind, msg); w.op.kept && (call != CallNone || gives(kind)) {
		s.At = nanotime() - w.ctl.epoch.Load()
	}
	publish(&s.Seq, intent|w.ops)
	if w.fail.Load() != 0 {
		w.failpoint(1)
	}
	return &w.op
}

// Back reads the clock as soon as the call is back, where there is something to do
// before its End, such as looking at what was read.
func (o *Op) Back() {
	if Trace(o.w.ctl.trace.Load()) != TraceOff && o.kept {
		o.back = nanotime()
	}
}

// Data notes the value that was stored, loaded, sent or found.
func (o *Op) Data(v uint64) *Op { *(*uint64)(unsafe.Pointer(&o.s.Data)) = v; return o }

// Flag notes what was particular about the call.
func (o *Op) Flag(f Flags) *Op { o.s.Flags |= f; return o }

// About notes what the call turned out to be about, where that was not known before.
func (o *Op) About(want int) *Op { o.s.Want = uint32(want); return o }

// End notes how the call turned out: n as it returned it, the message that it was
// about, its error. It reads the clock before anything else, unless Back has.
func (o *Op) End(n int, msg uint64, err error) {
	w, s := o.w, o.s
	trace := Trace(w.ctl.trace.Load())
	if trace != TraceOff && o.kept && (s.Call != CallNone || !gives(s.Kind)) {
		if o.back == 0 {
			o.back = nanotime()
		}
		if at := o.back - w.ctl.epoch.Load(); s.Call == CallNone {
			s.At = at
		} else {
			s.Dur = at - s.At
			w.durs[bin(s.Dur)]++
		}
	}
	if w.fail.Load() != 0 {
		w.failpoint(2)
	}
	if err != nil {
		s.Ret = -int32(errno(err))
		w.errors++
	} else {
		s.Ret = int32(n)
		if n < int(s.Want) && (s.Kind == Send || s.Kind == Recv) {
			s.Flags |= Short
		}
	}
	s.Msg = msg
	w.count(s)
	publish(&w.booked, w.ops)
	if w.fail.Load() != 0 {
		w.failpoint(3)
	}
	if trace != TraceFull {
		publish(&s.Seq, 0)
		return
	}
	paced := w.ctl.gate.Load() != 0
	if paced {
		s.Flags |= Paced
	}
	if paced || w.calls&63 == 0 {
		if ask := w.watch[s.Part].Load(); ask != nil {
			s.Level = (*ask)()
		}
	}
	if !o.kept || !w.keeps(msg, err) {
		w.skipped++
		publish(&s.Seq, 0)
		return
	}
	w.ring.end(s)
	if w.ctl.asleep.Load() != 0 {
		w.ctl.ring()
	}
}

// gives tells the operations that take effect no earlier than they begin. Work in
// user space is an instant, for which one clock reading does: before it, if it
// gives, and after it, if it takes.
func gives(k Kind) bool { return k == Store || k == Unlock }

// count keeps the exact counters.
func (w *Worker) count(s *Event) {
	w.calls++
	if s.Ret < 0 {
		return
	}
	n := uint64(s.Ret)
	switch s.Kind {
	case Send:
		w.tally.sent++
		w.tally.bytesSent += n
		w.parts[s.Part].in += n
	case Recv:
		if n > 0 {
			w.tally.received++
		}
		w.tally.bytesReceived += n
		w.parts[s.Part].out += n
	case Store:
		switch {
		case s.Part != 0 && s.Part == w.updates || w.items[s.Part] && word(s) != 0:
			w.tally.sent++
		case w.items[s.Part]:
			w.tally.received++
		}
	case Signal:
		if s.Want != 0 { // 0 asks only whether the process is there
			w.tally.sent++
			w.parts[s.Part].in++
		}
	case Deliver:
		w.tally.received++
		w.parts[s.Part].out++
	}
}

// SawTorn counts a record that was found half old and half new.
func (w *Worker) SawTorn() { w.tally.torn++ }

// failpoint stops the process if the lab asked it to stop at this point: 1 before
// the call, 2 after it, 3 when it is counted but not recorded. There a test kills it.
func (w *Worker) failpoint(at uint32) {
	if w.fail.CompareAndSwap(at, 0) {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
	}
}

func errno(err error) syscall.Errno {
	if no, ok := err.(syscall.Errno); ok {
		return no
	}
	return syscall.EIO
}
