package lab

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// PartNumber gives the number by which events name a part; 0 if there is none.
func (s *Scene) PartNumber(id string) uint16 {
	return uint16(1 + slices.IndexFunc(s.Parts, func(p Part) bool { return p.ID == id }))
}

// ProcNumber gives the number by which events name a process; 0 if there is none.
func (s *Scene) ProcNumber(role string) uint16 {
	return uint16(1 + slices.IndexFunc(s.Procs, func(p Proc) bool { return p.Role == role }))
}

// hasSignals reports whether the pending signals of a process are a part. The count
// of queued ones is of all processes of a user, and would only be noise elsewhere.
func (s *Scene) hasSignals(role string) bool {
	return slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Type == Signals && p.In == role })
}

// Dial is a knob's present value, which one store by the lab changes.
type Dial atomic.Int64

// Get reads the value.
func (d *Dial) Get() int64 { return (*atomic.Int64)(d).Load() }

// bin is the place of a duration in a histogram whose bars are each twice the last.
func bin(ns int64) int { return min(bits.Len64(uint64(max(ns, 0))), LatencyBins-1) }

// quantile gives the upper end of the bin in which the q-th part of a histogram lies.
func quantile(h []uint64, q float64) int64 {
	var all uint64
	for _, n := range h {
		all += n
	}
	rest := int64(q * float64(all))
	for i, n := range h {
		if rest -= int64(n); rest < 0 {
			return 1 << i
		}
	}
	return 0
}
