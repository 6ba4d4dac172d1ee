package web

import (
	"context"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/mechanisms"
)

func TestMain(m *testing.M) { labtest.Main(m, mechanisms.All...) }

// realServer is a server whose runs are real ones of all mechanisms.
func realServer(t testing.TB) *testServer {
	s := serveTest(t)
	s.know(mechanisms.All)
	s.runs.launch = startLab
	return s
}

// monotonic reads the clock that events are told in.
func monotonic() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// How long after a call of a worker has returned does a page on the same machine
// hold its record? Beside it stands half a round trip of one byte over loopback, the
// part of it that no program could save.
func BenchmarkEventToPage(b *testing.B) {
	s := realServer(b)
	r, err := startLab(context.Background(), mechanisms.All[0], lab.Options{Mode: lab.Slow, Pace: 500})
	if err != nil {
		b.Fatal(err)
	}
	w := s.runs.admit(r, false)
	p := openRawPage(b, s, r.ID())
	p.credit(b, maxCredit)
	start, n := w.run.Header().Start, 0
	var took []int64
	for b.Loop() {
		es, now := p.events(b)
		for _, e := range es {
			if e.Kind == lab.Send || e.Kind == lab.Recv {
				took = append(took, now-start-e.At-e.Dur)
			}
		}
		if n++; n%1000 == 0 {
			p.credit(b, 1000)
		}
	}
	report(b, took, "page")
	report(b, loopback(b), "control")
	b.ReportMetric(0, "ns/op")
}

func report(b *testing.B, took []int64, name string) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e3, name+"-p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100])/1e3, name+"-p99-µs")
}

// A real run reaches a page whole: each record of the log, in order.
func TestRealRun(t *testing.T) {
	s := realServer(t)
	status, body := s.ask(t, "POST", "/runs", "application/json", `{"mechanism":"pipe","mode":"slow","pace":50,"settings":{"size":64}}`)
	if status != 201 {
		t.Fatalf("start: status %d: %s", status, body)
	}
	runs := s.runs.all()
	c := s.watch(t, runs[0].run.ID(), "")
	c.next(t)
	for len(c.events) < 100 {
		c.take(t)
	}
	if c.dropped != 0 || c.events[0].Seq != 1 {
		t.Errorf("%d dropped, first number %d", c.dropped, c.events[0].Seq)
	}
	if status, body := s.ask(t, "POST", "/runs/"+c.run+"/do", "text/plain", "signal reader STOP\nsignal reader CONT\nmode full\n"); status != 204 {
		t.Errorf("do: status %d: %s", status, body)
	}
	for len(c.sums) < 10 {
		c.take(t)
	}
	if last := c.events[len(c.events)-1].Seq; uint64(len(c.events))+c.dropped < last {
		t.Errorf("%d events and %d dropped, but the last is number %d", len(c.events), c.dropped, last)
	}
	if status, body := s.ask(t, "POST", "/runs/"+c.run+"/do", "text/plain", "restart"); status != 204 {
		t.Errorf("restart: status %d: %s", status, body)
	}
	for c.scene.Epoch < 2 {
		c.take(t)
	}
	for len(c.events) < 10 {
		c.take(t)
	}
}
