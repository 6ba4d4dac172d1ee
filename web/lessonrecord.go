package web

import (
	"fmt"
	"io"
	"net/http"
	"sync"

	"ipclab/lessons"
)

// shippedStep finds the step that a path names, and its recording; it answers by
// itself if there is none.
func (s *Server) shippedStep(w http.ResponseWriter, r *http.Request) (*lessons.Step, io.Reader) {
	l := s.lessons.Find(r.PathValue("id"))
	var step *lessons.Step
	if l != nil {
		step = l.Step(r.PathValue("step"))
	}
	if step == nil {
		sayError(w, http.StatusNotFound, fmt.Errorf("there is no step %q of a lesson %q", clip(r.PathValue("step")), clip(r.PathValue("id"))))
		return nil, nil
	}
	rec, err := lessons.Recording(step)
	if err != nil {
		sayError(w, http.StatusNotFound, err)
		return nil, nil
	}
	return step, rec
}

// stepRecording sends the recording of a step that ipclab brings along.
func (s *Server) stepRecording(w http.ResponseWriter, r *http.Request) {
	step, rec := s.shippedStep(w, r)
	if rec == nil {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", step.Lesson.ID+"-"+step.ID+".ipclab"))
	if _, err := io.Copy(w, rec); err != nil {
		s.log.Debug("send the recording of a step", "lesson", step.Lesson.ID, "step", step.ID, "error", err)
	}
}

// stepReport judges a step on the recording that ipclab brings along.
func (s *Server) stepReport(w http.ResponseWriter, r *http.Request) {
	step, rec := s.shippedStep(w, r)
	if rec == nil {
		return
	}
	report, err := s.rejudged.of(step, rec)
	if err != nil {
		sayError(w, http.StatusNotFound, err)
		return
	}
	sayJSON(w, http.StatusOK, report)
}

// rejudged keeps what recordings were judged to be: that takes time, so each is judged
// once.
type rejudged struct{ all sync.Map }

func (j *rejudged) of(step *lessons.Step, rec io.Reader) (*lessons.Report, error) {
	judge, _ := j.all.LoadOrStore(step, sync.OnceValues(func() (*lessons.Report, error) { return lessons.Rejudge(step, rec) }))
	return judge.(func() (*lessons.Report, error))()
}
