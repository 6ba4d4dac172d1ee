package web

import (
	"net/http"
	"slices"
	"strings"
)

// A route leads from a method and a path to what answers. A segment {x} matches
// any one, {x...} at the end any number. The table is data, so that a test can
// walk all of it: a new route is guarded and tested by being listed.
type route struct {
	method, path string
	serve        http.HandlerFunc
}

func (s *Server) routes() []route {
	return []route{
		{"GET", "/", s.home},
		{"GET", "/bench/{mechanism}", s.bench},
		{"GET", "/bench/{mechanism}/rates", s.ratesOf},
		{"GET", "/play", s.play},
		{"GET", "/play/recording", s.loaded},
		{"GET", "/doctor", s.doctor},
		{"GET", "/static/{hash}/{name...}", s.files.ServeHTTP},
		{"GET", "/fonts/{hash}/{name}", s.files.ServeHTTP},
		{"GET", "/machine", s.machine},
		{"POST", "/machine/check", s.check},
		{"GET", "/home/run", s.homeRun},
		{"GET", "/runs", s.list},
		{"POST", "/runs", s.start},
		{"GET", "/runs/{id}/live", s.live},
		{"POST", "/runs/{id}/do", s.do},
		{"GET", "/runs/{id}/records", s.records},
		{"GET", "/runs/{id}/recording", s.recording},
		{"GET", "/lessons", s.lessonList},
		{"GET", "/lessons/{id}", s.lesson},
		{"POST", "/lessons/{id}/runs", s.performStep},
		{"POST", "/lessons/{id}/hold", s.holdStep},
		{"GET", "/lessons/{id}/{step}/recording", s.stepRecording},
		{"GET", "/lessons/{id}/{step}/report", s.stepReport},
	}
}

// find gives what answers a request, or else the methods that its path allows.
func (s *Server) find(r *http.Request) (serve http.HandlerFunc, allow string) {
	var methods []string
	for _, route := range s.table {
		if !matches(route.path, r) {
			continue
		}
		if route.method == r.Method || route.method == "GET" && r.Method == "HEAD" {
			return route.serve, ""
		}
		methods = append(methods, route.method)
	}
	slices.Sort(methods)
	return nil, strings.Join(methods, ", ")
}

// matches compares a path with a pattern and keeps what the pattern names. It is
// not http.ServeMux because that one redirects to paths that it was given.
func matches(pattern string, r *http.Request) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(r.URL.Path, "/")
	for i, w := range want {
		name, named := strings.CutPrefix(w, "{")
		name, rest := strings.CutSuffix(strings.TrimSuffix(name, "}"), "...")
		switch {
		case i >= len(got) || named && got[i] == "":
			return false
		case named && rest:
			r.SetPathValue(name, strings.Join(got[i:], "/"))
			return true
		case named:
			r.SetPathValue(name, got[i])
		case w != got[i]:
			return false
		}
	}
	return len(want) == len(got)
}
