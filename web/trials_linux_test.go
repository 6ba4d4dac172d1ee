package web

import (
	"errors"
	"strings"
	"testing"
	"time"

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
	info.Experiments = []lab.Experiment{{ID: "N1", Name: "never", Sees: "It holds nothing.", Do: []string{"50ms signal reader STOP"}, For: 400 * time.Millisecond,
		Must: func(o *lab.Outcome) error {
			p := o.Part("pipe")
			return errors.Join(lab.Expect(*p.Level == 0, "the pipe holds %d of %d bytes", *p.Level, p.Capacity), lab.Expect(o.Agrees != nil && *o.Agrees, "the calls and the kernel do not agree"))
		}}}
	return info
}

// What did not come out as promised is told with what was measured.
func TestMiss(t *testing.T) {
	s := realServer(t)
	s.mechanisms = []lab.Mechanism{never{pipe.Mechanism}}
	c, _ := s.experiment(t, `{"mechanism":"pipe","experiment":"never"}`)
	if v := c.verdict(t, trialJudged); v.OK || !strings.HasPrefix(v.Why, "the pipe holds ") || !strings.HasSuffix(v.Why, " of 65536 bytes") || v.Rate.Held != 0 || v.Rate.Runs != 1 {
		t.Errorf("%+v", v)
	}
}
