package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"ipclab/lab"
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
	Left       float64         `json:"left,omitempty"` // seconds until it is judged, at most
	Rate       *templates.Rate `json:"rate,omitempty"` // with this one

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

// conclude tells the pages how the trial stands; its lock is held.
func (w *watched) conclude(v verdict) {
	t := &w.trial.verdict
	t.State, t.OK, t.Why, t.Rate = v.State, v.OK, v.Why, v.Rate
	w.hub.judge(*t)
}

// try performs an experiment on a run that was just started as it says, and judges
// it. It ends with the run.
func (s *Server) try(w *watched, mechanism string, e *lab.Experiment) {
	ctx, cancel := context.WithCancel(s.ctx)
	w.trial.mu.Lock()
	w.trial.cancel = cancel
	w.trial.verdict = verdict{Epoch: w.run.Header().Epoch, Experiment: e.Name, Sees: e.Sees, due: time.Now().Add(e.Length())}
	w.conclude(verdict{State: trialRunning})
	w.trial.mu.Unlock()
	go func() {
		defer cancel()
		miss, err := w.run.Try(ctx, e)
		w.trial.mu.Lock()
		defer w.trial.mu.Unlock()
		switch {
		case w.trial.verdict.State != trialRunning: // somebody took over
		case err != nil:
			w.conclude(verdict{State: trialFailed, Why: err.Error()})
		default:
			v := verdict{State: trialJudged, OK: miss == nil}
			if miss != nil {
				v.Why = miss.Error()
			}
			rate := s.rates.add(mechanism, e.ID, v.OK, v.Why)
			v.Rate = &rate
			w.conclude(v)
		}
	}()
}

// rates counts how often experiments came out as they say, since the lab started.
type rates struct {
	mu  sync.Mutex
	all map[string]map[string]templates.Rate // by mechanism and experiment ID
}

func (rs *rates) add(mechanism, id string, held bool, why string) templates.Rate {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.all == nil {
		rs.all = map[string]map[string]templates.Rate{}
	}
	if rs.all[mechanism] == nil {
		rs.all[mechanism] = map[string]templates.Rate{}
	}
	r := rs.all[mechanism][id]
	r.Runs++
	if held {
		r.Held++
	} else {
		r.Miss = why
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
func prepared(info *lab.Info, e *lab.Experiment, o *lab.Options) bool {
	is, err := info.Complete(o.Settings)
	says, bad := info.Complete(e.Set)
	return err == nil && bad == nil && maps.Equal(is, says) && o.Mode == e.Mode
}
