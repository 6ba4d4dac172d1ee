package web

import (
	"testing"

	"ipclab/lab"
)

// Every page hears how many watch, as they come and go.
func TestViewersAreCounted(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{Mode: lab.Step})
	hears := func(c *client, n float64) {
		t.Helper()
		for c.next(t)["viewers"] != n { // what was true for a moment only may be left out
		}
	}
	first := s.watch(t, run.id, "")
	hears(first, 1)
	second := s.watch(t, run.id, "")
	hears(second, 2)
	hears(first, 2)
	second.Close()
	hears(first, 1)
}
