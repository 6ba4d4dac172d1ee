package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/templates"
)

// How a trial stands.
const (
	trialRunning = "running" // it will be judged
	trialJudged  = "judged"  // it came out as the experiment says, or not
	trialTaken   = "taken"   // a person acted on the run before that: nothing follows from it
	trialFailed  = "failed"  // it could not be performed
)

// A verdict is what pages hear of the experiment that their run is.
type verdict struct {
	Type       string          `json:"type"` // "verdict"
	Epoch      uint32          `json:"epoch"`
	Experiment string          `json:"experiment"`
	State      string          `json:"state"`
	OK         bool            `json:"ok"`
	Why        string          `json:"why,omitempty"` // not, with what was measured
	Sees       string          `json:"sees"`
	Left       float64         `json:"left,omitempty"`  // seconds until it is judged, at most
	Shown      string          `json:"shown,omitempty"` // numbers of which nothing is promised
	Rate       *templates.Rate `json:"rate,omitempty"`  // with this one

	due time.Time
}

// message says how it stands now.
func (v verdict) message() message {
	v.Type = "verdict"
	if v.State == trialRunning {
		v.Left = max(0, time.Until(v.due).Seconds())
	}
	return text(v)
}

// A trial is an experiment that the lab performs on a run and judges. Its lock is
// held while a person acts: what is judged is either before that, or not at all.
type trial struct {
	mu      sync.Mutex
	verdict verdict // its state is "" if the run is no experiment
	cancel  context.CancelFunc
}

// act carries out what a person asks for. From then on the run is no longer the one
// that the experiment speaks of.
func (w *watched) act(action string) error {
	w.trial.mu.Lock()
	defer w.trial.mu.Unlock()
	do := w.run.Do
	if t := w.teaching.Load(); t != nil {
		do = func(action string) error { return t.act(w.run.Do, action) }
	}
	if err := do(action); err != nil {
		return err
	}
	if w.trial.verdict.State == trialRunning {
		w.conclude(verdict{State: trialTaken})
		w.trial.cancel()
	}
	return nil
}

// begin makes a run the trial of an experiment.
func (w *watched) begin(v verdict, cancel context.CancelFunc) {
	w.trial.mu.Lock()
	defer w.trial.mu.Unlock()
	w.trial.verdict, w.trial.cancel = v, cancel
	w.conclude(verdict{State: trialRunning})
}

// goOn tells the pages that a new start is still the same trial.
func (w *watched) goOn(epoch uint32) {
	w.trial.mu.Lock()
	defer w.trial.mu.Unlock()
	if t := &w.trial.verdict; t.State == trialRunning && t.Epoch != epoch {
		t.Epoch = epoch
		w.conclude(verdict{State: trialRunning})
	}
}

// conclude tells the pages how the trial stands; its lock is held.
func (w *watched) conclude(v verdict) {
	t := &w.trial.verdict
	t.State, t.OK, t.Why, t.Shown, t.Rate = v.State, v.OK, v.Why, v.Shown, v.Rate
	w.hub.judge(*t)
}

// try starts a run as an experiment says, performs it and judges it. It returns as
// soon as there is a run; the experiment ends with it.
func (s *Server) try(m lab.Mechanism, e *lessons.Experiment, seed uint64) (*watched, error) {
	ctx, cancel := context.WithCancel(s.ctx)
	var w *watched
	var refused error
	begun, over := make(chan struct{}), make(chan struct{})
	session := lessons.NewSession(e.Step.Lesson, m, func(_ context.Context, o lab.Options) (lessons.Run, error) {
		o.Home, o.Seed = s.journal, seed
		if w, refused = s.runs.start(m, o); refused != nil {
			return nil, refused
		}
		w.begin(verdict{Epoch: w.run.Header().Epoch, Experiment: e.Name, Sees: e.Sees, due: time.Now().Add(e.Length())}, cancel)
		close(begun)
		return w.run, nil
	}, func(r *lessons.Report) {
		if w != nil {
			w.goOn(r.Epoch)
		}
	})
	go func() {
		defer close(over)
		defer cancel()
		r, err := session.Perform(ctx, e.Step, nil)
		if w != nil {
			s.judge(w, m.Info().ID, e, r, err)
		} else if refused == nil {
			refused = cmp.Or(err, errors.New(r.Why))
		}
	}()
	select {
	case <-begun:
		return w, nil
	case <-over:
		return nil, refused
	}
}

// judge concludes what an experiment came to.
func (s *Server) judge(w *watched, mechanism string, e *lessons.Experiment, r *lessons.Report, err error) {
	w.trial.mu.Lock()
	defer w.trial.mu.Unlock()
	if w.trial.verdict.State != trialRunning { // somebody took over
		return
	}
	w.trial.verdict.Epoch = w.run.Header().Epoch
	v := verdict{State: trialFailed}
	switch {
	case err != nil:
		v.Why = err.Error()
	case r.State == lessons.Judged || inVain(e.Step, r):
		v = verdict{State: trialJudged, Why: strings.Join(r.Misses(), "\n"), Shown: shown(r)}
		v.OK = v.Why == ""
		rate := s.rates.add(mechanism, e.ID, v)
		v.Rate = &rate
	default:
		v.Why = r.Why
	}
	w.conclude(v)
}

// inVain tells that what an experiment waits for did not come: then it did not come
// out as it says.
func inVain(step *lessons.Step, r *lessons.Report) bool {
	for i, l := range r.Lines {
		if l.State == "failed" {
			return r.State == lessons.Failed && step.Do[i].Verb == lessons.Wait
		}
	}
	return false
}

// shown gives the numbers that an experiment tells and promises nothing of.
func shown(r *lessons.Report) string {
	var all []string
	for _, c := range r.Claims {
		if c.Kind == lessons.Show && c.Error == "" && c.Skip == "" {
			all = append(all, lessons.Measured(c.Sides))
		}
	}
	return strings.Join(all, ", ")
}

// rates counts how often experiments came out as they say, since the lab started.
type rates struct {
	mu  sync.Mutex
	all map[string]map[string]templates.Rate // by mechanism and experiment ID
}

func (rs *rates) add(mechanism, id string, v verdict) templates.Rate {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.all == nil {
		rs.all = map[string]map[string]templates.Rate{}
	}
	if rs.all[mechanism] == nil {
		rs.all[mechanism] = map[string]templates.Rate{}
	}
	r := rs.all[mechanism][id]
	r.Runs, r.Shown = r.Runs+1, v.Shown
	if v.OK {
		r.Held++
	} else {
		r.Miss = v.Why
	}
	rs.all[mechanism][id] = r
	return r
}

// of gives the rates of a mechanism's experiments.
func (rs *rates) of(mechanism string) map[string]templates.Rate {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return maps.Clone(rs.all[mechanism])
}

func (s *Server) ratesOf(w http.ResponseWriter, r *http.Request) {
	m := s.mechanism(r.PathValue("mechanism"))
	if m == nil {
		sayError(w, http.StatusNotFound, fmt.Errorf("there is no mechanism %q: Home lists those that there are", clip(r.PathValue("mechanism"))))
		return
	}
	all := s.rates.of(m.Info().ID)
	if all == nil {
		all = map[string]templates.Rate{}
	}
	sayJSON(w, http.StatusOK, all)
}

// prepared reports whether a run is started as an experiment says, and not with
// other settings.
func prepared(info *lab.Info, e *lessons.Experiment, o *lab.Options) bool {
	is, err := info.Complete(o.Settings)
	says, bad := info.Complete(e.Set)
	return err == nil && bad == nil && maps.Equal(is, says) && o.Mode == e.Mode
}
