package lab

import (
	"slices"
	"sync/atomic"
)

// aggregation is how often a viewer hears of a run at full speed.
const aggregation = 33e6 // ns

// flow follows messages from their send to their receive, for the latency.
type flow struct {
	sent    [maxProcs + 1][4096]stamp // by sender and number: when the send began
	latency [LatencyBins]uint32
}

func (f *flow) follow(e *Event) {
	p := Sender(e.Msg)
	if e.Msg == 0 || p > maxProcs || e.Ret < 0 {
		return
	}
	n := Number(e.Msg)
	s := &f.sent[p][(n^n>>12)&4095]
	switch e.Kind {
	case Send, Signal:
		*s = stamp{e.At, int64(n)}
	case Recv, Deliver:
		if s.value == int64(n) && s.at != 0 {
			f.latency[bin(e.At+e.Dur-s.at)]++
			s.at = 0
		}
	}
}

// shape collects the levels of a part between two aggregates.
type shape struct {
	seen []int64
	full int64
}

func (s *shape) add(level, capacity int64) {
	if len(s.seen) < 4096 {
		s.seen = append(s.seen, level)
		if capacity > 0 && level >= capacity {
			s.full++
		}
	}
}

func (s *shape) take(last, capacity int64) PartAggregate {
	a := PartAggregate{Now: last, Cap: capacity, Min: last, Mean: last, Max: last, Low: last, High: last}
	if n := len(s.seen); n > 0 {
		slices.Sort(s.seen)
		var sum int64
		for _, v := range s.seen {
			sum += v
		}
		a.Min, a.Max, a.Mean = s.seen[0], s.seen[n-1], sum/int64(n)
		a.Low, a.High, a.Full = s.seen[n/4], s.seen[n-1-n/4], s.full*1000/int64(n)
	}
	s.seen, s.full = s.seen[:0], 0
	return a
}

// before is what the counters were at the last aggregate.
type before struct {
	durs     [LatencyBins]uint64
	cpu      int64
	switches int32
}

// aggregate tells all sinks what happened since the last time.
func (l *live) aggregate(now int64) {
	span := now - (l.until - aggregation)
	if l.until == 0 {
		span = now
	}
	l.until = now + aggregation
	a := Aggregate{At: now, Span: span, Dropped: l.dropped, Seq: l.seq, Sample: uint32(l.ctl.sample.Load() + 1), Latency: l.flow.latency}
	l.flow.latency = [LatencyBins]uint32{}
	for i, p := range l.procs {
		a.Recorded += atomic.LoadUint64(&p.wrote)
		a.Procs = append(a.Procs, l.aggregateProc(&l.past[i], p, span))
	}
	for i := range l.scene.Parts {
		a.Parts = append(a.Parts, l.shape[i+1].take(l.lastLevel[i+1].value, l.scene.Parts[i].Cap))
	}
	for _, s := range l.r.sinks {
		s.Aggregate(&a)
	}
}

func (l *live) aggregateProc(b *before, p *process, span int64) ProcAggregate {
	t := p.counted()
	a := ProcAggregate{Sent: t.sent, Received: t.received, BytesSent: t.bytesSent, BytesRecved: t.bytesReceived,
		Calls: atomic.LoadUint64(&p.calls), Errors: atomic.LoadUint64(&p.errors), State: p.view.now.state}
	if p.reaped {
		a.State = 'X'
	}
	var durs [LatencyBins]uint64
	for i := range durs {
		n := atomic.LoadUint64(&p.durs[i])
		durs[i], b.durs[i] = n-b.durs[i], n
	}
	a.P50, a.P99 = uint32(min(quantile(durs[:], 0.5), 1<<31)), uint32(min(quantile(durs[:], 0.99), 1<<31))
	if !p.reaped {
		cpu := cpuTime(p.pid)
		a.OnCPU = uint32(max(0, min(1000, (cpu-b.cpu)*1000/max(span, 1))))
		b.cpu = cpu
	}
	if sw := p.view.facts[FactSwitches].Ret; sw >= b.switches {
		a.Switches, b.switches = uint32(sw-b.switches), sw
	}
	var most Wait
	for w := WaitNone + 1; w < waitEnd; w++ {
		if p.view.asleep[w] > p.view.asleep[most] || most == WaitNone {
			most = w
		}
	}
	if n := p.view.asleep[most]; n > 0 && p.view.samples > 0 {
		a.Wait, a.Waits = most, n*1000/p.view.samples
	}
	p.view.asleep, p.view.samples = [waitEnd]uint32{}, 0
	return a
}

// counted reads a worker's exact counters.
func (p *process) counted() tally {
	t := &p.tally
	return tally{atomic.LoadUint64(&t.sent), atomic.LoadUint64(&t.received) + atomic.LoadUint64(&p.handled.runs) - atomic.LoadUint64(&p.handled.tries), atomic.LoadUint64(&t.bytesSent), atomic.LoadUint64(&t.bytesReceived),
		atomic.LoadUint64(&t.torn), atomic.LoadUint64(&t.reordered), atomic.LoadUint64(&t.duplicated), atomic.LoadUint64(&t.lost)}
}

// adapt chooses how many of the records are kept at full speed: all of them while
// the rings keep up and the lab can take them in without slowing the workers.
func (l *live) adapt(pressed bool, moved int) {
	l.load.moved += moved
	l.load.pressed = l.load.pressed || pressed
	now := l.now()
	span := now - l.load.since
	if span < 100e6 && !pressed {
		return
	}
	keep := l.ctl.sample.Load() // 0 1 3 7 …: a record is kept if its number & keep == 0
	rate := uint64(l.load.moved) * 1e9 / uint64(max(span, 1))
	all := rate * (keep + 1) // roughly, if all were kept
	l.load.calm++
	switch {
	case l.load.pressed || keep == 0 && all > mostRecords:
		for keep = keep<<1 | 1; keep < 1023 && all/(keep+1) > fewRecords; keep = keep<<1 | 1 {
		}
		keep, l.load.calm = min(keep, 1023), 0
	case all < mostRecords*3/4 && l.load.calm > 30: // for three seconds
		keep = 0
	}
	l.load.moved, l.load.pressed, l.load.since = 0, false, now
	if l.ctl.sample.Swap(keep) != keep {
		l.sampled = true
		l.own(Event{Kind: State, Call: Call(FactSample), Level: int64(keep + 1)})
	}
}

// Up to mostRecords a second the lab takes in all there are; above that it keeps so
// few that taking them in does not slow the workers, who need the same processors.
const (
	mostRecords = 1_800_000
	fewRecords  = 200_000
)

type load struct {
	moved   int
	pressed bool
	since   int64
	calm    int
}
