package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/templates"
)

// A teaching is a page of a lesson at work: a session, and the run on which it
// performs one step at a time. All who watch the run hear how the step stands.
type teaching struct {
	lesson  *lessons.Lesson
	session *lessons.Session
	start   func(lab.Options) (*watched, error)

	turn sync.Mutex // who holds it ends one performance and begins the next

	mu      sync.Mutex
	run     *watched // nil before the first start
	now     *performance
	last    *lessons.Report
	refused error // why there is no run
}

// A performance is one step that is performed, or was.
type performance struct {
	cancel  context.CancelFunc
	begun   chan struct{} // closed when there is a run
	over    chan struct{} // closed when nothing more is done
	err     error         // why it was not performed; read it after over
	touched bool          // somebody acted on the run meanwhile
}

// is tells whether something has happened that closes a channel.
func is(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// begin ends the performance that there is, and begins another. It returns the run
// as soon as there is one.
func (t *teaching) begin(ctx context.Context, do func(context.Context) error) (*watched, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.giveUp()
	ctx, cancel := context.WithCancel(ctx)
	p := &performance{cancel: cancel, begun: make(chan struct{}), over: make(chan struct{})}
	t.mu.Lock()
	t.now = p
	if t.run != nil {
		close(p.begun)
	}
	t.mu.Unlock()
	go func() {
		defer close(p.over)
		defer cancel()
		p.err = do(ctx)
	}()
	select {
	case <-p.begun:
	case <-p.over:
	}
	if !is(p.begun) {
		return nil, cmp.Or(t.refused, p.err, errors.New("the step starts no process"))
	}
	return t.run, nil
}

// giveUp ends the performance that there is and waits until nothing more is done.
func (t *teaching) giveUp() {
	t.mu.Lock()
	p := t.now
	t.mu.Unlock()
	if p != nil {
		p.cancel()
		<-p.over
	}
}

// launch gives the session its run, which pages may watch from then on.
func (t *teaching) launch(_ context.Context, o lab.Options) (lessons.Run, error) {
	if t.run != nil {
		return nil, errors.New("the run is over: run the step again")
	}
	var w *watched
	if w, t.refused = t.start(o); t.refused != nil {
		return nil, t.refused
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.run = w
	w.teaching.Store(t)
	if t.last != nil {
		w.hub.report(t.last)
	}
	close(t.now.begun)
	return w.run, nil
}

// report passes on how the step stands.
func (t *teaching) report(r *lessons.Report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Touched = r.Touched || t.now.touched
	t.last = r
	if t.run != nil {
		t.run.hub.report(r)
	}
}

// performing gives the performance that goes on; nil if there is none.
func (t *teaching) performing() *performance {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == nil || is(t.now.over) {
		return nil
	}
	return t.now
}

// touch notes that somebody acted on the run while p went on.
func (t *teaching) touch(p *performance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.session.Touch()
	if p.touched = true; t.now == p && t.last != nil {
		r := *t.last
		r.Touched = true
		t.last = &r
		t.run.hub.report(&r)
	}
}

// act carries out what a person asks for while a step is performed: it is judged on
// what happens then. To look more closely changes nothing; to stop gives the step up.
func (t *teaching) act(do func(string) error, action string) error {
	p := t.performing()
	switch verb, _, _ := strings.Cut(strings.TrimSpace(action), " "); {
	case p == nil, verb == "pause", verb == "resume", verb == "pace":
		return do(action)
	case verb == "stop":
		p.cancel()
		<-p.over
		return do(action)
	}
	err := do(action)
	if err == nil {
		t.touch(p)
	}
	return err
}

// lesson shows the page of a lesson.
func (s *Server) lesson(w http.ResponseWriter, r *http.Request) {
	l := s.lessons.Find(r.PathValue("id"))
	if l == nil {
		s.problem(w, r, http.StatusNotFound, "There is no lesson "+clip(r.PathValue("id")), "Home has the learning path.")
		return
	}
	var info lab.Info
	if m := s.mechanism(l.Lab); m != nil {
		info = m.Info()
	}
	s.show(w, r, http.StatusOK, templates.Lesson(templates.LessonOf(s.page(r), s.lessons, l, info, s.cannot(l))))
}

// stepRequest is what a page of a lesson sends.
type stepRequest struct {
	Step     string           `json:"step"`
	Settings map[string]value `json:"settings"` // knobs that the student changed
	Run      string           `json:"run"`      // the page's; "" before the first
}

// performStep performs a step of a lesson on the page's run, or on a new one.
func (s *Server) performStep(w http.ResponseWriter, r *http.Request) {
	s.teach(w, r, func(ctx context.Context, t *lessons.Session, step *lessons.Step, over lab.Settings) error {
		_, err := t.Perform(ctx, step, over)
		return err
	})
}

// holdStep starts the processes of a step and holds them before their first
// operations, so that the page can show them.
func (s *Server) holdStep(w http.ResponseWriter, r *http.Request) {
	s.teach(w, r, func(ctx context.Context, t *lessons.Session, step *lessons.Step, over lab.Settings) error {
		return t.Hold(ctx, step, over)
	})
}

func (s *Server) teach(w http.ResponseWriter, r *http.Request, do func(context.Context, *lessons.Session, *lessons.Step, lab.Settings) error) {
	if !contentType(w, r, "application/json") {
		return
	}
	l := s.lessons.Find(r.PathValue("id"))
	if l == nil {
		sayError(w, http.StatusNotFound, fmt.Errorf("there is no lesson %q: /lessons lists those that there are", clip(r.PathValue("id"))))
		return
	}
	var q stepRequest
	if err := strict(json.NewDecoder(r.Body), &q); err != nil {
		sayError(w, http.StatusBadRequest, fmt.Errorf("read the request: %w", err))
		return
	}
	step, over, err := s.stepOf(l, &q)
	if err != nil {
		sayError(w, http.StatusUnprocessableEntity, err)
		return
	}
	t, err := s.teaching(l, q.Run)
	if err != nil {
		sayError(w, http.StatusConflict, err)
		return
	}
	run, err := t.begin(s.ctx, func(ctx context.Context) error { return do(ctx, t.session, step, over) })
	if err != nil {
		s.log.Info("step refused", "lesson", l.ID, "step", step.ID, "why", err)
		sayError(w, http.StatusConflict, err)
		return
	}
	sayJSON(w, http.StatusCreated, map[string]string{"id": run.run.ID()})
}

// stepOf finds what a page asks for.
func (s *Server) stepOf(l *lessons.Lesson, q *stepRequest) (*lessons.Step, lab.Settings, error) {
	step := l.Step(q.Step)
	if step == nil {
		return nil, nil, fmt.Errorf("lesson %s has no step %q", l.ID, clip(q.Step))
	}
	m := s.mechanism(l.Lab)
	if m == nil {
		return nil, nil, fmt.Errorf("there is no mechanism %q: ipclab list names them", l.Lab)
	}
	info, over := m.Info(), lab.Settings{}
	for name, v := range q.Settings {
		n, err := setting(&info, name, v)
		if err != nil {
			return nil, nil, err
		}
		over[name] = n
	}
	return step, over, nil
}

// teaching gives the page's own if its run is still there, or else a new one.
func (s *Server) teaching(l *lessons.Lesson, id string) (*teaching, error) {
	if id != "" && !isID(id) {
		return nil, fmt.Errorf("%q names no run: a name has 8 letters or digits", clip(id))
	}
	if w, err := s.runs.get(id); err == nil && !is(w.run.Done()) {
		t := w.teaching.Load()
		if t == nil || t.lesson != l {
			return nil, fmt.Errorf("the run %s is not of the lesson %s: start a new one", id, l.ID)
		}
		return t, nil
	}
	m := s.mechanism(l.Lab)
	if why := s.cannot(l); why != "" {
		return nil, fmt.Errorf("%w: %s", lab.ErrUnavailable, why)
	}
	t := &teaching{lesson: l, start: func(o lab.Options) (*watched, error) {
		o.Home = s.journal
		w, err := s.runs.start(m, o)
		return w, fitting(m, o.Settings, err)
	}}
	t.session = lessons.NewSession(l, m, t.launch, t.report)
	return t, nil
}

// cannot says why a lesson cannot be run here, or "".
func (s *Server) cannot(l *lessons.Lesson) string {
	m := s.mechanism(l.Lab)
	if m == nil {
		return "there is no mechanism " + l.Lab
	}
	if why := lessons.Unmet(l.Requires); why != "" {
		return why
	}
	return unavailable(m)
}
