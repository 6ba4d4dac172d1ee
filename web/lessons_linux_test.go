package web

import (
	"testing"

	"ipclab/lessons"
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
