package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// asks are all ways in which a request can come.
type asked struct {
	route                        route
	method, host, origin, cookie string
	upgrade                      bool
}

// allowed says what the guard must do, in other words than the guard does.
func (a asked) allowed(s *testServer) bool {
	_, port, _ := strings.Cut(s.host, ":")
	switch a.host {
	case s.host, "localhost:" + port, "[::1]:" + port:
	default:
		return false
	}
	reads := a.method == "GET" || a.method == "HEAD"
	if a.origin == "absent" {
		if !reads || a.upgrade {
			return false
		}
	} else if a.origin != "http://"+a.host {
		return false
	}
	switch a.cookie {
	case s.guard.cookie + "=" + s.guard.secrets[Presenter]:
		return true
	case s.guard.cookie + "=" + s.guard.secrets[Viewer]:
		return reads
	}
	return false
}

// Every route × host × origin × method × cookie: only the allowed pass, and what is
// refused changes nothing. Routes come from the server's own table.
func TestGuard(t *testing.T) {
	s := serveTest(t)
	_, port, _ := strings.Cut(s.host, ":")
	hosts := []string{s.host, "localhost:" + port, "[::1]:" + port, "evil.example", "evil.example:" + port, "127.0.0.1", "127.0.0.1:1",
		"127.0.0.1.evil.example:" + port, "localhost.:" + port, "LOCALHOST:" + port, "127.0.0.2:" + port, "0.0.0.0:" + port, ""}
	cookies := []string{"", s.guard.cookie + "=" + s.guard.secrets[Presenter], s.guard.cookie + "=" + s.guard.secrets[Viewer],
		s.guard.cookie + "=", s.guard.cookie + "=0", "ipclab_1=" + s.guard.secrets[Presenter], s.guard.cookie + "=" + s.guard.token}
	walked, ours := 0, 3
	for _, route := range s.table {
		for i, host := range hosts {
			origins := []string{"absent", "", "null", "http://" + s.host, "http://" + host, "https://" + host, "http://evil.example", "http://localhost.evil:" + port,
				"http://127.0.0.1:1", "HTTP://" + host, "http://" + host + ".", "http://" + host + "/", "http://" + host + " http://evil.example"}
			for _, origin := range origins {
				if i >= ours && origin != "absent" && origin != "http://"+host {
					continue // the name alone decides
				}
				for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"} {
					for _, cookie := range cookies {
						a := asked{route: route, method: method, host: host, origin: origin, cookie: cookie, upgrade: strings.HasSuffix(route.path, "/live")}
						a.check(t, s)
						walked++
					}
				}
			}
		}
	}
	t.Logf("%d requests", walked)
	if n := len(s.script); n > 1 {
		t.Errorf("%d runs were started: only Home's may be", n)
	}
}

func (a asked) check(t *testing.T, s *testServer) {
	path := strings.NewReplacer("{id}", "nosuchid", "{step}", "nosuchstep", "{mechanism}", "toy", "{hash}", "0", "{name}", "x", "{name...}", "js/x.js").Replace(a.route.path)
	r := httptest.NewRequest("GET", "http://"+s.host+path, nil)
	r.Method, r.Host = a.method, a.host
	if a.origin != "absent" {
		r.Header["Origin"] = []string{a.origin}
	}
	if a.cookie != "" {
		r.Header.Set("Cookie", a.cookie)
	}
	if a.upgrade {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	got := w.Code
	refused := got == http.StatusForbidden || got == http.StatusUnauthorized || got == http.StatusMisdirectedRequest
	if refused == a.allowed(s) {
		t.Errorf("%s %s, host %q, origin %q, cookie %q: status %d", a.method, path, a.host, a.origin, a.cookie, got)
	}
	if !refused && a.method != a.route.method && (a.method != "HEAD" || a.route.method != "GET") {
		other := s.others(a.route.path, a.method)
		if !other && got != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: status %d, want 405", a.method, path, got)
		}
	}
	if got >= 300 && got < 400 {
		t.Errorf("%s %s redirects to %q", a.method, path, w.Header().Get("Location"))
	}
	h := w.Header()
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "require-trusted-types-for 'script'") ||
		!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%s %s: headers %v", a.method, path, h)
	}
	if refused && strings.Contains(w.Body.String(), s.guard.secrets[Presenter]) {
		t.Error("a refusal tells the secret")
	}
}

// others says that the same path has another route for the method.
func (s *testServer) others(path, method string) bool {
	for _, r := range s.table {
		if r.path == path && (r.method == method || r.method == "GET" && method == "HEAD") {
			return true
		}
	}
	return false
}

// The printed address opens the lab and leaves a cookie that holds another secret.
func TestToken(t *testing.T) {
	s := serveTest(t)
	get := func(url, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", url, nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	for range 3 { // valid until the end
		w := get(s.URL(), "")
		c := w.Result().Cookies()
		if w.Code != 200 || len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Value == s.guard.token {
			t.Fatalf("open %s: status %d, cookies %v", s.URL(), w.Code, c)
		}
		if w := get("http://"+s.host+"/runs", c[0].Name+"="+c[0].Value); w.Code != 200 {
			t.Errorf("with the cookie: status %d", w.Code)
		}
	}
	once := s.OnceURL()
	if a, b := get(once, ""), get(once, ""); a.Code != 200 || b.Code != 401 {
		t.Errorf("a token for one use: status %d, then %d", a.Code, b.Code)
	}
	var last int
	for range 20 {
		last = get("http://"+s.host+"/?token=0123", "").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twentieth wrong token: status %d, want 429", last)
	}
	if w := get(s.URL(), ""); w.Code != 200 {
		t.Errorf("the right token after wrong ones: status %d: it must not be locked out", w.Code)
	}
	// A wrong token is refused although the cookie would do.
	if w := get("http://"+s.host+"/?token=0123", s.guard.cookie+"="+s.guard.secrets[Presenter]); w.Code == 200 {
		t.Error("a wrong token passes with a cookie")
	}
}

// Paths that are not what they seem find nothing, and lead nowhere else.
func TestPaths(t *testing.T) {
	s := serveTest(t)
	for _, path := range []string{"//", "/runs/", "/./runs", "/runs/../runs", "/%2e%2e/runs", "/static/", "/static/0/", "/static/0/../../guard.go",
		"/static/%2e%2e/%2e%2e/go.mod", "/debug/pprof/", "/debug/vars", "/bench/", "/bench/toy/", "/bench/%00", "/runs/a%2fb/live", "//evil.example/", "/\\evil.example"} {
		r := httptest.NewRequest("GET", "http://"+s.host+"/", nil)
		r.Header = s.header(Presenter)
		var err error
		if r.URL.Path, err = url.PathUnescape(path); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 404 {
			t.Errorf("GET %s: status %d, want 404", path, w.Code)
		}
	}
}

// A request of another site's page does nothing, although the cookie comes along.
func TestOtherSites(t *testing.T) {
	s := serveTest(t)
	for _, site := range []string{"cross-site", "same-site"} {
		h := s.header(Presenter)
		delete(h, "Origin")
		h.Set("Sec-Fetch-Site", site)
		h.Set("Sec-Fetch-Mode", "no-cors")
		r := httptest.NewRequest("GET", "http://"+s.host+"/home/run", nil)
		r.Header = h
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 403 || len(s.script) > 0 {
			t.Errorf("%s: status %d, %d runs", site, w.Code, len(s.script))
		}
	}
	h := s.header(Presenter)
	h.Set("Origin", "http://evil.example")
	if _, resp, err := websocket.DefaultDialer.Dial("ws://"+s.host+"/runs/nosuchid/live", h); err == nil || resp == nil || resp.StatusCode != 403 {
		t.Errorf("a socket of another site: %v", err)
	}
}

func FuzzHostOrigin(f *testing.F) {
	s := serveTest(f)
	f.Add(s.host, "http://"+s.host, "/runs", "")
	f.Add("evil", "null", "/?token=x", "ipclab=1")
	f.Fuzz(func(t *testing.T, host, origin, path, cookie string) {
		r := httptest.NewRequest("POST", "http://"+s.host+"/runs", nil)
		r.Host, r.URL.Path = host, path
		r.Header = http.Header{"Origin": {origin}, "Cookie": {cookie}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code < 400 {
			t.Errorf("status %d", w.Code)
		}
	})
}
