package lab_test

import (
	"testing"

	"ipclab/lab"
)

// A worker that is stopped at its gate goes on, once it is continued, if the gates have
// been opened meanwhile.
func TestStoppedAtGate(t *testing.T) {
	r, tp := start(t, lab.Options{Mode: lab.Step})
	until(t, "both stand at their gates", func() bool { return tp.count(atGate) == 2 })
	do(t, r, "signal writer STOP")
	until(t, "the writer is stopped", func() bool {
		return tp.count(func(e lab.Event) bool {
			return e.Kind == lab.State && lab.Fact(e.Call) == lab.FactState && e.Proc == 1 && e.Data[0] == 'T'
		}) > 0
	})
	do(t, r, "mode full", "signal writer CONT")
	until(t, "the writer writes", func() bool { return tp.count(isKind(lab.Send, 1)) > 0 })
}
