package web

import (
	"encoding/json"
	"runtime"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"ipclab/lab"
)

// A frame is one message to the viewers, encoded once for all of them.
//
// It accounts for the records from+1 … upto: count of them are in it, the others
// were held back from everybody and stand in its header as dropped. A viewer to
// whom frames could not be sent has therefore a gap between what it was told last
// and the from of its next frame: gaps need no counter and cannot be miscounted.
type frame struct {
	from, upto uint64
	count      int
	aggregate  bool
	message    message
}

// A message is what goes over a socket. A server masks nothing, so the same bytes do
// for all viewers.
type message struct {
	kind int // websocket.BinaryMessage or TextMessage; 0 is none
	data []byte
}

// A hub is the sink through which a run reaches its viewers. The run's goroutine
// calls Start, Records, Aggregate and End; none of them waits for a viewer.
type hub struct {
	mu       sync.Mutex
	header   lab.Header
	viewers  map[*viewer]bool
	upto     uint64   // records that frames have accounted for
	seq      uint64   // the newest record
	facts    facts    // has a lock of its own: viewers ask it
	recent   [][]byte // the aggregates of the last half minute, for recordings
	outcome  *lab.Outcome
	verdict  *verdict // of the experiment that this epoch is
	standing standing // of a lesson's step

	full  bool
	flood flood
}

const (
	frameRecords    = 1024 // 64 KiB
	recentAggregate = 30 * 30
)

func newHub() *hub { return &hub{viewers: map[*viewer]bool{}} }

// Start begins an epoch: everybody starts afresh.
func (h *hub) Start(header *lab.Header) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.header, h.upto, h.seq, h.recent, h.outcome, h.verdict = *header, 0, 0, nil, nil, nil
	h.facts.begin(header.Epoch)
	h.full, h.flood = header.Mode == lab.Full, flood{}
	for v := range h.viewers {
		v.begin(h.scene(v.role), header.Epoch, 0, 0)
	}
}

// Records passes records on as they come; no timer stands in the way. At full
// speed only what is rare passes once the others are too many for a page.
func (h *hub) Records(es []lab.Event) {
	if len(es) > 0 && h.pass(es) {
		// The run's goroutine is about to sleep in the kernel and would take its
		// processor along: the viewers are given it first.
		runtime.Gosched()
	}
}

// pass makes frames; it reports whether somebody waits for each record.
func (h *hub) pass(es []lab.Event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	var pass []lab.Event
	h.facts.note(es)
	held := h.full && h.flood.holds(len(es), time.Now())
	for i := range es {
		e := &es[i]
		if e.Kind == lab.State && lab.Fact(e.Call) == lab.FactMode {
			h.full = lab.Mode(e.Ret) == lab.Full
			held = h.full && held
		}
		if held && rare(e.Kind) {
			pass = append(pass, *e)
		}
	}
	h.seq = es[len(es)-1].Seq
	if !held {
		pass = es
	}
	if len(h.viewers) == 0 {
		h.upto = h.seq
		return false
	}
	for len(pass) > 0 {
		n := min(len(pass), frameRecords)
		upto := pass[n-1].Seq
		if n == len(pass) && !held {
			upto = h.seq
		}
		f := &frame{from: h.upto, upto: upto, count: n}
		f.message = encodeRecords(h.header.Epoch, pass[0].Seq, pass[:n], f.upto-f.from-uint64(n))
		h.send(f)
		pass = pass[n:]
	}
	return !h.full
}

// Aggregate passes the newest summary on.
func (h *hub) Aggregate(a *lab.Aggregate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := lab.AppendAggregate(nil, a)
	if len(h.recent) == recentAggregate {
		h.recent = append(h.recent[:0], h.recent[1:]...)
	}
	h.recent = append(h.recent, b)
	f := &frame{from: h.upto, upto: h.seq, aggregate: true}
	if len(h.viewers) > 0 {
		f.message = encodeAggregate(h.header.Epoch, a, b, f.upto-f.from)
	}
	h.send(f)
}

// End tells everybody that the workers are gone, and what became of them.
func (h *hub) End(o *lab.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outcome = o
	for v := range h.viewers {
		v.finish(text(ending{"end", h.header.Epoch, o}))
	}
}

type ending struct {
	Type    string       `json:"type"`
	Epoch   uint32       `json:"epoch"`
	Outcome *lab.Outcome `json:"outcome"`
}

// send hands a frame to every viewer.
func (h *hub) send(f *frame) {
	h.upto = f.upto
	for v := range h.viewers {
		v.push(f)
	}
}

func encodeRecords(epoch uint32, first uint64, es []lab.Event, dropped uint64) message {
	b := make([]byte, 0, lab.FrameHeader+len(es)*lab.EventSize)
	b = lab.AppendFrame(b, lab.FrameRecords, epoch, first, len(es), len(es)*lab.EventSize, dropped)
	return message{websocket.BinaryMessage, lab.AppendEvents(b, es)}
}

func encodeAggregate(epoch uint32, a *lab.Aggregate, payload []byte, dropped uint64) message {
	b := make([]byte, 0, lab.FrameHeader+len(payload))
	b = lab.AppendFrame(b, lab.FrameAggregate, epoch, a.Seq, 1, len(payload), dropped)
	return message{websocket.BinaryMessage, append(b, payload...)}
}

func text(v any) message {
	b, err := json.Marshal(v)
	if err != nil { // numbers that JSON cannot say; the page must hear something
		b, _ = json.Marshal(map[string]string{"type": "refused", "error": err.Error()})
	}
	return message{websocket.TextMessage, b}
}

// scene is the first thing that a viewer gets.
func (h *hub) scene(role Role) message {
	return text(struct {
		Type    string `json:"type"`
		Role    Role   `json:"role"`
		Viewers int    `json:"viewers"`
		lab.Header
	}{"scene", role, len(h.viewers), h.header})
}

// join adds a viewer that has seen the records up to seen of an epoch.
func (h *hub) join(v *viewer, epoch uint32, seen uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if epoch != h.header.Epoch || seen > h.upto {
		seen = 0
	}
	h.viewers[v] = true
	h.count()
	v.begin(h.scene(v.role), h.header.Epoch, seen, h.upto)
	if h.verdict != nil {
		v.judge(h.verdict.message())
	}
	if h.standing.report != nil {
		v.tell(h.standing.message())
	}
	if h.outcome != nil {
		v.finish(text(ending{"end", h.header.Epoch, h.outcome}))
	}
}

func (h *hub) leave(v *viewer) (left int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.viewers, v)
	h.count()
	return len(h.viewers)
}

// judge tells everybody, and whoever comes, how the experiment stands.
func (h *hub) judge(is verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if is.Epoch != h.header.Epoch {
		return // it was started anew meanwhile
	}
	h.verdict = &is
	m := is.message()
	for v := range h.viewers {
		v.judge(m)
	}
}

// count tells everybody how many they are.
func (h *hub) count() {
	m := text(map[string]any{"type": "viewers", "viewers": len(h.viewers)})
	for v := range h.viewers {
		v.among(m)
	}
}

func (h *hub) watching() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewers)
}
