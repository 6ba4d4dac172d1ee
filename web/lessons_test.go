package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
)

const toyLesson = `---
id: toys
number: L01
title: Toys
mechanism: toy
level: 1
minutes: 5
lab: toy
params:
  workers: 2
---

:::hook
What do toys do?
:::

## One {#one}

:::do
start
wait sent >= 2 within 60s
:::

:::claim
torn == 0
:::

## Two {#two}

:::do
wait received >= 2 within 60s
:::

:::claim
received == sent
:::
`

// teach gives the server one lesson.
func (s *testServer) teach(t testing.TB, text string) *testServer {
	t.Helper()
	l, problems := lessons.Parse("toys.md", []byte(text))
	problems = append(problems, lessons.Check([]*lessons.Lesson{l}, s.mechanisms)...)
	if bad := problems.Errors(); len(bad) > 0 {
		t.Fatal(bad)
	}
	s.lessons = &lessons.Catalogue{Lessons: []*lessons.Lesson{l}}
	return s
}

// perform asks for a step, and watches the run on which it is performed.
func (s *testServer) perform(t testing.TB, path, body string) (*client, *script) {
	t.Helper()
	status, answer := s.ask(t, "POST", path, "application/json", body)
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 201 {
		t.Fatalf("%s: status %d: %s", body, status, answer)
	}
	c := s.watch(t, got.ID, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.script {
		if run.id == got.ID {
			return c, run
		}
	}
	return c, nil // a real one
}

// stands reads reports of a step until it stands like that.
func (c *client) stands(t testing.TB, step string, state lessons.ReportState) lessons.Report {
	t.Helper()
	for {
		r := c.report(t)
		if r.Step == step && r.State == state {
			return r
		}
		if r.Step == step && r.State != lessons.Running {
			t.Fatalf("it is %+v, want %s", r, state)
		}
	}
}

// All who watch hear how a step stands; who comes late hears what came of it. The
// next step goes on with the same run, and the first, done again, begins it anew.
func TestStep(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	c, run := s.perform(t, "/lessons/toys/runs", `{"step":"one"}`)
	if r := c.stands(t, "one", lessons.Running); r.Lesson != "toys" || r.Touched {
		t.Errorf("before: %+v", r)
	}
	run.found(lab.Totals{Sent: 2})
	for _, page := range []*client{c, s.watch(t, run.id, "")} {
		r := page.stands(t, "one", lessons.Judged)
		if !r.Holds() || len(r.Claims) != 1 || r.Claims[0].Text != "torn == 0" || r.Epoch != 1 || !maps.Equal(r.Settings, run.Header().Settings) {
			t.Errorf("after: %+v", r)
		}
	}
	run.found(lab.Totals{Sent: 2, Received: 3})
	next, same := s.perform(t, "/lessons/toys/runs", `{"step":"two","run":"`+run.id+`"}`)
	if same != run {
		t.Error("the second step is performed on another run")
	}
	if r := next.stands(t, "two", lessons.Judged); r.Holds() || r.Claims[0].Held || r.Epoch != 1 {
		t.Errorf("it received more than was sent, and yet: %+v", r)
	}
	c, again := s.perform(t, "/lessons/toys/runs", `{"step":"one","run":"`+run.id+`","settings":{"workers":5}}`)
	run.found(lab.Totals{Sent: 9})
	if r := c.stands(t, "one", lessons.Judged); again != run || r.Epoch != 2 || r.Settings["workers"] != 5 {
		t.Errorf("done again: %+v", r)
	}
}

// Processes that are held do nothing until the step is performed on them.
func TestHold(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	c, run := s.perform(t, "/lessons/toys/hold", `{"step":"one"}`)
	if h := run.Header(); h.Mode != lab.Step || h.Settings["workers"] != 2 {
		t.Errorf("held: %+v", h)
	}
	_, same := s.perform(t, "/lessons/toys/runs", `{"step":"one","run":"`+run.id+`"}`)
	run.found(lab.Totals{Sent: 2})
	if r := c.stands(t, "one", lessons.Judged); same != run || !r.Holds() || run.Header().Mode != lab.Full {
		t.Errorf("performed: %+v on %s", r, same.id)
	}
}

// Who acts on the processes meanwhile is told so; who only looks more closely is not.
// A step that is stopped, or asked for once more, is given up.
func TestMeanwhile(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	c, run := s.perform(t, "/lessons/toys/runs", `{"step":"one"}`)
	c.stands(t, "one", lessons.Running)
	do := func(action string, want int) {
		t.Helper()
		if status, body := s.ask(t, "POST", "/runs/"+run.id+"/do", "text/plain", action); status != want {
			t.Errorf("%s: status %d: %s", action, status, body)
		}
	}
	do("pause", 204)
	do("resume", 204)
	do("fail", 409)
	if r := s.watch(t, run.id, "").stands(t, "one", lessons.Running); r.Touched {
		t.Errorf("nobody acted: %+v", r)
	}
	do("signal worker1 STOP", 204)
	for !c.report(t).Touched {
	}
	run.found(lab.Totals{Sent: 2})
	if r := c.stands(t, "one", lessons.Judged); !r.Touched {
		t.Errorf("somebody acted: %+v", r)
	}

	begin := `{"step":"one","run":"` + run.id + `"}`
	run.found(lab.Totals{})
	c, _ = s.perform(t, "/lessons/toys/runs", begin)
	if r := c.stands(t, "one", lessons.Running); r.Touched {
		t.Errorf("once more: %+v", r)
	}
	do("stop", 204)
	c.stands(t, "one", lessons.Taken)
	s.perform(t, "/lessons/toys/runs", begin)
	c, _ = s.perform(t, "/lessons/toys/runs", begin)
	run.found(lab.Totals{Sent: 2})
	c.stands(t, "one", lessons.Judged)
}

// What a page may not ask for, with what it may.
func TestStepRefused(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	free, _ := s.start(t, lab.Options{})
	for _, c := range []struct {
		path, body string
		status     int
		says       string
		fits       lab.Settings
	}{
		{"/lessons/nothing/runs", `{"step":"one"}`, 404, "no lesson", nil},
		{"/lessons/toys/runs", `{"step":"three"}`, 422, "no step", nil},
		{"/lessons/toys/runs", `{}`, 422, "no step", nil},
		{"/lessons/toys/runs", `{"step":"one","settings":{"workers":101}}`, 422, "1 to 100", lab.Settings{"workers": 100}},
		{"/lessons/toys/runs", `{"step":"one","settings":{"workers":90}}`, 409, "room for 64", lab.Settings{"workers": 64}},
		{"/lessons/toys/runs", `{"step":"one","settings":{"colour":1}}`, 422, "no knob", nil},
		{"/lessons/toys/runs", `{"step":"one","settings":{"workers":1e99}}`, 400, "read the request", nil},
		{"/lessons/toys/runs", `{"step":"one","run":"../../x"}`, 409, "names no run", nil},
		{"/lessons/toys/runs", `{"step":"one","run":"` + free.id + `"}`, 409, "not of the lesson", nil},
		{"/lessons/toys/runs", `{"step":"one","do":"rm"}`, 400, "unknown field", nil},
		{"/lessons/toys/runs", `{"step":"` + strings.Repeat("x", maxBody) + `"}`, 400, "too large", nil},
		{"/lessons/toys/hold", `{"step":"three"}`, 422, "no step", nil},
	} {
		status, body := s.ask(t, "POST", c.path, "application/json", c.body)
		var got struct {
			Error string
			Fits  lab.Settings
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || !strings.Contains(got.Error, c.says) || !maps.Equal(got.Fits, c.fits) {
			t.Errorf("%.60s: status %d, %s", c.body, status, body)
		}
	}
	if status, _ := s.ask(t, "POST", "/lessons/toys/runs", "text/plain", `{"step":"one"}`); status != 415 {
		t.Errorf("as text: status %d", status)
	}
	if n := len(s.script); n != 1 {
		t.Errorf("%d runs were started", n-1)
	}
}

// Lessons share the four runs with everybody else.
func TestFourSteps(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	for range maxRuns {
		c, _ := s.perform(t, "/lessons/toys/runs", `{"step":"one"}`)
		c.stands(t, "one", lessons.Running)
	}
	status, body := s.ask(t, "POST", "/lessons/toys/runs", "application/json", `{"step":"one"}`)
	if want := fmt.Sprintf(`"asked":%d`, maxRuns+1); status != 409 || !strings.Contains(body, want) || !strings.Contains(body, `"left":0`) {
		t.Errorf("one more: status %d, %s", status, body)
	}
}

// However many ask at the same time, one step is performed at a time, and the last is
// performed to its end.
func TestManySteps(t *testing.T) {
	s := serveTest(t).teach(t, toyLesson)
	c, run := s.perform(t, "/lessons/toys/runs", `{"step":"one"}`)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i%5 == 0 {
				s.ask(t, "POST", "/runs/"+run.id+"/do", "text/plain", "stop")
			}
			if status, body := s.ask(t, "POST", "/lessons/toys/runs", "application/json", `{"step":"one","run":"`+run.id+`"}`); status != 201 {
				t.Errorf("status %d: %s", status, body)
			}
		})
	}
	all.Wait()
	s.perform(t, "/lessons/toys/runs", `{"step":"one","run":"`+run.id+`"}`)
	run.found(lab.Totals{Sent: 2})
	for c.report(t).State != lessons.Judged {
	}
	if n := len(s.script); n != 1 {
		t.Errorf("%d runs were started", n)
	}
}

func FuzzStep(f *testing.F) {
	s := serveTest(f).teach(f, toyLesson)
	f.Add(`{"step":"one","settings":{"workers":2,"sort":"fine"},"run":""}`)
	f.Fuzz(func(t *testing.T, body string) {
		var q stepRequest
		if err := strict(json.NewDecoder(strings.NewReader(body)), &q); err != nil {
			return
		}
		_, over, err := s.stepOf(s.lessons.Lessons[0], &q)
		if err != nil {
			return
		}
		info := toy{}.Info()
		if _, err := info.Complete(over); err != nil {
			t.Errorf("%s passes: %v", body, err)
		}
	})
}
