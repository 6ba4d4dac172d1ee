package lab

import "testing"

// BenchmarkDrain measures what the lab does with each record: take it from the
// ring, put it in order, number it, keep it.
func BenchmarkDrain(b *testing.B) {
	const batch = 4096
	w := [2]*Worker{newTestWorker(b, TraceFull), newTestWorker(b, TraceFull)}
	l := &live{r: &Run{kept: newLog()}, merger: newMerger(2), scene: Scene{Procs: make([]Proc, 2), Parts: []Part{{}}}}
	for i := range w {
		w[i].Proc = i + 1
		l.procs = append(l.procs, &process{ring: newRing(memoryOf(w[i].ring)), proc: i + 1})
	}
	l.ctl = w[0].ctl
	l.head.Start = nanotime()
	w[0].ctl.epoch.Store(l.head.Start)
	w[1].ctl.epoch.Store(l.head.Start)
	n := uint64(0)
	for b.Loop() {
		b.StopTimer()
		for range batch / 2 {
			n++
			w[0].Begin(Send, CallWrite, 1, 64, Message(1, n)).End(64, Message(1, n), nil)
			w[1].Begin(Recv, CallRead, 1, 64, 0).End(64, Message(1, n), nil)
		}
		b.StartTimer()
		l.drain()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/record")
}
