package web

import (
	"slices"
	"sync"
	"time"

	"ipclab/lab"
)

// facts keeps, of everything that holds until it is told otherwise, the newest
// record: who was spawned, which descriptor is what, where the knobs stand. A
// viewer who comes when the log has forgotten the beginning gets these first.
type facts struct {
	mu    sync.Mutex
	epoch uint32
	of    map[factKey]lab.Event
	modes []lab.Event // every change: each says how to read the records after it
}

const maxModes = 1024

type factKey struct {
	kind       lab.Kind
	call       lab.Call
	proc, part uint16
	want       uint32
}

func (f *facts) begin(epoch uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch, f.of, f.modes = epoch, map[factKey]lab.Event{}, nil
}

func (f *facts) note(es []lab.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range es {
		if k, ok := keyOf(&es[i]); ok {
			f.of[k] = es[i]
		} else if isMode(&es[i]) {
			if len(f.modes) == maxModes {
				f.modes = slices.Delete(f.modes, 0, 1)
			}
			f.modes = append(f.modes, es[i])
		}
	}
}

func isMode(e *lab.Event) bool { return e.Kind == lab.State && lab.Fact(e.Call) == lab.FactMode }

func keyOf(e *lab.Event) (factKey, bool) {
	k := factKey{kind: e.Kind, proc: e.Proc, part: e.Part}
	if isMode(e) {
		return k, false
	}
	switch e.Kind {
	case lab.Spawn, lab.Exit:
	case lab.Knob:
		k.want = e.Want
	case lab.State:
		k.call = e.Call
		if lab.Fact(e.Call) == lab.FactWchan {
			k.want = e.Want
		}
		if lab.Fact(e.Call) == lab.FactState {
			k.part = 0 // where it sleeps is part of the same fact
		}
	default:
		return k, false
	}
	return k, true
}

// between lists the facts told after record lo and before record hi, in order.
func (f *facts) between(epoch uint32, lo, hi uint64) []lab.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	if epoch != f.epoch {
		return nil
	}
	var es []lab.Event
	for _, e := range f.of {
		if e.Seq > lo && e.Seq < hi {
			es = append(es, e)
		}
	}
	for _, e := range f.modes {
		if e.Seq > lo && e.Seq < hi {
			es = append(es, e)
		}
	}
	slices.SortFunc(es, func(a, b lab.Event) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	return es
}

// rare says which records a page gets even when there are too many of the others.
func rare(k lab.Kind) bool {
	switch k {
	case lab.Spawn, lab.Exit, lab.Fault, lab.State, lab.Knob, lab.Lost:
		return true
	}
	return false
}

// flood decides at full speed whether a page can follow every record. It holds
// back when there were more than floodRate in a second, and lets go again after a
// second in which there were less than half of that.
type flood struct {
	second time.Time
	n      int
	on     bool
}

const floodRate = 2000

func (f *flood) holds(n int, now time.Time) bool {
	if now.Sub(f.second) >= time.Second {
		f.on = f.on && f.n > floodRate/2
		f.second, f.n = now, 0
	}
	f.n += n
	f.on = f.on || f.n > floodRate
	return f.on
}
