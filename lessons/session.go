package lessons

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

// A Run is what a session needs of a *lab.Run.
type Run interface {
	Header() lab.Header
	Do(action string) error
	Again(lab.Options) error
	Examine(func(*lab.Outcome)) error
	Stands() ([]lab.Stand, error)
	Attach(lab.Sink)
	Detach(lab.Sink)
	Done() <-chan struct{}
	Ended() bool
	Stop()
}

// A Session performs the steps of one lesson, one after the other, on one run: every
// start is a new epoch of it.
type Session struct {
	// Witness, if there is one, hears what a recording needs.
	Witness Witness

	lesson *Lesson
	info   lab.Info
	launch func(context.Context, lab.Options) (Run, error)
	tell   func(*Report)

	mu      sync.Mutex // held while a step is performed
	run     atomic.Pointer[Run]
	ear     *ear
	epoch   uint32 // that the session has started
	began   time.Time
	at      *Step // whose commands have all been carried out on these processes
	marks   map[string]int64
	touched atomic.Bool
	counts  map[*Claim]count
}

// A Witness is told when processes have started and when claims were judged.
type Witness interface {
	Began(Run)
	Judged(*Report, []Moment)
}

// A Moment is when something was judged: the place in the stream, and what cannot be
// worked out from the stream.
type Moment struct {
	Seq     uint64       `json:"seq"`
	Outcome *lab.Outcome `json:"outcome"`
	Extra   Extra        `json:"extra"`
	Claims  []int        `json:"claims"`            // places in the report
	Options bool         `json:"options,omitempty"` // the wrong answers too
}

// count is how often a claim held, of so many runs.
type count struct{ held, runs int }

// ear hears the stream of a run: it keeps the book, and the newest sequence number.
type ear struct {
	*Book
	seq atomic.Uint64
}

// Start begins anew.
func (e *ear) Start(h *lab.Header) {
	e.seq.Store(0)
	e.Book.Start(h)
}

// Records takes records.
func (e *ear) Records(es []lab.Event) {
	e.Book.Records(es)
	if n := len(es); n > 0 {
		e.seq.Store(es[n-1].Seq)
	}
}

// NewSession prepares to perform a lesson that was checked without errors. launch
// starts the mechanism's workers; report, if not nil, is called with a copy at every
// change.
func NewSession(l *Lesson, m lab.Mechanism, launch func(context.Context, lab.Options) (Run, error), report func(*Report)) *Session {
	if report == nil {
		report = func(*Report) {}
	}
	return &Session{lesson: l, info: m.Info(), launch: launch, tell: report, ear: &ear{Book: NewBook()}, marks: map[string]int64{}, counts: map[*Claim]count{}}
}

// Run gives the run; nil before the first start.
func (s *Session) Run() Run {
	if r := s.run.Load(); r != nil {
		return *r
	}
	return nil
}

// Touch notes that somebody acted on the processes by hand.
func (s *Session) Touch() { s.touched.Store(true) }

// Close ends the run.
func (s *Session) Close() {
	if r := s.Run(); r != nil {
		r.Stop()
		<-r.Done()
	}
}

// Perform does what a step says, judges what it claims, and leaves the run as it is
// then. If the processes are not where the step before leaves them, what comes before
// is done first. over are knobs that somebody has set otherwise.
func (s *Session) Perform(ctx context.Context, step *Step, over lab.Settings) (*Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.touched.Swap(false) {
		s.at = nil // nobody knows where the processes are
	}
	p := s.performance(step, over)
	if why := Unmet(s.lesson.Requires); why != "" {
		p.report.State, p.report.Why = Skipped, why
		p.say()
		return p.report, nil
	}
	err := p.perform(ctx)
	p.report.Touched = s.touched.Load()
	switch {
	case err == nil:
		p.report.State = Judged
	case ctx.Err() != nil || errors.Is(err, errTaken):
		p.report.State, p.report.Why = Taken, err.Error()
	default:
		p.report.State, p.report.Why = Failed, err.Error()
	}
	if err != nil {
		s.at = nil
	}
	p.say()
	if s.Witness != nil && err == nil {
		s.Witness.Judged(p.report, p.moments)
	}
	return p.report, nil
}

// Repeat performs a step as often as its claims want it that hold usually, and counts.
func (s *Session) Repeat(ctx context.Context, step *Step) (r *Report, err error) {
	times := 1
	for _, c := range step.Claims {
		if c.Kind == Usually {
			times = max(times, c.Runs)
		}
	}
	for range times {
		if r, err = s.Perform(ctx, step, nil); err != nil || r.State != Judged || !r.Holds() {
			break
		}
	}
	return r, err
}

// Hold starts the processes of a step and lets none of them go: so they can be looked
// at before anything happens. A step that goes on with what is there changes nothing.
//
// over are knobs that somebody has set otherwise.
func (s *Session) Hold(ctx context.Context, step *Step, over lab.Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why := Unmet(s.lesson.Requires); why != "" {
		return fmt.Errorf("hold the processes of %s: %w: %s", s.lesson.ID, lab.ErrUnavailable, why)
	}
	if s.here(s.before(step)) && !step.begins() {
		return nil
	}
	p := s.performance(step, over)
	if err := p.gather(step); err != nil {
		return err
	}
	for i := range step.Do { // what is set before the first start
		if step.Do[i].Verb == Begin {
			break
		}
		if err := p.prepare(&step.Do[i]); err != nil {
			return err
		}
	}
	s.at = nil
	return p.start(ctx, lab.Step)
}

// here reports whether the processes are where a step has left them.
func (s *Session) here(step *Step) bool {
	r := s.Run()
	return r != nil && step != nil && s.at == step && !s.touched.Load() && !isOver(r) && r.Header().Epoch == s.epoch
}

func isOver(r Run) bool {
	select {
	case <-r.Done():
		return true
	default:
		return false
	}
}

// before gives the step before, nil if there is none.
func (s *Session) before(step *Step) *Step {
	if i := slices.Index(s.lesson.Steps, step); i > 0 && !s.lesson.Apart {
		return s.lesson.Steps[i-1]
	}
	return nil
}

// begins reports whether a step starts processes before it does anything with them.
func (step *Step) begins() bool {
	for _, c := range step.Do {
		switch {
		case c.Verb == Begin || c.Verb == Explore:
			return true
		case !c.prepares() && c.Verb != Repeat:
			return false
		}
	}
	return false
}

// script lists the steps that must be performed for a step: it alone if it begins
// anew or the processes are where it wants them, else also those before it.
func (s *Session) script(step *Step) (all []*Step) {
	for all = []*Step{step}; !step.begins() && !s.here(s.before(step)); all = slices.Insert(all, 0, step) {
		if step = s.before(step); step == nil {
			break
		}
	}
	return all
}

// errTaken says that somebody else ended or restarted the run.
var errTaken = errors.New("the run was ended or started anew by somebody")

// performance gathers what is needed while a step is performed.
type performance struct {
	*Session
	step    *Step
	over    lab.Settings
	set     lab.Settings // as it is by now
	mode    lab.Mode
	pace    float64
	live    bool // its processes are running: nobody else may start others
	report  *Report
	extra   Extra
	moments []Moment
}

// performance prepares one: with all that was set in the steps before.
func (s *Session) performance(step *Step, over lab.Settings) *performance {
	l := s.lesson
	p := &performance{Session: s, step: step, over: over, set: maps.Clone(l.Params), mode: l.Mode, pace: l.Pace,
		report: &Report{Lesson: l.ID, Step: step.ID, State: Running, PIDs: map[string]int{}}}
	if p.set == nil {
		p.set = lab.Settings{}
	}
	for _, c := range step.Do {
		p.report.Lines = append(p.report.Lines, LineReport{Line: c.Line, Text: c.Text})
	}
	return p
}

// gather keeps what the steps before a step have set.
func (p *performance) gather(before *Step) error {
	for _, step := range p.lesson.Steps {
		if step == before || p.lesson.Apart {
			break
		}
		for i := range step.Do {
			if err := p.prepare(&step.Do[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// say tells how it stands.
func (p *performance) say() {
	r := *p.report
	r.Lines, r.Claims, r.Options = slices.Clone(r.Lines), slices.Clone(r.Claims), slices.Clone(r.Options)
	r.Schedules, r.PIDs, r.Settings = slices.Clone(r.Schedules), maps.Clone(r.PIDs), maps.Clone(r.Settings)
	p.tell(&r)
}

// perform does all of it.
func (p *performance) perform(ctx context.Context) error {
	script := p.script(p.step)
	if err := p.gather(script[0]); err != nil {
		return err
	}
	p.say()
	if first := script[0]; !first.begins() {
		if p.live = p.here(p.before(first)); p.live {
			h := p.Run().Header()
			p.report.Epoch, p.report.Settings = h.Epoch, h.Settings
		} else if err := p.start(ctx, p.mode); err != nil {
			return err
		}
	}
	for _, step := range script {
		p.at = nil
		if err := p.carryOut(ctx, step); err != nil {
			return err
		}
		p.at = step
	}
	return p.judge(ctx)
}
