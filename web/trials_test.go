package web

import (
	"encoding/json"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/templates"
)

// experiment starts a run as a page starts an experiment, and watches it.
func (s *testServer) experiment(t testing.TB, body string) (*client, *script) {
	t.Helper()
	status, answer := s.ask(t, "POST", "/runs", "application/json", body)
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 201 {
		t.Fatalf("%s: status %d: %s", body, status, answer)
	}
	c := s.watch(t, got.ID, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script) == 0 {
		return c, nil // a real one
	}
	return c, s.script[len(s.script)-1]
}

// verdict reads until the experiment stands like that.
func (c *client) verdict(t testing.TB, state string) (v verdict) {
	t.Helper()
	for v.State != state {
		m := c.next(t)
		if m == nil && c.frames-c.paid >= firstCredit/2 {
			c.credit(c.frames - c.paid)
			c.paid = c.frames
		}
		if m["type"] != "verdict" {
			continue
		}
		b, _ := json.Marshal(m)
		v = verdict{}
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		if v.State != state && v.State != trialRunning {
			t.Fatalf("it is %+v, want %s", v, state)
		}
	}
	return v
}

// What an experiment came to is told with its reason, counted, and told again to
// whoever comes late.
func TestVerdict(t *testing.T) {
	s := serveTest(t)
	for i, taken := range []uint64{2, 3, 2} {
		c, run := s.experiment(t, `{"mechanism":"toy","experiment":"two"}`)
		if v := c.verdict(t, trialRunning); v.Experiment != "two" || v.Sees != "Two." || v.Rate != nil {
			t.Errorf("before: %+v", v)
		}
		run.found(lab.Totals{Sent: 2, Received: taken})
		for _, page := range []*client{c, s.watch(t, run.id, "")} {
			v := page.verdict(t, trialJudged)
			if v.OK != (taken == 2) || taken > 2 && v.Why != "received == sent (received = 3, sent = 2)" || v.Rate == nil || v.Rate.Runs != i+1 {
				t.Errorf("after: %+v", v)
			}
		}
	}
	want := templates.Rate{Held: 2, Runs: 3, Miss: "received == sent (received = 3, sent = 2)"}
	var got map[string]templates.Rate
	status, body := s.ask(t, "GET", "/bench/toy/rates", "", "")
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 || got["T1"] != want {
		t.Errorf("status %d, %s", status, body)
	}
	if _, page := s.ask(t, "GET", "/bench/toy", "", ""); !strings.Contains(page, `"rates":{"T1":{"held":2,"runs":3`) ||
		!strings.Contains(page, `{"id":"T1","name":"two","title":"Both of them","sees":"Two.","set":{"workers":2},"mode":1}`) {
		t.Error("the bench does not know the experiment, or how often it came out so")
	}
	if status, _ := s.ask(t, "GET", "/bench/other/rates", "", ""); status != 404 {
		t.Errorf("of no mechanism: status %d", status)
	}
}

// Who promises nothing tells a number.
func TestShown(t *testing.T) {
	s := serveTest(t)
	c, run := s.experiment(t, `{"mechanism":"toy","experiment":"T2"}`)
	c.verdict(t, trialRunning)
	run.found(lab.Totals{Sent: 2, Received: 7})
	if v := c.verdict(t, trialJudged); !v.OK || v.Shown != "received = 7" || v.Rate.Shown != "received = 7" {
		t.Errorf("%+v", v)
	}
}

// Whoever acts on the run takes it over: it is not judged and not counted. What
// fails changes nothing.
func TestTakeOver(t *testing.T) {
	s := serveTest(t)
	c, run := s.experiment(t, `{"mechanism":"toy","experiment":"two"}`)
	c.verdict(t, trialRunning)
	if status, _ := s.ask(t, "POST", "/runs/"+run.id+"/do", "text/plain", "fail"); status != 409 {
		t.Errorf("status %d", status)
	}
	late := s.watch(t, run.id, "")
	late.verdict(t, trialRunning)
	s.ask(t, "POST", "/runs/"+run.id+"/do", "text/plain", "step one")
	c.verdict(t, trialTaken)
	late.verdict(t, trialTaken)
	if all := s.rates.of("toy"); len(all) > 0 {
		t.Errorf("it was counted: %v", all)
	}
	run.again()
	for c.scene.Epoch != 2 {
		c.next(t)
	}
	fresh := s.watch(t, run.id, "")
	late.Close()
	for range 2 { // the scene, and how many watch
		if m := fresh.next(t); m["type"] == "verdict" {
			t.Errorf("after a restart: %v", m)
		}
	}
}

// A run that ends before is not judged; one with other settings is no experiment.
func TestNoVerdict(t *testing.T) {
	s := serveTest(t)
	c, run := s.experiment(t, `{"mechanism":"toy","experiment":"two"}`)
	c.verdict(t, trialRunning)
	run.Stop()
	if v := c.verdict(t, trialFailed); v.Why == "" {
		t.Error("nobody says why")
	}
	for _, other := range []string{`"settings":{"workers":3}`, `"mode":"slow"`} {
		c, run := s.experiment(t, `{"mechanism":"toy","experiment":"two",`+other+`}`)
		w, err := s.runs.get(run.id)
		if err != nil || w.trial.verdict.State != "" {
			t.Errorf("%s: %v, %v", other, w.trial.verdict, err)
		}
		c.Close()
	}
	if all := s.rates.of("toy"); len(all) > 0 {
		t.Errorf("it was counted: %v", all)
	}
}
