// Package web serves the lab to browsers: the pages, the runs that they start, and
// the live socket on which a run reaches them.
//
// Everything that arrives is taken as hostile. One guard (guard.go) stands before
// all routes; every body, number, name and rate has a bound; what a browser is sent
// of foreign text is data, never markup.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/static"
)

// Options of a server.
type Options struct {
	Mechanisms []lab.Mechanism // in teaching order
	Lessons    *lessons.Catalogue
	Recording  string // a file that the player shows at once; "" for none
	Log        *slog.Logger
	Home       *lab.Home // where runs keep their journal
}

// Server is the lab as browsers see it.
type Server struct {
	mechanisms []lab.Mechanism
	lessons    *lessons.Catalogue
	file       string
	log        *slog.Logger
	journal    *lab.Home
	guard      *guard
	table      []route
	policy     string
	files      *static.Files
	runs       *runs
	rates      rates
	// By mechanism: what can be tried with it.
	experiments map[string][]lessons.Experiment
	exam        exam
	rejudged    rejudged
	viewers     counter
	listener    net.Listener
	http        *http.Server
	ctx         context.Context
	cancel      context.CancelFunc
}

// New makes a server that will answer on l.
func New(l net.Listener, o Options) (*Server, error) {
	files, err := static.New(static.Embedded())
	if err != nil {
		return nil, err
	}
	s := &Server{file: o.Recording, log: o.Log, journal: o.Home, guard: newGuard(l.Addr()), files: files, listener: l}
	if s.lessons = o.Lessons; s.lessons == nil {
		s.lessons = &lessons.Catalogue{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.know(o.Mechanisms)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.runs = newRuns(s.ctx)
	s.exam.ask = lab.Doctor
	s.table = s.routes()
	s.policy = strings.Join([]string{
		"default-src 'none'", "script-src 'self' " + files.ImportMapHash(), "style-src 'self'", "font-src 'self'", "img-src 'self'",
		"connect-src 'self'", "require-trusted-types-for 'script'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	return s, nil
}

// URL is the address to open: it holds the token.
func (s *Server) URL() string { return s.address(s.guard.token) }

// OnceURL is an address that opens the lab one time: for handing over where others
// may see it. The last one made is the one that counts.
func (s *Server) OnceURL() string { return s.address(s.guard.newOnce()) }

func (s *Server) address(token string) string {
	if s.file != "" {
		return s.guard.home + "play?token=" + token
	}
	return s.guard.home + "?token=" + token
}

// maxConns is how many connections there can be at once: some for each page.
const maxConns = 2 * maxViewers

// Serve answers until Close is called.
func (s *Server) Serve() error {
	err := s.http.Serve(&limited{Listener: s.listener, room: make(chan struct{}, maxConns)})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close ends all runs, tells the pages, and returns when their processes are gone.
func (s *Server) Close() {
	s.cancel()
	s.runs.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// know makes mechanisms those of the server. One whose experiments cannot be read has
// none.
func (s *Server) know(all []lab.Mechanism) {
	s.mechanisms, s.experiments = all, map[string][]lessons.Experiment{}
	for _, m := range all {
		es, err := lessons.Experiments(m)
		if err != nil {
			s.log.Error("the bench has no experiments", "mechanism", m.Info().ID, "error", err)
		}
		s.experiments[m.Info().ID] = es
	}
}

// experiment finds one by its name or its id; nil if there is none.
func (s *Server) experiment(mechanism, name string) *lessons.Experiment {
	all := s.experiments[mechanism]
	i := slices.IndexFunc(all, func(e lessons.Experiment) bool { return name != "" && (e.Name == name || e.ID == name) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func (s *Server) mechanism(id string) lab.Mechanism {
	for _, m := range s.mechanisms {
		if m.Info().ID == id {
			return m
		}
	}
	return nil
}

// counter counts who is in, up to a limit.
type counter struct{ n atomic.Int64 }

func (c *counter) enter(limit int64) bool {
	if c.n.Add(1) > limit {
		c.n.Add(-1)
		return false
	}
	return true
}

func (c *counter) leave() { c.n.Add(-1) }

// limited is a listener that lets only so many connections be open.
type limited struct {
	net.Listener
	room chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &roomed{Conn: c, l: l}, nil
}

type roomed struct {
	net.Conn
	l    *limited
	once atomic.Bool
}

func (c *roomed) Close() error {
	if c.once.CompareAndSwap(false, true) {
		<-c.l.room
	}
	return c.Conn.Close()
}
