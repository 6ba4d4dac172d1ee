package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ipclab/lab"
)

// A run is what the web needs of a *lab.Run.
type run interface {
	ID() string
	Header() lab.Header
	Do(action string) error
	Attach(lab.Sink)
	Detach(lab.Sink)
	Log() recordLog
	Done() <-chan struct{}
	Stop()
	Again(lab.Options) error
	Examine(func(*lab.Outcome)) error
	Stands() ([]lab.Stand, error)
	Ended() bool
}

// A recordLog is what the web needs of a *lab.Log.
type recordLog interface {
	Range() (first, next uint64)
	Copy(es []lab.Event, from uint64, max int) []lab.Event
	Since(ns int64) uint64
}

type labRun struct{ *lab.Run }

func (r labRun) Log() recordLog { return r.Run.Log() }

func startLab(ctx context.Context, m lab.Mechanism, o lab.Options) (run, error) {
	r, err := lab.Start(ctx, m, o)
	if err != nil {
		return nil, err
	}
	return labRun{r}, nil
}

// A watched is a run that pages may watch, and how many do.
type watched struct {
	run     run
	hub     *hub
	home    bool
	pages   int
	since   time.Time   // when the last page left
	idle    *time.Timer // ends the run a minute later
	actions bucket
	trial   trial

	teaching atomic.Pointer[teaching] // whose run it is; nil if it is not of a lesson
}

// runs is the registry of all runs that were started from pages.
type runs struct {
	ctx    context.Context
	launch func(context.Context, lab.Mechanism, lab.Options) (run, error)
	idle   time.Duration

	mu       sync.Mutex
	byID     map[string]*watched
	starting int // places taken by runs that are not in byID yet
	shared   sync.Mutex
}

// maxRuns is how many runs there can be at once, besides the one of Home.
const maxRuns = 4

func newRuns(ctx context.Context) *runs {
	return &runs{ctx: ctx, launch: startLab, idle: time.Minute, byID: map[string]*watched{}}
}

// start makes a run and waits for its first page.
func (rs *runs) start(m lab.Mechanism, o lab.Options) (*watched, error) {
	if err := rs.reserve(); err != nil {
		return nil, err
	}
	w, err := rs.add(m, o, false)
	rs.mu.Lock()
	rs.starting--
	rs.mu.Unlock()
	return w, err
}

// reserve takes one of the places. When all are taken, the run that nobody has
// watched for longest gives way; one that somebody watches never does.
func (rs *runs) reserve() error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var oldest *watched
	n := rs.starting
	for _, w := range rs.byID {
		if w.home {
			continue
		}
		n++
		if w.pages == 0 && (oldest == nil || w.since.Before(oldest.since)) {
			oldest = w
		}
	}
	if n >= maxRuns {
		if oldest == nil {
			return fmt.Errorf("%w: all of them are being watched; close the page of one", &lab.Budget{What: "runs", Asked: int64(n + 1), Left: 0, Limit: "the lab's own limit, 4 at once"})
		}
		rs.remove(oldest)
	}
	rs.starting++
	return nil
}

func (rs *runs) add(m lab.Mechanism, o lab.Options, home bool) (*watched, error) {
	if err := rs.ctx.Err(); err != nil {
		return nil, errors.New("the lab is ending")
	}
	r, err := rs.launch(rs.ctx, m, o)
	if err != nil {
		return nil, err
	}
	return rs.admit(r, home), nil
}

// admit lists a run.
func (rs *runs) admit(r run, home bool) *watched {
	w := &watched{run: r, hub: newHub(), home: home, since: time.Now(), actions: bucket{size: 50, perSecond: 50}}
	r.Attach(w.hub)
	rs.mu.Lock()
	rs.byID[r.ID()] = w
	rs.rest(w)
	rs.mu.Unlock()
	go func() {
		<-r.Done()
		rs.mu.Lock()
		defer rs.mu.Unlock()
		if w.pages == 0 || home {
			rs.remove(w)
		}
	}()
	return w
}

// rest ends a run if nobody comes within a minute.
func (rs *runs) rest(w *watched) {
	w.since = time.Now()
	w.idle = time.AfterFunc(rs.idle, func() {
		rs.mu.Lock()
		defer rs.mu.Unlock()
		if w.pages == 0 {
			rs.remove(w)
		}
	})
}

// remove forgets a run and ends it. The lock is held.
func (rs *runs) remove(w *watched) {
	id := w.run.ID()
	if rs.byID[id] != w {
		return
	}
	delete(rs.byID, id)
	w.idle.Stop()
	go w.run.Stop()
}

func (rs *runs) get(id string) (*watched, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.find(id)
}

func (rs *runs) find(id string) (*watched, error) {
	if w := rs.byID[id]; w != nil {
		return w, nil
	}
	if !isID(id) {
		return nil, fmt.Errorf("%q names no run: a name has 8 letters or digits", clip(id))
	}
	return nil, fmt.Errorf("there is no run %s any more: runs end a minute after their last page was closed; start a new one", id)
}

func isID(id string) bool {
	return len(id) == 8 && !slices.ContainsFunc([]byte(id), func(c byte) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}

// all lists the runs.
func (rs *runs) all() []*watched {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.Collect(maps.Values(rs.byID))
}

// watch finds a run and keeps it until leave is called.
func (rs *runs) watch(id string) (w *watched, leave func(), err error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if w, err = rs.find(id); err != nil {
		return nil, nil, err
	}
	w.pages++
	w.idle.Stop()
	return w, func() {
		rs.mu.Lock()
		defer rs.mu.Unlock()
		if w.pages--; w.pages == 0 {
			rs.rest(w)
		}
	}, nil
}

// home gives the one run that Home shows. If there is none, a presenter starts it.
func (rs *runs) home(m lab.Mechanism, journal *lab.Home, role Role) (string, error) {
	rs.shared.Lock()
	defer rs.shared.Unlock()
	rs.mu.Lock()
	for id, w := range rs.byID {
		if w.home {
			if w.pages == 0 { // about to be shown: a minute from now on
				w.idle.Stop()
				rs.rest(w)
			}
			rs.mu.Unlock()
			return id, nil
		}
	}
	rs.mu.Unlock()
	if role != Presenter {
		return "", errors.New("the presenter has not opened Home yet: a viewer starts nothing")
	}
	w, err := rs.add(m, lab.Options{Mode: lab.Slow, Pace: 1, Home: journal}, true)
	if err != nil {
		return "", err
	}
	return w.run.ID(), nil
}

// close ends all runs and waits until their processes are gone.
func (rs *runs) close() {
	rs.mu.Lock()
	all := make([]*watched, 0, len(rs.byID))
	for _, w := range rs.byID {
		all = append(all, w)
		rs.remove(w)
	}
	rs.mu.Unlock()
	for _, w := range all {
		select {
		case <-w.run.Done():
		case <-time.After(5 * time.Second):
		}
	}
}
