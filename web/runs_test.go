package web

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ipclab/lab"
)

// What a page may ask for, and what it is told if it may not. Nothing is started
// when it is refused.
func TestStart(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		says   string // a piece of the error
		fits   lab.Settings
	}{
		{`{"mechanism":"toy"}`, 201, "", nil},
		{`{"mechanism":"toy","settings":{"workers":64,"sort":"fine"},"mode":"step","pace":5,"seed":7}`, 201, "", nil},
		{`{"mechanism":"toy","mode":1,"experiment":"T1"}`, 201, "", nil},
		{`{"mechanism":"toy","settings":{"workers":90}}`, 409, "room for 64", lab.Settings{"workers": 64}},
		{`{"mechanism":"toy","settings":{"workers":1000}}`, 422, "1 to 100", lab.Settings{"workers": 100}},
		{`{"mechanism":"toy","settings":{"workers":-1}}`, 422, "1 to 100", lab.Settings{"workers": 1}},
		{`{"mechanism":"toy","settings":{"workers":"many"}}`, 422, "workers", nil},
		{`{"mechanism":"toy","settings":{"sort":"coarse"}}`, 422, "plain, fine", nil},
		{`{"mechanism":"toy","settings":{"colour":1}}`, 422, "no knob", nil},
		{`{"mechanism":"toy","settings":{"workers":1.5}}`, 400, "read the request", nil},
		{`{"mechanism":"toy","settings":{"workers":1e400}}`, 400, "read the request", nil},
		{`{"mechanism":"toy","settings":{"workers":99999999999999999999}}`, 400, "read the request", nil},
		{`{"mechanism":"toy","settings":{"workers":null}}`, 422, "1 to 100", lab.Settings{"workers": 1}},
		{`{"mechanism":"toy","mode":"fast"}`, 422, "step, slow or full", nil},
		{`{"mechanism":"toy","mode":9}`, 422, "step, slow or full", nil},
		{`{"mechanism":"toy","experiment":"T9"}`, 422, "no experiment", nil},
		{`{"mechanism":"../toy"}`, 422, "no mechanism", nil},
		{`{"mechanism":"toy","path":"/etc"}`, 400, "unknown field", nil},
		{`{"mechanism":"toy"}{}`, 400, "more after", nil},
		{``, 400, "EOF", nil},
		{strings.Repeat("[", 1000), 400, "read the request", nil},
		{`{"mechanism":"` + strings.Repeat("x", maxBody) + `"}`, 400, "too large", nil},
	} {
		s := serveTest(t)
		status, body := s.ask(t, "POST", "/runs", "application/json", c.body)
		var got struct {
			ID, Error string
			Fits      lab.Settings
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || !strings.Contains(got.Error, c.says) || !maps.Equal(got.Fits, c.fits) {
			t.Errorf("%.80s: status %d, %s", c.body, status, body)
		}
		if n := len(s.script); n != 0 != (c.status == 201) {
			t.Errorf("%.80s: %d runs were started", c.body, n)
		}
		if c.status == 201 && !isID(got.ID) {
			t.Errorf("%.80s: the run is called %q", c.body, got.ID)
		}
	}
	s := serveTest(t)
	if status, _ := s.ask(t, "POST", "/runs", "text/plain", `{"mechanism":"toy"}`); status != 415 {
		t.Errorf("as text: status %d", status)
	}
}

// At most four runs go on at once, however many ask at the same time. One that
// nobody watches gives way; one that somebody watches stays.
func TestFourRuns(t *testing.T) {
	s := serveTest(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { s.ask(t, "POST", "/runs", "application/json", `{"mechanism":"toy"}`) })
	}
	all.Wait()
	if n := len(s.runs.all()); n != maxRuns {
		t.Errorf("%d runs go on, want %d", n, maxRuns)
	}
	s.mu.Lock()
	for _, r := range s.script {
		if s.runs.watchers(r.id) >= 0 {
			continue
		}
		select {
		case <-r.done:
		case <-time.After(5 * time.Second):
			t.Error("a run that gave way goes on")
		}
	}
	s.mu.Unlock()
	for _, w := range s.runs.all() {
		s.watch(t, w.run.ID(), "").next(t)
	}
	status, body := s.ask(t, "POST", "/runs", "application/json", `{"mechanism":"toy"}`)
	if status != 409 || !strings.Contains(body, `"asked":5`) || !strings.Contains(body, `"left":0`) {
		t.Errorf("a fifth beside four that are watched: status %d, %s", status, body)
	}
	if status, body := s.ask(t, "GET", "/home/run", "", ""); status != 200 {
		t.Errorf("Home's own run beside four: status %d, %s", status, body)
	}
}

// All who open Home see the same run.
func TestHomeRun(t *testing.T) {
	s := serveTest(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { s.ask(t, "GET", "/", "", "") })
	}
	all.Wait()
	_, a := s.ask(t, "GET", "/home/run", "", "")
	if n := len(s.script); n != 1 || !strings.Contains(a, s.script[0].id) {
		t.Fatalf("%d runs were started, the shared one is %s", n, a)
	}
	s.script[0].Stop()
	for s.runs.watchers(s.script[0].id) >= 0 {
		time.Sleep(time.Millisecond)
	}
	if _, b := s.ask(t, "GET", "/home/run", "", ""); a == b {
		t.Error("a run that has ended is still shared")
	}
}

// A viewer who opens Home starts nothing.
func TestViewerStartsNothing(t *testing.T) {
	s := serveTest(t)
	for _, path := range []string{"/", "/home/run", "/bench/toy"} {
		r := httptest.NewRequest("GET", "http://"+s.host+path, nil)
		r.Header = s.header(Viewer)
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := len(s.script); n > 0 {
		t.Errorf("%d runs were started", n)
	}
}

// watchers counts the pages of a run; -1 if there is none.
func (rs *runs) watchers(id string) int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if w := rs.byID[id]; w != nil {
		return w.pages
	}
	return -1
}

func TestDo(t *testing.T) {
	s := serveTest(t)
	run, _ := s.start(t, lab.Options{})
	at := "/runs/" + run.id + "/do"
	for _, c := range []struct {
		path, kind, body string
		status           int
	}{
		{at, "text/plain", "set size = 4\n\nsignal reader STOP\r\n", 204},
		{at, "text/plain; charset=utf-8", "next", 204},
		{at, "text/plain", "next\nfail\nnever", 409},
		{at, "text/plain", "", 422},
		{at, "text/plain", strings.Repeat("next\n", maxActions+1), 422},
		{at, "text/plain", strings.Repeat("x", maxAction+1), 422},
		{at, "text/plain", strings.Repeat("x", maxBody+1), 413},
		{at, "application/x-www-form-urlencoded", "next", 415},
		{"/runs/nosuchid/do", "text/plain", "next", 404},
	} {
		if status, body := s.ask(t, "POST", c.path, c.kind, c.body); status != c.status {
			t.Errorf("%.40q: status %d, want %d: %s", c.body, status, c.status, body)
		}
	}
	if got := strings.Join(run.did, "|"); got != "set size = 4|signal reader STOP|next|next" {
		t.Errorf("the run was told %q", got)
	}
	var last int
	for range 10 {
		last, _ = s.ask(t, "POST", at, "text/plain", strings.Repeat("next\n", maxActions))
	}
	if last != 429 {
		t.Errorf("320 actions at once: status %d", last)
	}
}

func FuzzStart(f *testing.F) {
	s := serveTest(f)
	f.Add(`{"mechanism":"toy","settings":{"workers":2},"mode":"slow","pace":1}`)
	f.Fuzz(func(t *testing.T, body string) {
		var q request
		if err := strict(json.NewDecoder(strings.NewReader(body)), &q); err != nil {
			return
		}
		_, o, err := s.options(&q)
		if err != nil {
			return
		}
		info := toy{}.Info()
		if _, err := info.Complete(o.Settings); err != nil {
			t.Errorf("%s passes: %v", body, err)
		}
	})
}

func FuzzCredit(f *testing.F) {
	f.Add([]byte(`{"credit":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := parseCredit(b); err == nil && (n < 1 || n > maxCredit) {
			t.Errorf("%q gives %d", b, n)
		}
	})
}
