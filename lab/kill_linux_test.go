package lab_test

import (
	"fmt"
	"testing"
	"time"

	"ipclab/lab"
)

// A worker is killed at each point of a call: before it, after it, and when it is
// counted but not recorded. What it was doing is shown as open, and settled later
// by counting at the other end; where the result is in the worker's page, it is
// known at once.
func TestKillAtEveryPoint(t *testing.T) {
	for _, role := range []string{"writer", "reader"} {
		for point, want := range map[uint32]int32{1: 0, 2: 4096, 3: 4096} {
			t.Run(fmt.Sprint(role, point), func(t *testing.T) {
				t.Parallel()
				r, tape := start(t, lab.Options{Settings: lab.Settings{"rate": 50, "drain": 50, "sigpipe": 1}, Once: true})
				until(t, "something is received", func() bool { return tape.count(isKind(lab.Recv, 2)) > 5 })
				proc := uint16(1)
				if role == "reader" { // something lies in the pipe, so that no read waits
					proc = 2
					do(t, r, "set drain = 1")
					n := tape.count(isKind(lab.Send, 1))
					until(t, "more is sent", func() bool { return tape.count(isKind(lab.Send, 1)) > n+4 })
				}
				if err := r.FailAt(role, point); err != nil {
					t.Fatal(err)
				}
				do(t, r, "set drain = 50")
				until(t, "it has stopped itself", func() bool { return tape.count(isStopped(proc)) > 0 })
				do(t, r, "kill "+role)
				until(t, "it is dead", func() bool { return tape.count(isKind(lab.Exit, proc)) == 1 })
				time.Sleep(200 * time.Millisecond)
				r.Stop()
				o, err := r.Wait()
				if err != nil {
					t.Fatal(err)
				}
				judgeKill(t, o, proc, point, want)
			})
		}
	}
}

func isStopped(proc uint16) func(lab.Event) bool {
	return func(e lab.Event) bool { return e.Is(lab.FactState) && e.Proc == proc && e.Data[0] == 'T' }
}

func judgeKill(t *testing.T, o *lab.Outcome, proc uint16, point uint32, want int32) {
	t.Helper()
	var open, settled, last *lab.Event
	var sent, received uint64
	for i := range o.Events {
		e := &o.Events[i]
		if e.Kind != lab.Send && e.Kind != lab.Recv || e.Flags&lab.Stopped != 0 {
			continue
		}
		if e.Kind == lab.Send && e.Ret > 0 {
			sent += uint64(e.Ret)
		} else if e.Ret > 0 {
			received += uint64(e.Ret)
		}
		switch {
		case e.Proc != proc:
		case e.Flags&lab.Open != 0:
			open = e
		case e.Flags&lab.Settles != 0:
			settled = e
		default:
			last = e
		}
	}
	if point == 3 {
		if open != nil || last == nil || last.Ret != want {
			t.Errorf("its result was in its page, but shown are: open %+v, last %+v", open, last)
		}
	} else if open == nil || settled == nil || settled.Msg != open.Msg || settled.Ret != want || settled.Seq < open.Seq {
		t.Errorf("want it open, then settled with %d: open %+v, settled %+v", want, open, settled)
	}
	p := o.Part("pipe")
	if p.Level == nil || int64(sent-received) != *p.Level && *p.Level != 0 {
		t.Errorf("events tell of %d bytes sent and %d received, the pipe held %v", sent, received, p.Level)
	}
	if w, r := o.Proc("writer"), o.Proc("reader"); w.BytesSent != sent || r.BytesReceived != received {
		t.Errorf("events tell of %d and %d bytes, the counters of %d and %d", sent, received, w.BytesSent, r.BytesReceived)
	}
	if len(o.Unasked) > 0 || o.Agrees == nil || !*o.Agrees {
		t.Errorf("unasked faults %q, agrees %v", o.Unasked, o.Agrees)
	}
}
