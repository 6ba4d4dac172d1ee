package web

import (
	"encoding/json"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
)

// report reads until a page is told how the step stands.
func (c *client) report(t testing.TB) (r lessons.Report) {
	t.Helper()
	for {
		m := c.next(t)
		if m == nil && c.frames-c.paid >= firstCredit/2 {
			if err := c.credit(c.frames - c.paid); err != nil {
				t.Fatal(err)
			}
			c.paid = c.frames
		}
		if m["type"] == "report" {
			b, _ := json.Marshal(m)
			if err := json.Unmarshal(b, &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
}

// However fast a step changes, pages hear of it at times only, and always of the last.
// Who comes late, or after a restart, hears the newest.
func TestReports(t *testing.T) {
	s := serveTest(t)
	run, hub := s.start(t, lab.Options{})
	c := s.watch(t, run.id, "")
	c.next(t)
	const changes = 1000
	for i := range changes {
		hub.report(&lessons.Report{State: lessons.Running, Epoch: uint32(i)})
	}
	hub.report(&lessons.Report{State: lessons.Judged})
	heard := 1
	for c.report(t).State != lessons.Judged {
		heard++
	}
	if heard > changes/10 {
		t.Errorf("a page heard of %d of %d changes", heard, changes)
	}
	run.again()
	late := s.watch(t, run.id, "")
	if r := late.report(t); r.State != lessons.Judged {
		t.Errorf("who came late hears %+v", r)
	}
}
