package lessons

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ipclab/lab"
)

// Rejudge judges a step again on a recording of it: the same claims, at the
// same places in the stream. What takes time was waited for when it was recorded.
func Rejudge(step *Step, rec io.Reader) (*Report, error) {
	r, err := rejudge(step, rec)
	if err != nil {
		return nil, fmt.Errorf("judge the recording of step %s of %s: %w", step.ID, step.Lesson.ID, err)
	}
	return r, nil
}

func rejudge(step *Step, rec io.Reader) (*Report, error) {
	rr, err := lab.OpenRecording(rec)
	if err != nil {
		return nil, err
	}
	book := NewBook()
	book.Start(&rr.Header)
	var note *transcript
	var left []Moment
	var r *Report
	for {
		es, _, err := rr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if b := rr.Note(); b != nil && note == nil {
			if note, err = readTranscript(step, &rr.Header, b); err != nil {
				return nil, err
			}
			r, left = note.Report, note.Moments
		}
		if r == nil {
			return nil, errors.New("it does not begin with what was judged")
		}
		for len(es) > 0 {
			n := 0 // those up to the next moment
			for n < len(es) && (len(left) == 0 || es[n].Seq <= left[0].Seq) {
				n++
			}
			book.Records(es[:n])
			es = es[n:]
			for len(es) > 0 && len(left) > 0 && es[0].Seq > left[0].Seq {
				r.judge(step, book, &left[0])
				left = left[1:]
			}
		}
	}
	if r == nil {
		return nil, errors.New("nothing is in it")
	}
	for i := range left {
		r.judge(step, book, &left[i])
	}
	return r, nil
}

// readTranscript reads the note of a recording, and makes sure that it is of this step.
func readTranscript(step *Step, h *lab.Header, b []byte) (*transcript, error) {
	var n transcript
	if err := json.Unmarshal(b, &n); err != nil {
		return nil, fmt.Errorf("read what was judged: %w", err)
	}
	if n.Format != transcriptFormat || n.Report == nil {
		return nil, fmt.Errorf("read what was judged: it has format %d, this ipclab reads %d", n.Format, transcriptFormat)
	}
	if n.Lesson != step.Lesson.ID || n.Step != step.ID {
		return nil, fmt.Errorf("it is of step %q of %q", n.Step, n.Lesson)
	}
	if n.Script != step.script() || len(n.Report.Claims) != len(step.Claims) {
		return nil, errors.New("the step has changed since it was recorded: run make recordings")
	}
	for i := range n.Moments {
		m := &n.Moments[i]
		if m.Outcome == nil || len(m.Outcome.Procs) != len(h.Scene.Procs) || len(m.Outcome.Parts) != len(h.Scene.Parts) {
			return nil, errors.New("what was judged does not fit what was recorded")
		}
		m.Outcome.Scene = h.Scene
		for _, c := range m.Claims {
			if c < 0 || c >= len(step.Claims) {
				return nil, errors.New("what was judged does not fit the step")
			}
		}
	}
	return &n, nil
}

// judge judges what was judged at one moment.
func (r *Report) judge(step *Step, book *Book, m *Moment) {
	v := book.Values(m.Outcome, m.Extra)
	for _, i := range m.Claims {
		c := &r.Claims[i]
		e := step.Claims[i].Expr
		c.Held, c.Error = verdict(e.Eval(v))
		c.Sides = e.Sides(v)
		if c.Kind == Usually { // of this one run
			c.Runs, c.HeldOf = 1, 0
			if c.Held {
				c.HeldOf = 1
			}
		}
	}
	if m.Options && step.Predict != nil {
		r.Options = judgeOptions(step.Predict, v)
	}
}
