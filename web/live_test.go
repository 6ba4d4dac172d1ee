package web

import (
	"bytes"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ipclab/lab"
)

func sent(n int) lab.Event {
	return lab.Event{Kind: lab.Send, Call: lab.CallWrite, Proc: 1, Part: 1, At: int64(n), Want: 1, Ret: 1}
}

func fact(f lab.Fact, proc uint16, ret int32) lab.Event {
	return lab.Event{Kind: lab.State, Call: lab.Call(f), Proc: proc, Ret: ret}
}

// A page gets the scene first, then every record in order, then the end.
func TestLive(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	run.tell(sent(1), sent(2))
	c := s.watch(t, run.id, "")
	if m := c.next(t); m["type"] != "scene" || m["run"] != run.id || m["role"] != "presenter" || m["viewers"] != 1.0 {
		t.Fatalf("the first message is %v", m)
	}
	for i := range 500 {
		run.tell(sent(i))
	}
	c.until(t, 502)
	if c.dropped != 0 {
		t.Errorf("%d dropped", c.dropped)
	}
	run.end()
	if m := c.next(t); m["type"] != "end" || m["outcome"] == nil {
		t.Errorf("after the last record: %v", m)
	}
}

// A restart is a new scene; nothing of the old epoch follows it.
func TestRestart(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	c := s.watch(t, run.id, "")
	c.next(t)
	for epoch := range uint32(20) {
		for i := range rand.IntN(200) {
			run.tell(sent(i))
		}
		run.again()
		for c.scene.Epoch != epoch+2 {
			c.take(t)
		}
	}
	run.tell(sent(1), sent(2))
	c.until(t, 2)
}

// At full speed a page gets summaries and what is rare; all else is counted.
func TestFullSpeed(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Full})
	run.tell(lab.Event{Kind: lab.Spawn, Proc: 1, Ret: 4711})
	c := s.watch(t, run.id, "")
	c.next(t)
	batch := make([]lab.Event, 4096)
	for i := range 50 {
		for j := range batch {
			batch[j] = sent(j)
		}
		batch[100] = lab.Event{Kind: lab.Fault, Proc: 1, Want: 9}
		run.tell(batch...)
		run.sum(lab.Aggregate{At: int64(i), Seq: uint64(1 + (i+1)*4096)})
	}
	c.until(t, 1+50*4096)
	faults := 0
	for _, e := range c.events {
		if e.Kind == lab.Fault {
			faults++
		}
	}
	if faults != 50 || len(c.events) > 1000 || len(c.sums) == 0 {
		t.Errorf("%d faults, %d events, %d summaries", faults, len(c.events), len(c.sums))
	}
	if last := c.sums[len(c.sums)-1]; last.At != 49 {
		t.Errorf("the last summary is number %d of 49", last.At)
	}
	run.tell(fact(lab.FactMode, 0, int32(lab.Step)))
	before := c.dropped
	for i := range 100 {
		run.tell(sent(i))
	}
	c.until(t, 1+50*4096+101)
	if c.dropped != before {
		t.Errorf("%d records of Step were not sent", c.dropped-before)
	}
}

// A page that comes late gets what the log holds, and of what it has forgotten the
// facts that still hold.
func TestLate(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Slow})
	run.tell(lab.Event{Kind: lab.Spawn, Proc: 1, Ret: 4711}, fact(lab.FactGate, 1, 1), fact(lab.FactGate, 1, 2))
	for i := range 3000 {
		run.tell(sent(i))
	}
	run.forget(2000)
	c := s.watch(t, run.id, "")
	c.next(t)
	c.until(t, 3003)
	if len(c.events) != 2002 || c.events[0].Kind != lab.Spawn || c.events[1].Ret != 2 {
		t.Errorf("got %d events, first %+v and %+v", len(c.events), c.events[0], c.events[1])
	}
}

// Resuming gives exactly what was missed: the client's view is a prefix of the log,
// with counted gaps where the log has forgotten.
func TestResume(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Slow})
	r := rand.New(rand.NewPCG(3, 4))
	var all []lab.Event
	var seen []lab.Event
	var dropped uint64
	for range 40 {
		c := s.watch(t, run.id, query(seen))
		c.next(t)
		for range r.IntN(300) {
			e := sent(len(all))
			run.tell(e)
			e.Seq = uint64(len(all) + 1)
			all = append(all, e)
		}
		if r.IntN(4) == 0 { // away for long
			run.forget(min(50, len(all)))
		}
		have := uint64(len(seen)) + dropped
		for n := r.IntN(200); n > 0 && uint64(len(c.events))+c.dropped+have < uint64(len(all)); n-- {
			c.take(t)
		}
		if len(c.events) > 0 { // a gap behind the last event is told again
			dropped += c.events[len(c.events)-1].Seq - have - uint64(len(c.events))
		}
		seen = append(seen, c.events...)
		c.Close()
	}
	for i, e := range seen {
		if e != all[e.Seq-1] || i > 0 && e.Seq <= seen[i-1].Seq {
			t.Fatalf("event %d is %+v, in the log %+v", i, e, all[e.Seq-1])
		}
	}
	if last := seen[len(seen)-1].Seq; uint64(len(seen))+dropped != last {
		t.Errorf("%d seen and %d dropped make no %d", len(seen), dropped, last)
	}
	c := s.watch(t, run.id, "?from=5&epoch=9") // of another epoch: from the beginning
	c.next(t)
	c.until(t, uint64(len(all)))
}

func query(seen []lab.Event) string {
	if len(seen) == 0 {
		return ""
	}
	from := seen[len(seen)-1].Seq + 1
	return "?epoch=1&from=" + string(appendUint(nil, from))
}

func appendUint(b []byte, n uint64) []byte {
	if n >= 10 {
		b = appendUint(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// A hidden page gives no credit: its queue stays small, and when it is seen again
// it has the newest summary and every record that the log still holds.
func TestHidden(t *testing.T) {
	s := serveTest(t)
	run, h := s.start(t, lab.Options{Mode: lab.Slow})
	c := s.watch(t, run.id, "")
	c.next(t)
	for i := range 10000 {
		run.tell(sent(i))
	}
	h.mu.Lock()
	for v := range h.viewers {
		v.mu.Lock()
		for ; v.credit > 0; v.mu.Lock() { // what it allows is still being sent
			v.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		if len(v.queue) > queueFrames {
			t.Errorf("%d frames wait", len(v.queue))
		}
		v.mu.Unlock()
	}
	h.mu.Unlock()
	c.credit(100)
	c.until(t, 10000)
	if c.dropped != 0 {
		t.Errorf("%d dropped although the log holds them", c.dropped)
	}
}

// Fifty pages, of which some never read, some are slow, and some go: the others get
// everything, and for everybody in = out + dropped.
func TestFiftyPages(t *testing.T) {
	s := serveTest(t)
	run, h := s.start(t, lab.Options{Mode: lab.Slow})
	const pages, events = 50, 3000
	var stuck []net.Conn
	for range 5 {
		c := s.watch(t, run.id, "")
		c.credit(maxCredit)
		stuck = append(stuck, c.NetConn())
	}
	done := make(chan *client, pages)
	for i := range pages - 5 {
		c := s.watch(t, run.id, "")
		c.next(t)
		go func() {
			defer func() { done <- c }()
			for uint64(len(c.events))+c.dropped < events {
				c.take(t)
				if i%10 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	for i := range events { // would stand still if the run waited for a page
		run.tell(sent(i))
	}
	for range pages - 5 {
		c := <-done
		if uint64(len(c.events))+c.dropped != events {
			t.Errorf("%d events and %d dropped make no %d", len(c.events), c.dropped, events)
		}
	}
	h.mu.Lock()
	for v := range h.viewers {
		v.mu.Lock()
		if n := len(v.queue); n > queueFrames {
			t.Errorf("%d frames wait for a page that does not read", n)
		}
		v.mu.Unlock()
	}
	h.mu.Unlock()
	for _, c := range stuck {
		c.Close()
	}
}

// What a page may not say ends its socket; the others do not notice.
func TestUpstream(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	for _, bad := range []string{"", "x", "{}", `{"credit":0}`, `{"credit":-1}`, `{"credit":99999}`, `{"credit":1e9}`, `{"credit":1,"do":"kill"}`, `{"credit":1}{}`, `["credit"]`, string(bytes.Repeat([]byte("["), maxUpstream+1))} {
		c := s.watch(t, run.id, "")
		c.next(t)
		c.WriteMessage(websocket.TextMessage, []byte(bad))
		if !c.closed() {
			t.Errorf("%.20q was taken", bad)
		}
	}
	c := s.watch(t, run.id, "")
	c.next(t)
	for range 100000 {
		if c.credit(1) != nil {
			break
		}
	}
	if !c.closed() {
		t.Error("a flood of credits was taken")
	}
	c = s.watch(t, "nosuchid", "")
	if m := c.next(t); m["type"] != "refused" {
		t.Errorf("a run that does not exist: %v", m)
	}
}

// A page that is silently gone is forgotten; a run ends a moment after its last page.
func TestLeaving(t *testing.T) {
	s := serveTest(t)
	s.runs.idle = 50 * time.Millisecond
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	a, b := s.watch(t, run.id, ""), s.watch(t, run.id, "")
	a.next(t)
	b.next(t)
	a.Close()
	time.Sleep(150 * time.Millisecond)
	select {
	case <-run.done:
		t.Fatal("the run ended while a page watched")
	default:
	}
	b.Close()
	select {
	case <-run.done:
	case <-time.After(5 * time.Second):
		t.Fatal("the run goes on although nobody watches")
	}
	if _, err := s.runs.get(run.id); err == nil {
		t.Error("the run is still listed")
	}
}

// Closing the server tells the pages and ends the runs.
func TestClose(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	c := s.watch(t, run.id, "")
	c.next(t)
	s.Close()
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the page heard %v", err)
	}
	<-run.done
}

// Windows give whole frames of exactly what the log holds.
func TestRecords(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Full})
	for i := range 5000 {
		run.tell(lab.Event{Kind: lab.Send, At: int64(i) * 1e6})
	}
	run.forget(4000)
	for _, c := range []struct {
		query       string
		first, last uint64
		dropped     uint64
	}{
		{"from=2000&to=2100", 2000, 2100, 0}, {"", 1001, 5000, 1000}, {"from=4990", 4990, 5000, 0}, {"from=900&to=1010", 1001, 1010, 101},
		{"last=100ms", 4900, 5000, 0}, {"from=5001", 0, 0, 0}, {"from=1&to=1000", 0, 0, 0}, {"from=9007199254740991", 0, 0, 0},
	} {
		status, body := s.ask(t, "GET", "/runs/"+run.id+"/records?"+c.query, "", "")
		var es []lab.Event
		var dropped uint64
		for b := []byte(body); len(b) > 0; {
			n := int(b[16]) + int(b[17])<<8
			dropped += uint64(b[24]) + uint64(b[25])<<8
			es = lab.DecodeEvents(es, b[lab.FrameHeader:lab.FrameHeader+n*lab.EventSize])
			b = b[lab.FrameHeader+n*lab.EventSize:]
		}
		switch {
		case status != 200:
			t.Errorf("%s: status %d: %s", c.query, status, body)
		case c.first == 0:
			if len(es) > 0 {
				t.Errorf("%s: %d events", c.query, len(es))
			}
		case len(es) == 0 || es[0].Seq != c.first || es[len(es)-1].Seq != c.last || dropped != c.dropped || uint64(len(es)) != c.last-c.first+1:
			t.Errorf("%s: %d events, dropped %d, want %d … %d", c.query, len(es), dropped, c.first, c.last)
		}
	}
	for _, bad := range []string{"from=-1", "from=x", "to=1e9", "last=1h", "last=-1s", "last=x", "from=99999999999999999999"} {
		if status, _ := s.ask(t, "GET", "/runs/"+run.id+"/records?"+bad, "", ""); status != 400 {
			t.Errorf("%s: status %d", bad, status)
		}
	}
	status, body := s.ask(t, "GET", "/runs/"+run.id+"/recording", "", "")
	rec, err := lab.ReadRecording(bytes.NewReader([]byte(body)))
	if status != 200 || err != nil || rec.Damage == nil && len(rec.Events) != 4000 {
		t.Errorf("recording: status %d, %v", status, err)
	}
}

// The flood gate lets a slow stream through and holds a fast one back until it is slow.
func TestFlood(t *testing.T) {
	var f flood
	now := time.Unix(1, 0)
	var held []bool
	for _, perSecond := range []int{10, 1900, 50000, 1500, 900, 10} {
		for range 10 {
			f.holds(perSecond/10, now)
			now = now.Add(100 * time.Millisecond)
		}
		held = append(held, f.on)
	}
	if want := []bool{false, false, true, true, true, false}; !slices.Equal(held, want) {
		t.Errorf("held back %v, want %v", held, want)
	}
}
