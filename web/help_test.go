package web

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ipclab/lab"
)

// toy is a mechanism of which only the description is real.
type toy struct{ lab.Mechanism }

func (toy) Info() lab.Info {
	return lab.Info{ID: "toy", Title: "Toy", Family: "Toys", Knobs: []lab.KnobInfo{
		{Name: "workers", Min: 1, Max: 100, Default: 2}, {Name: "sort", Max: 1, Values: []string{"plain", "fine"}}},
		Experiments: `---
lab: toy
---

## Both of them {#two T1}

Two.

:::do
mode step
set workers = 2
start
wait sent >= 2 within 60s
:::

:::claim
received == sent
:::

## A number {#number T2}

Some are taken.

:::do
start
wait sent >= 2 within 60s
:::

:::claim show
received
:::
`}
}

func (toy) Scene(s lab.Settings) (sc lab.Scene) {
	for i := range max(s["workers"], 1) {
		sc.Procs = append(sc.Procs, lab.Proc{Role: fmt.Sprint("worker", i+1), Kind: "worker", Group: lab.Peer, Gates: []string{"go"}})
	}
	return sc
}

// testServer is a server whose runs are scripts.
type testServer struct {
	*Server
	host   string
	mu     sync.Mutex
	script []*script
}

func serveTest(t testing.TB) *testServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(l, Options{Mechanisms: []lab.Mechanism{toy{}}})
	if err != nil {
		t.Fatal(err)
	}
	s.exam.ask = func(context.Context, []lab.Mechanism, func(lab.Check)) {}
	ts := &testServer{Server: s, host: l.Addr().String()}
	s.runs.launch = func(_ context.Context, m lab.Mechanism, o lab.Options) (run, error) {
		if n := o.Settings["workers"]; n > 64 {
			return nil, &lab.Budget{What: "processes", Asked: n, Left: 64, Limit: "the test's"}
		}
		r := newScript(m.Info(), o)
		ts.mu.Lock()
		ts.script = append(ts.script, r)
		ts.mu.Unlock()
		return r, nil
	}
	go s.Serve()
	t.Cleanup(s.Close)
	return ts
}

// start begins a run.
func (s *testServer) start(t testing.TB, o lab.Options) (*script, *hub) {
	t.Helper()
	w, err := s.runs.start(toy{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return w.run.(*script), w.hub
}

// header makes the headers of a request by one of our own pages.
func (s *testServer) header(role Role) http.Header {
	return http.Header{"Origin": {"http://" + s.host}, "Cookie": {s.guard.cookie + "=" + s.guard.secrets[role]}}
}

func (s *testServer) ask(t testing.TB, method, path, kind, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+s.host+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.header(Presenter)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// A client is a page: it counts what it is sent and what it is told it is not.
type client struct {
	*websocket.Conn
	scene struct {
		Type  string
		Role  string
		Epoch uint32
	}
	run     string
	events  []lab.Event
	dropped uint64
	sums    []lab.Aggregate
	frames  int
	paid    int // of them
	ended   bool
}

func (s *testServer) watch(t testing.TB, id, query string) *client {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial("ws://"+s.host+"/runs/"+id+"/live"+query, s.header(Presenter))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{Conn: c, run: id}
}

func (c *client) credit(n int) error { return c.WriteJSON(map[string]int{"credit": n}) }

// closed waits for the server to end the socket; what it told before does not count.
func (c *client) closed() bool {
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			var slow net.Error
			return !errors.As(err, &slow) || !slow.Timeout()
		}
	}
}

// next reads one message.
func (c *client) next(t testing.TB) (text map[string]any) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	kind, b, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	if kind == websocket.TextMessage {
		if err := json.Unmarshal(b, &text); err != nil {
			t.Fatal(err)
		}
		switch text["type"] {
		case "scene":
			json.Unmarshal(b, &c.scene)
			c.events, c.sums, c.dropped, c.ended = nil, nil, 0, false
		case "end":
			c.ended = true
		}
		return text
	}
	c.frame(t, b)
	return nil
}

func (c *client) frame(t testing.TB, b []byte) {
	c.frames++
	le := binary.LittleEndian
	if epoch := le.Uint32(b[4:]); epoch != c.scene.Epoch {
		t.Errorf("a frame of epoch %d in epoch %d", epoch, c.scene.Epoch)
	}
	n, payload := int(le.Uint32(b[16:])), b[lab.FrameHeader:]
	if size := int(le.Uint32(b[20:])); size != len(payload) {
		t.Fatalf("a frame of %d bytes says %d", len(payload), size)
	}
	c.dropped += le.Uint64(b[24:])
	if b[0] == lab.FrameAggregate {
		a, ok := lab.DecodeAggregate(payload)
		if !ok {
			t.Fatal("an aggregate is not whole")
		}
		c.sums = append(c.sums, a)
		return
	}
	es := lab.DecodeEvents(nil, payload)
	if len(es) != n {
		t.Fatalf("a frame of %d events says %d", len(es), n)
	}
	for i, e := range es {
		if last := len(c.events); last > 0 && e.Seq <= c.events[last-1].Seq {
			t.Fatalf("event %d of a frame is number %d after %d", i, e.Seq, c.events[last-1].Seq)
		}
		c.events = append(c.events, e)
	}
}

// take reads one message and gives credit as a page does, now and then.
func (c *client) take(t testing.TB) {
	t.Helper()
	c.next(t)
	if c.frames-c.paid >= firstCredit/2 {
		if err := c.credit(c.frames - c.paid); err != nil {
			t.Fatal(err)
		}
		c.paid = c.frames
	}
}

// until reads until all records up to seq are accounted for.
func (c *client) until(t testing.TB, seq uint64) {
	t.Helper()
	for uint64(len(c.events))+c.dropped < seq {
		c.take(t)
	}
	if got := uint64(len(c.events)) + c.dropped; got != seq {
		t.Errorf("%d events and %d dropped make %d, want %d", len(c.events), c.dropped, got, seq)
	}
}
