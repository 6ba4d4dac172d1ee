package lessons

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"ipclab/lab"
)

//go:embed recordings
var recordings embed.FS

// Recording opens the recording of a step that ipclab brings along.
func Recording(step *Step) (io.Reader, error) {
	b, err := recordings.ReadFile("recordings/" + recordingName(step))
	if err != nil {
		return nil, fmt.Errorf("find the recording of step %s of %s: there is none", step.ID, step.Lesson.ID)
	}
	return OpenTape(b)
}

func recordingName(step *Step) string { return step.Lesson.ID + "/" + step.ID + ".tape" }

// A transcript is the note in a recording of a step: what was done, and all that was
// judged.
type transcript struct {
	Format  int      `json:"format"`
	Lesson  string   `json:"lesson"`
	Step    string   `json:"step"`
	Script  string   `json:"script"` // the sum of all that decides what is done and judged
	Report  *Report  `json:"report"` // without verdicts
	Moments []Moment `json:"moments"`
}

const transcriptFormat = 1

// script sums up what decides how a step runs and what is judged: if it is still the
// same, a recording still is one of this step, however its prose was improved.
func (step *Step) script() string {
	l, sum := step.Lesson, sha256.New()
	say := func(a ...any) { fmt.Fprintf(sum, "%q\n", a) }
	set, err := json.Marshal(l.Params) // with its keys in order
	if err != nil {
		panic(err) // numbers by name can always be written
	}
	say(l.Lab, string(set), l.Mode, l.Pace)
	for _, s := range l.Steps {
		for _, c := range s.Do {
			say("do", c.Text)
		}
		if s == step {
			break
		}
	}
	for _, c := range step.Claims {
		say("claim", c.Source, c.Kind, c.Within, c.Hold)
	}
	if q := step.Predict; q != nil {
		for _, o := range q.Options {
			if o.Wrong != nil {
				say("wrong", o.Letter, o.Wrong.Source)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// A Tape is a witness that keeps what a recording of a step needs: the stream of the
// newest processes, and what was judged.
type Tape struct {
	mu     sync.Mutex
	run    Run
	header lab.Header
	events []lab.Event
	views  []lab.Aggregate
	lost   bool // more came than is kept in memory

	best *cut
}

// cut is what a tape held when a step was judged.
type cut struct {
	header lab.Header
	events []lab.Event
	views  []lab.Aggregate
	note   transcript
}

// mostHeard is how many events a tape takes. Nothing of a step that makes more can be
// recorded in little room, nor looked at by anybody.
const mostHeard = 5_000_000

// Began hears new processes.
func (t *Tape) Began(r Run) {
	if t.run != r {
		t.run = r
		r.Attach(t)
	}
}

// Start begins anew.
func (t *Tape) Start(h *lab.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.header, t.events, t.views, t.lost = *h, nil, nil, false
	t.header.Scene.Procs, t.header.Scene.Parts = slices.Clone(h.Scene.Procs), slices.Clone(h.Scene.Parts)
}

// Records keeps events.
func (t *Tape) Records(es []lab.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost = t.lost || len(t.events)+len(es) > mostHeard; !t.lost {
		t.events = append(t.events, es...)
	}
}

// Aggregate keeps an aggregate.
func (t *Tape) Aggregate(a *lab.Aggregate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := *a
	one.Procs, one.Parts = slices.Clone(a.Procs), slices.Clone(a.Parts)
	t.views = append(t.views, one)
}

// End changes nothing.
func (t *Tape) End(*lab.Outcome) {}

// Judged keeps what there is by now, unless something better is kept already: what
// holds usually may not have held this time.
func (t *Tape) Judged(r *Report, moments []Moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := r.Holds()
	for i := range r.Claims {
		c := &r.Claims[i]
		all = all && (c.Held || c.Skip != "" || c.Kind == Show)
	}
	if !all || t.lost {
		return
	}
	bare := *r
	bare.Claims, bare.Options, bare.Replay = slices.Clone(r.Claims), nil, true
	for i := range bare.Claims {
		c := &bare.Claims[i]
		c.Held, c.Error, c.Sides = false, "", nil
	}
	t.best = &cut{header: t.header, events: slices.Clone(t.events), views: slices.Clone(t.views),
		note: transcript{Format: transcriptFormat, Lesson: r.Lesson, Step: r.Step, Report: &bare, Moments: moments}}
}

// Keep writes the recording of a step to FOLDER/LESSON/STEP.tape, and makes sure that
// it can be judged again.
func (t *Tape) Keep(folder string, step *Step) error {
	b, err := t.pack(step)
	if err != nil {
		return err
	}
	plain, err := OpenTape(b)
	if err != nil {
		return err
	}
	r, err := Rejudge(step, plain)
	if err != nil {
		return err
	}
	if why := r.against(); why != "" {
		return fmt.Errorf("record step %s of %s: on its recording, %s: let less happen in it, or ask less", step.ID, step.Lesson.ID, why)
	}
	path := filepath.Join(folder, filepath.FromSlash(recordingName(step)))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record step %s of %s: %w", step.ID, step.Lesson.ID, err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("record step %s of %s: %w", step.ID, step.Lesson.ID, err)
	}
	return nil
}

// pack makes a tape of what was kept of a step.
func (t *Tape) pack(step *Step) ([]byte, error) {
	t.mu.Lock()
	c := t.best
	t.best = nil
	t.mu.Unlock()
	if c == nil || c.note.Step != step.ID {
		return nil, fmt.Errorf("record step %s of %s: no claim may fail, and no more than %s events may happen: run it again", step.ID, step.Lesson.ID, lab.Digits(mostHeard))
	}
	c.note.Script, c.header.Kernel = step.script(), plainKernel(c.header.Kernel)
	b, err := c.pack()
	if err != nil {
		return nil, fmt.Errorf("record step %s of %s: %w", step.ID, step.Lesson.ID, err)
	}
	return b, nil
}

// plainKernel leaves out what a distribution or a host has added to the version of its
// kernel: "Linux 6.18.44-3-amd64 x86_64" is 6.18.44.
func plainKernel(name string) string {
	words := strings.Fields(name)
	for i := range words {
		words[i], _, _ = strings.Cut(words[i], "-")
	}
	return strings.Join(words, " ")
}

// against says what speaks against a recording; "" if nothing does.
func (r *Report) against() string {
	for i := range r.Claims {
		c := &r.Claims[i]
		switch {
		case c.Skip != "", c.Error == "" && (c.Held || c.Kind == Show):
		case c.Error != "":
			return fmt.Sprintf("%s cannot be judged: %s", c.Text, c.Error)
		default:
			return fmt.Sprintf("%s does not hold: %s", c.Text, Measured(c.Sides))
		}
	}
	for _, o := range r.Options {
		if o.So || o.Error != "" {
			return fmt.Sprintf("wrong answer %s is right, or cannot be judged: %s %s", o.Letter, o.Text, o.Error)
		}
	}
	return ""
}
