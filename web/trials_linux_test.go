package web

import (
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/mechanisms/pipe"
)

// The lab performs an experiment by itself and judges it by what real processes did.
func TestExperiment(t *testing.T) {
	s := realServer(t)
	c, _ := s.experiment(t, `{"mechanism":"pipe","experiment":"full"}`)
	if v := c.verdict(t, trialJudged); !v.OK || v.Why != "" || v.Rate.Held != 1 || !strings.Contains(v.Sees, "sleeps in pipe_write") {
		t.Errorf("a full pipe: %+v", v)
	}
	if c.ended {
		t.Error("the run has ended with its verdict")
	}
	c, _ = s.experiment(t, `{"mechanism":"pipe","experiment":"full"}`)
	c.verdict(t, trialRunning)
	s.ask(t, "POST", "/runs/"+c.run+"/do", "text/plain", "signal writer STOP")
	c.verdict(t, trialTaken)
	if r := s.rates.of("pipe")["P1"]; r.Runs != 1 {
		t.Errorf("%d runs were counted", r.Runs)
	}
}

// never is a pipe that is promised to hold nothing, while its writer goes on.
type never struct{ lab.Mechanism }

func (m never) Info() lab.Info {
	info := m.Mechanism.Info()
	info.Experiments = `---
lab: pipe
---

## It holds nothing {#never N1}

A full pipe holds nothing.

:::do
start
signal reader STOP
wait writer.blocked_in == "pipe_write" within 30s
:::

:::claim
pipe.bytes == 0
agrees
:::
`
	return info
}

// What did not come out as promised is told with what was measured.
func TestMiss(t *testing.T) {
	s := realServer(t)
	s.know([]lab.Mechanism{never{pipe.Mechanism}})
	c, _ := s.experiment(t, `{"mechanism":"pipe","experiment":"never"}`)
	if v := c.verdict(t, trialJudged); v.OK || !strings.HasPrefix(v.Why, "pipe.bytes == 0 (pipe.bytes = 65") || v.Rate.Held != 0 || v.Rate.Runs != 1 {
		t.Errorf("%+v", v)
	}
}
