package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"ipclab/lab"
	"ipclab/templates"
)

func (s *Server) page(r *http.Request) templates.Page {
	return templates.Page{Assets: s.files, Role: string(roleOf(r))}
}

// show renders a page, compressed for browsers that take it so: a page holds no
// secret that its length could give away.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	var body io.WriteCloser = open{w}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = gzip.NewWriter(w)
	}
	w.WriteHeader(status)
	if err := errors.Join(c.Render(r.Context(), body), body.Close()); err != nil {
		s.log.Debug("render page", "path", r.URL.Path, "error", err)
	}
}

// open is a writer that stays so.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// unavailable says why a mechanism cannot run here, or "".
func unavailable(m lab.Mechanism) string {
	if p, ok := m.(lab.Prober); ok {
		if err := p.Probe(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// shared gives the run that Home shows: of the first mechanism that we teach.
func (s *Server) shared(r *http.Request) (string, error) {
	if len(s.mechanisms) == 0 {
		return "", lab.ErrUnavailable
	}
	return s.runs.home(s.mechanisms[0], s.journal, roleOf(r))
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	here := lab.ThisMachine()
	d := templates.HomeData{Page: s.page(r), Kernel: here.Kernel, CPUs: here.CPUs, Root: here.Root, Lessons: s.lessons}
	for _, m := range s.mechanisms {
		d.Mechanisms = append(d.Mechanisms, templates.Tile{Info: m.Info(), Unavailable: unavailable(m)})
	}
	if r.Method == http.MethodGet {
		var err error
		if d.Run, err = s.shared(r); err != nil {
			d.NoRun = err.Error()
		}
	}
	s.show(w, r, http.StatusOK, templates.Home(d))
}

func (s *Server) bench(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("mechanism")
	m := s.mechanism(id)
	if m == nil {
		s.problem(w, r, http.StatusNotFound, "There is no mechanism "+clip(id), "Home lists those that there are.")
		return
	}
	d := templates.BenchData{Page: s.page(r), Info: templates.BenchInfo{Info: m.Info(), Experiments: s.experiments[id]}, Unavailable: unavailable(m), Rates: s.rates.of(id)}
	if run := r.URL.Query().Get("run"); run != "" {
		joined, err := s.runs.get(run)
		if err != nil {
			s.problem(w, r, http.StatusNotFound, "There is no such run", err.Error())
			return
		}
		if is := joined.run.Header().Mechanism.ID; is != id {
			s.problem(w, r, http.StatusNotFound, "The run "+run+" is of another mechanism", "It is a run of "+is+".")
			return
		}
		d.Run = run
	}
	if name := r.URL.Query().Get("experiment"); name != "" {
		e := s.experiment(id, name)
		if e == nil {
			s.problem(w, r, http.StatusNotFound, "There is no experiment "+clip(name), d.Info.Title+" lists those that there are.")
			return
		}
		d.Experiment = e.Name
	}
	s.show(w, r, http.StatusOK, templates.Bench(d))
}

func (s *Server) play(w http.ResponseWriter, r *http.Request) {
	d := templates.PlayerData{Page: s.page(r)}
	if s.file != "" {
		d.Recording = "/play/recording"
	}
	s.show(w, r, http.StatusOK, templates.Player(d))
}

// loaded gives the player the file that the command line named, and no other.
func (s *Server) loaded(w http.ResponseWriter, r *http.Request) {
	if s.file == "" {
		plain(w, http.StatusNotFound, "no recording was named at the start: open one in the player, or run ipclab replay FILE")
		return
	}
	f, err := os.Open(s.file)
	if err != nil {
		plain(w, http.StatusNotFound, "the recording cannot be read any more: "+err.Error())
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		plain(w, http.StatusNotFound, "the recording is no file")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

func (s *Server) doctor(w http.ResponseWriter, r *http.Request) {
	here := lab.ThisMachine()
	s.show(w, r, http.StatusOK, templates.Doctor(templates.DoctorData{Page: s.page(r), Kernel: here.Kernel, CPUs: here.CPUs, User: here.User}))
}

// exam is the doctor's work, going on or done.
type exam struct {
	mu      sync.Mutex
	running bool
	of      int
	checks  []lab.Check
	ask     func(context.Context, []lab.Mechanism, func(lab.Check)) // lab.Doctor
}

// examined is what GET /machine tells.
type examined struct {
	Machine lab.Machine `json:"machine"`
	Running bool        `json:"running"`
	Of      int         `json:"of"` // how many checks there will be
	Checks  []lab.Check `json:"checks"`
}

func (s *Server) machine(w http.ResponseWriter, r *http.Request) {
	s.exam.mu.Lock()
	out := examined{lab.ThisMachine(), s.exam.running, s.exam.of, append([]lab.Check{}, s.exam.checks...)}
	s.exam.mu.Unlock()
	sayJSON(w, http.StatusOK, out)
}

// check starts the checks, unless they are going on already.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	x := &s.exam
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.running {
		x.running, x.of, x.checks = true, lab.DoctorLength(s.mechanisms), nil
		go func() {
			x.ask(s.ctx, s.mechanisms, func(c lab.Check) {
				x.mu.Lock()
				x.checks = append(x.checks, c)
				x.mu.Unlock()
			})
			x.mu.Lock()
			x.running = false
			x.mu.Unlock()
		}()
	}
	w.WriteHeader(http.StatusNoContent)
}
