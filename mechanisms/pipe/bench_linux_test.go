package pipe

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// BenchmarkRecorded compares a stream of 64-byte messages that is recorded with
// one that is not, in pairs: off, full, off, full, … The control compares off with
// the off before it; a figure means no more than the control lets it.
func BenchmarkRecorded(b *testing.B) {
	for _, place := range []struct {
		name string
		cpus [2]int // of writer and reader
	}{{"same core", [2]int{1, 1}}, {"two cores", [2]int{0, 1}}} {
		b.Run(place.name, func(b *testing.B) {
			var ratios, control, kept []float64
			for b.Loop() {
				var last float64
				for range 5 {
					off, _ := stream(b, lab.TraceOff, place.cpus)
					full, share := stream(b, lab.TraceFull, place.cpus)
					ratios, kept = append(ratios, full/off), append(kept, share)
					if last != 0 {
						control = append(control, off/last)
					}
					last = off
				}
			}
			b.ReportMetric(median(ratios), "kept/off")
			b.ReportMetric(median(control), "off/off")
			b.ReportMetric(median(kept), "records/call")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// stream measures messages a second, and the share of the calls that were recorded.
func stream(b *testing.B, trace lab.Trace, cpus [2]int) (rate, share float64) {
	run, err := lab.Start(b.Context(), Mechanism, lab.Options{Trace: trace, Once: true,
		Settings: lab.Settings{"rate": 0, "drain": 0, "size": 64, "read_size": 64}})
	if err != nil {
		b.Fatal(err)
	}
	s := &spawns{}
	run.Attach(s)
	for i, pid := range s.pids {
		var set unix.CPUSet
		set.Set(cpus[i])
		if err := unix.SchedSetaffinity(pid, &set); err != nil {
			b.Fatal(fmt.Errorf("pin %d to processor %d: %w", pid, cpus[i], err))
		}
	}
	time.Sleep(1200 * time.Millisecond)
	run.Stop()
	o, err := run.Wait()
	if err != nil {
		b.Fatal(err)
	}
	if o.Records.Dropped != 0 {
		b.Errorf("%d records dropped", o.Records.Dropped)
	}
	return float64(o.Totals.Received) / o.Seconds, float64(o.Records.Recorded) / float64(o.Totals.Sent+o.Totals.Received)
}

// spawns is a sink that notes the workers' pids.
type spawns struct{ pids []int }

func (s *spawns) Start(*lab.Header) {}
func (s *spawns) Records(es []lab.Event) {
	for _, e := range es {
		if e.Kind == lab.Spawn {
			s.pids = append(s.pids, int(e.Ret))
		}
	}
}
func (s *spawns) Aggregate(*lab.Aggregate) {}
func (s *spawns) End(*lab.Outcome)         {}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
