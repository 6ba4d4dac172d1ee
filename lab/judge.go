package lab

import (
	"encoding/binary"
	"fmt"
)

// What experiments need to judge a run by its events.

// Expect gives an error that says what was seen instead, unless it is so.
func Expect(so bool, format string, args ...any) error {
	if so {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// Find gives the first event that matches; nil if there is none.
func (o *Outcome) Find(match func(*Event) bool) *Event {
	for i := range o.Events {
		if match(&o.Events[i]) {
			return &o.Events[i]
		}
	}
	return nil
}

// Count tells how many events match.
func (o *Outcome) Count(match func(*Event) bool) (n int) {
	for i := range o.Events {
		if match(&o.Events[i]) {
			n++
		}
	}
	return n
}

// Slept reports whether a process was seen asleep at a place.
func (o *Outcome) Slept(role string, where Wait) bool {
	return o.WasState(role, 'S', where)
}

// WasState reports whether a process was seen in a state: R S T Z, and where.
func (o *Outcome) WasState(role string, state byte, where Wait) bool {
	n := o.Scene.ProcNumber(role)
	return o.Find(func(e *Event) bool {
		return e.Is(FactState) && e.Proc == n && e.Data[0] == state && Wait(e.Data[1]) == where
	}) != nil
}

// Is reports whether an event tells that fact.
func (e *Event) Is(f Fact) bool { return e.Kind == State && Fact(e.Call) == f }

// Word is the value that an event carries.
func (e *Event) Word() uint64 { return binary.LittleEndian.Uint64(e.Data[:]) }

// End is when the call returned, in ns since the run's epoch.
func (e *Event) End() int64 { return e.At + e.Dur }
