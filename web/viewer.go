package web

import (
	"slices"
	"sync"

	"ipclab/lab"
)

// A viewer is one page that watches a run. It holds a few frames at most: when
// they do not go out, because the page is hidden, slow or gone, the oldest are let
// go, and what was missed is read from the run's log once the page asks for more.
type viewer struct {
	role  Role
	log   recordLog
	facts *facts
	wake  chan struct{} // holds one: there may be something to send

	mu     sync.Mutex
	scene  message // to be sent before anything else
	count  message // how many watch, to be sent before what waits
	is     message // the verdict, likewise
	report message // how a step of a lesson stands, likewise; it outlives a restart
	end    message // to be sent after everything else
	queue  []*frame
	credit int    // frames that the page will still take
	epoch  uint32 //
	upto   uint64 // records that this viewer was sent, or told that it was not
	target uint64 // up to here the log may be read although the page is at full speed
}

const (
	queueFrames = 64
	maxCredit   = 4096
	firstCredit = 16
	catchUp     = 32768 // records that a page gets from the log; 2 MiB
)

// begin starts an epoch for the viewer. Lock order: hub, viewer, facts.
func (v *viewer) begin(scene message, epoch uint32, seen, target uint64) {
	v.mu.Lock()
	v.scene, v.count, v.is, v.end, v.queue = scene, message{}, message{}, message{}, nil
	v.epoch, v.upto, v.target = epoch, seen, target
	v.mu.Unlock()
	v.signal()
}

func (v *viewer) finish(end message) {
	v.mu.Lock()
	v.end = end
	v.mu.Unlock()
	v.signal()
}

// among tells how many watch; only the newest number is sent.
func (v *viewer) among(count message) {
	v.mu.Lock()
	v.count = count
	v.mu.Unlock()
	v.signal()
}

// judge tells how the experiment stands; only the newest is sent.
func (v *viewer) judge(is message) {
	v.mu.Lock()
	v.is = is
	v.mu.Unlock()
	v.signal()
}

// tell tells how the step of a lesson stands; only the newest report is sent.
func (v *viewer) tell(report message) {
	v.mu.Lock()
	v.report = report
	v.mu.Unlock()
	v.signal()
}

// push hands the viewer a frame. Of aggregates only the newest waits.
func (v *viewer) push(f *frame) {
	v.mu.Lock()
	if f.aggregate {
		v.queue = slices.DeleteFunc(v.queue, func(old *frame) bool { return old.aggregate })
	}
	if len(v.queue) == queueFrames {
		v.queue = slices.Delete(v.queue, 0, 1)
	}
	v.queue = append(v.queue, f)
	v.mu.Unlock()
	v.signal()
}

func (v *viewer) grant(n int) {
	v.mu.Lock()
	v.credit = min(v.credit+n, maxCredit)
	v.mu.Unlock()
	v.signal()
}

func (v *viewer) signal() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// next gives what to send now, or no message.
func (v *viewer) next() message {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, first := range []*message{&v.scene, &v.count, &v.is, &v.report} {
		if m := *first; m.kind != 0 {
			*first = message{}
			return m
		}
	}
	from := v.target
	if len(v.queue) > 0 {
		from = v.queue[0].from
	}
	switch {
	case v.upto >= from && len(v.queue) == 0:
		m := v.end
		v.end = message{}
		return m
	case v.credit == 0:
		return message{}
	}
	v.credit--
	if v.upto < from {
		return v.missed(from)
	}
	f := v.queue[0]
	v.queue = slices.Delete(v.queue, 0, 1)
	v.upto = f.upto
	return f.message
}

// missed makes a frame for this viewer alone of records up to upto that it has not
// had: from the log as far as that reaches and the page can use them.
func (v *viewer) missed(upto uint64) message {
	first, _ := v.log.Range()
	lo, hi := max(v.upto+1, first), upto
	if upto > catchUp {
		lo = max(lo, upto-catchUp+1)
	}
	if v.upto >= v.target && !v.queue[0].raw() { // at full speed the newest aggregate tells more
		lo = upto + 1
	}
	var es []lab.Event
	if lo > v.upto+1 {
		es = v.facts.between(v.epoch, v.upto, min(lo, upto+1))
	}
	if known := len(es); lo <= upto {
		es = v.log.Copy(es, lo, int(min(upto-lo+1, frameRecords)))
		es = es[:known+whole(es[known:], lo, upto)]
		if len(es) > known {
			hi = es[len(es)-1].Seq
		}
	}
	next := hi + 1
	if len(es) > 0 {
		next = es[0].Seq
	}
	dropped := hi - v.upto - uint64(len(es))
	v.upto = hi
	return encodeRecords(v.epoch, next, es, dropped)
}

// whole counts the records that are in order and within lo … hi: after a restart
// the log holds others than those that are asked for.
func whole(es []lab.Event, lo, hi uint64) int {
	for i := range es {
		if es[i].Seq < lo || es[i].Seq > hi || i > 0 && es[i].Seq <= es[i-1].Seq {
			return i
		}
	}
	return len(es)
}

// raw says that nothing was held back when the frame was made.
func (f *frame) raw() bool { return !f.aggregate && f.upto-f.from == uint64(f.count) }
