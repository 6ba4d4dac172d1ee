package main

import (
	"strconv"

	"ipclab/lab"
)

// tally sums up a recording as --json does a run, worked out from its events.
type tally struct {
	o     lab.Outcome
	slept []string // by process: where it slept last
	last  int64
	seq   uint64
}

func newTally(h *lab.Header) *tally {
	t := &tally{o: lab.Outcome{Mechanism: h.Mechanism.ID, Settings: h.Settings, Scene: h.Scene}, slept: make([]string, len(h.Scene.Procs))}
	for _, p := range h.Scene.Procs {
		t.o.Procs = append(t.o.Procs, lab.ProcOutcome{Role: p.Role})
	}
	for _, p := range h.Scene.Parts {
		t.o.Parts = append(t.o.Parts, lab.PartOutcome{ID: p.ID, Object: p.Object, Capacity: p.Cap})
	}
	return t
}

func (t *tally) add(es []lab.Event) {
	for i := range es {
		e := &es[i]
		t.last = max(t.last, e.At+e.Dur)
		t.o.Records.Recorded++
		if gap := e.Seq - t.seq - 1; e.Kind != lab.Lost {
			t.o.Records.Dropped += gap
		}
		t.seq = e.Seq
		t.part(e)
		if n := int(e.Proc); n > 0 {
			t.proc(n-1, e)
		}
	}
}

func (t *tally) part(e *lab.Event) {
	if e.Kind == lab.Lost {
		t.o.Records.Recorded--
		t.o.Records.Dropped += uint64(max(e.Level, 0))
	}
	if e.Part == 0 {
		return
	}
	p := &t.o.Parts[e.Part-1]
	if e.Kind == lab.State && lab.Fact(e.Call) == lab.FactCapacity {
		p.Capacity = e.Level
	} else if e.Level >= 0 && (e.Kind == lab.Send || e.Kind == lab.Recv || e.Kind == lab.State && lab.Fact(e.Call) == lab.FactLevel) {
		level := e.Level
		p.Level = &level
	}
	if e.Kind == lab.State && lab.Fact(e.Call) == lab.FactAgrees {
		both := e.Ret == 1 && (t.o.Agrees == nil || *t.o.Agrees)
		t.o.Agrees = &both
	}
}

func (t *tally) proc(i int, e *lab.Event) {
	p, n := &t.o.Procs[i], uint64(max(e.Ret, 0))
	switch {
	case e.Flags&lab.Stopped != 0: // the end of the run came while it slept
		p.BlockedIn = t.slept[i]
	case e.Kind == lab.Spawn:
		p.PID = int(e.Ret)
	case e.Kind == lab.Exit && e.Ret >= 0:
		p.Exit = lab.ExitStatus{Code: int(e.Ret)}
	case e.Kind == lab.Exit:
		p.Exit = lab.ExitStatus{Code: -1, Signal: signalName(-e.Ret)}
	case e.Kind == lab.State && lab.Fact(e.Call) == lab.FactState:
		if w := lab.Wait(e.Data[1]); w.InCall() {
			t.slept[i] = w.String()
		}
	case e.Ret < 0 || e.Flags&lab.Open != 0:
	case e.Kind == lab.Send:
		p.Sent++
		p.BytesSent += n
		t.o.Totals.Sent++
	case e.Kind == lab.Recv:
		p.BytesReceived += n
		if n > 0 {
			p.Received++
			t.o.Totals.Received++
		}
		if e.Flags&lab.Torn != 0 {
			t.o.Totals.Torn++
		}
	case e.Kind == lab.Signal:
		p.Sent++
		t.o.Totals.Sent++
	case e.Kind == lab.Deliver:
		p.Received++
		t.o.Totals.Received++
	}
}

func (t *tally) outcome() *lab.Outcome {
	t.o.Seconds = float64(t.last) / 1e9
	t.o.Records.Written = t.o.Records.Recorded + t.o.Records.Dropped
	return &t.o
}

// signalName gives Linux's names, also where a recording is read on another system.
func signalName(n int32) string {
	names := map[int32]string{1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1", 11: "SEGV", 12: "USR2",
		13: "PIPE", 14: "ALRM", 15: "TERM"}
	if s, ok := names[n]; ok {
		return "SIG" + s
	}
	return "signal " + strconv.Itoa(int(n))
}
