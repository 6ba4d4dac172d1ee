package web

import (
	"encoding/json"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

const pipeLesson = `---
id: bounded
number: L03
title: A pipe is a bounded buffer
mechanism: pipe
level: 1
minutes: 5
lab: pipe
requires: [linux]
params:
  rate: 0
---

:::hook
Where do the records go?
:::

## A stopped reader {#stop}

:::do
start
signal reader STOP
wait writer.blocked_in == "pipe_write" within 30s
:::

:::claim
writer.blocked_in == "pipe_write"
pipe.bytes == pipe.capacity
:::

## It goes on {#cont}

:::do
signal reader CONT
run 200ms
:::

:::claim
lost == 0
:::
`

// A step is performed on real processes; a second goes on with them.
func TestRealStep(t *testing.T) {
	s := realServer(t).teach(t, pipeLesson)
	c, _ := s.perform(t, "/lessons/bounded/hold", `{"step":"stop"}`)
	for range 2 {
		s.perform(t, "/lessons/bounded/runs", `{"step":"stop","run":"`+c.run+`"}`)
		r := c.stands(t, "stop", lessons.Judged)
		if !r.Holds() || r.PIDs["writer"] == 0 || len(r.Lines) != 3 || r.Lines[2].State != "done" {
			t.Errorf("%+v", r)
		}
		epoch := r.Epoch
		s.perform(t, "/lessons/bounded/runs", `{"step":"cont","run":"`+c.run+`"}`)
		if r := c.stands(t, "cont", lessons.Judged); !r.Holds() || r.Epoch != epoch {
			t.Errorf("%+v", r)
		}
	}
}

// Where a lesson cannot run, pages play its recording and hear what its claims come
// to on that.
func TestStepRecording(t *testing.T) {
	s := realServer(t)
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	s.lessons = all
	for _, at := range []string{"/lessons/nothing/stop/", "/lessons/pipe-backpressure/nothing/", "/lessons/pipe-backpressure/../"} {
		for _, what := range []string{"recording", "report"} {
			if status, _ := s.ask(t, "GET", at+what, "", ""); status != 404 {
				t.Errorf("GET %s: status %d", at+what, status)
			}
		}
	}
	l := all.Find("pipe-backpressure")
	at := "/lessons/" + l.ID + "/" + l.Steps[0].ID
	status, body := s.ask(t, "GET", at+"/recording", "", "")
	rec, err := lab.OpenRecording(strings.NewReader(body))
	if err != nil || status != 200 || rec.Header.Mechanism.ID != l.Lab {
		t.Fatalf("status %d, %v", status, err)
	}
	for range 2 {
		var r lessons.Report
		status, body = s.ask(t, "GET", at+"/report", "", "")
		if err := json.Unmarshal([]byte(body), &r); err != nil || status != 200 || !r.Replay || !r.Holds() || len(r.Claims) == 0 {
			t.Errorf("status %d, %v: %s", status, err, body)
		}
	}
}
