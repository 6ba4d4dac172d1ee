package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ipclab/lab"
)

// request is what a page sends to start a run.
type request struct {
	Mechanism  string           `json:"mechanism"`
	Settings   map[string]value `json:"settings"`
	Mode       modeName         `json:"mode"`
	Pace       float64          `json:"pace"`
	Seed       uint64           `json:"seed"`
	Experiment string           `json:"experiment"`
}

// value is a knob's value: a number, or the name of a choice.
type value struct {
	number int64
	name   string
}

func (v *value) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &v.name)
	}
	return json.Unmarshal(b, &v.number)
}

// modeName is a mode, by name or by number; -1 if it was not said.
type modeName string

func (m *modeName) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(m))
	}
	var n uint8
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*m = modeName(lab.Mode(n).String())
	return nil
}

var modes = map[modeName]lab.Mode{"full": lab.Full, "step": lab.Step, "slow": lab.Slow}

// start begins a run as a page asks for it.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	if !contentType(w, r, "application/json") {
		return
	}
	var q request
	if err := strict(json.NewDecoder(r.Body), &q); err != nil {
		sayError(w, http.StatusBadRequest, fmt.Errorf("read the request: %w", err))
		return
	}
	m, o, err := s.options(&q)
	if err != nil {
		sayError(w, http.StatusUnprocessableEntity, err)
		return
	}
	info := m.Info()
	var run *watched
	if e := s.experiment(info.ID, q.Experiment); e != nil && prepared(&info, e, &o) {
		run, err = s.try(m, e, o.Seed)
	} else {
		run, err = s.runs.start(m, o)
	}
	if err != nil {
		s.log.Info("run refused", "mechanism", q.Mechanism, "why", err)
		sayError(w, http.StatusConflict, fitting(m, o.Settings, err))
		return
	}
	sayJSON(w, http.StatusCreated, map[string]string{"id": run.run.ID()})
}

// options turns a request into the options of a run. The engine checks every
// bound once more; here a page gets numbers that it can offer instead.
func (s *Server) options(q *request) (lab.Mechanism, lab.Options, error) {
	o := lab.Options{Settings: lab.Settings{}, Mode: lab.Slow, Pace: 1, Seed: q.Seed, Home: s.journal}
	m := s.mechanism(q.Mechanism)
	if m == nil {
		return nil, o, fmt.Errorf("there is no mechanism %q: ipclab list names them", clip(q.Mechanism))
	}
	info := m.Info()
	if q.Experiment != "" {
		e := s.experiment(info.ID, q.Experiment)
		if e == nil {
			return nil, o, fmt.Errorf("%s has no experiment %q", info.ID, clip(q.Experiment))
		}
		for k, v := range e.Set {
			o.Settings[k] = v
		}
		o.Mode = e.Mode
	}
	if q.Mode != "" {
		mode, ok := modes[q.Mode]
		if !ok {
			return nil, o, fmt.Errorf("mode is %q: it can be step, slow or full", clip(string(q.Mode)))
		}
		o.Mode = mode
	}
	if q.Pace != 0 {
		o.Pace = q.Pace
	}
	for name, v := range q.Settings {
		n, err := setting(&info, name, v)
		if err != nil {
			return nil, o, err
		}
		o.Settings[name] = n
	}
	return m, o, nil
}

// setting reads a knob's value.
func setting(info *lab.Info, name string, v value) (int64, error) {
	i := slices.IndexFunc(info.Knobs, func(k lab.KnobInfo) bool { return k.Name == name })
	if i < 0 {
		return 0, fmt.Errorf("%s has no knob %q", info.ID, clip(name))
	}
	k := &info.Knobs[i]
	if v.name != "" {
		return k.Parse(clip(v.name))
	}
	n, err := k.Parse(strconv.FormatInt(v.number, 10))
	if near := min(max(v.number, k.Min), k.Max); err != nil && near != v.number {
		err = &boundError{err, name, v.number, near}
	}
	return n, err
}

// A boundError is a knob's value out of its bounds, and the nearest within.
type boundError struct {
	error
	knob        string
	asked, near int64
}

// A fitError is a refusal that names settings which would do.
type fitError struct {
	error
	fits lab.Settings
}

func (e *fitError) Unwrap() error { return e.error }

// fitting adds to a refused budget of processes the largest setting that fits.
func fitting(m lab.Mechanism, set lab.Settings, err error) error {
	b := new(lab.Budget)
	if !errors.As(err, &b) || b.What != "processes" {
		return err
	}
	info := m.Info()
	full, bad := info.Complete(set)
	if bad != nil {
		return err
	}
	for _, k := range info.Knobs {
		was := full[k.Name]
		for v := was - 1; v >= max(k.Min, was-64); v-- {
			full[k.Name] = v
			if int64(len(m.Scene(full).Procs)) <= b.Left {
				return &fitError{err, lab.Settings{k.Name: v}}
			}
		}
		full[k.Name] = was
	}
	return err
}

const (
	maxActions = 32
	maxAction  = 200
)

// do acts on a run: one action a line, in the words of --do. The first that fails
// ends it.
func (s *Server) do(w http.ResponseWriter, r *http.Request) {
	if !contentType(w, r, "text/plain") {
		return
	}
	run, err := s.runs.get(r.PathValue("id"))
	if err != nil {
		sayError(w, http.StatusNotFound, err)
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		sayError(w, http.StatusRequestEntityTooLarge, errors.New("the actions are longer than 64 KiB"))
		return
	}
	lines := strings.FieldsFunc(string(b), func(c rune) bool { return c == '\n' || c == '\r' })
	if len(lines) == 0 || len(lines) > maxActions {
		sayError(w, http.StatusUnprocessableEntity, fmt.Errorf("there are %d actions: send 1 to %d, one a line", len(lines), maxActions))
		return
	}
	if !run.actions.takeN(float64(len(lines))) {
		sayError(w, http.StatusTooManyRequests, errors.New("more than 50 actions a second on one run: wait a moment"))
		return
	}
	for _, line := range lines {
		if len(line) > maxAction {
			sayError(w, http.StatusUnprocessableEntity, fmt.Errorf("an action has %d letters: at most %d", len(line), maxAction))
			return
		}
		if err := run.act(line); err != nil {
			sayError(w, http.StatusConflict, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// listed is one run in GET /runs.
type listed struct {
	ID        string    `json:"id"`
	Mechanism string    `json:"mechanism"`
	Title     string    `json:"title"`
	Mode      string    `json:"mode"`
	Epoch     uint32    `json:"epoch"`
	Viewers   int       `json:"viewers"`
	Wall      time.Time `json:"wall"`
	Home      bool      `json:"home"`
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	all := []listed{}
	for _, run := range s.runs.all() {
		h := run.run.Header()
		all = append(all, listed{run.run.ID(), h.Mechanism.ID, h.Mechanism.Title, h.Mode.String(), h.Epoch, run.hub.watching(), h.Wall, run.home})
	}
	slices.SortFunc(all, func(a, b listed) int { return a.Wall.Compare(b.Wall) })
	sayJSON(w, http.StatusOK, all)
}

func (s *Server) homeRun(w http.ResponseWriter, r *http.Request) {
	id, err := s.shared(r)
	if err != nil {
		sayError(w, http.StatusConflict, err)
		return
	}
	sayJSON(w, http.StatusOK, map[string]string{"id": id})
}

func contentType(w http.ResponseWriter, r *http.Request, want string) bool {
	if got, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); got != want {
		sayError(w, http.StatusUnsupportedMediaType, fmt.Errorf("the content is %q: send %s", clip(got), want))
		return false
	}
	return true
}
