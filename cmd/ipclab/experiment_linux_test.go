package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ipclab/lessons"
)

// An experiment prints what came of its run, then each claim with what was measured;
// its status says whether it came out as it says.
func TestRunExperiment(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		says   []string
	}{
		{"run pipe/slots", 0, []string{"sent 11 (45066 bytes)", "✓ must    pipe.bytes == 45066   (pipe.bytes = 45\u00a0066)"}},
		{"run pipe/P3 --set size=4096", 1, []string{"✗ must    pipe.bytes == 45066   (pipe.bytes = 49\u00a0152)", "mechanisms/pipe/experiments.md:", "slots did not come out as it says"}},
		{"run pipe/slots --for 1s", 2, []string{"an experiment says itself"}},
		{"run pipe/slots --set size=0", 2, []string{"from 1 to 1048576"}},
	} {
		out, errs, status := call(t, strings.Fields(c.args)...)
		for _, says := range c.says {
			if !strings.Contains(out+errs, says) {
				t.Errorf("ipclab %s does not say %q", c.args, says)
			}
		}
		if status != c.status {
			t.Errorf("ipclab %s: status %d, want %d: %s%s", c.args, status, c.status, out, errs)
		}
	}
	out, errs, status := call(t, "run", "pipe/slots", "--json")
	var got struct {
		Mechanism string
		Report    lessons.Report
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || got.Mechanism != "pipe" || !got.Report.Holds() || len(got.Report.Claims) == 0 {
		t.Errorf("%v, status %d: %s%s", err, status, out, errs)
	}
}
