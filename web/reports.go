package web

import (
	"time"

	"ipclab/lessons"
)

// reportEvery is how often pages hear how a step stands, at most.
const reportEvery = 50 * time.Millisecond

// A standing is the newest report of the step that is performed on a run. A step may
// take many epochs, so it outlives them.
type standing struct {
	report *lessons.Report
	told   time.Time
	due    bool // it will be told
}

func (s *standing) message() message {
	return text(struct {
		Type string `json:"type"`
		*lessons.Report
	}{"report", s.report})
}

// report tells everybody, and whoever comes, how a step stands: not each change, but
// always the last.
func (h *hub) report(r *lessons.Report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.standing.report = r
	if h.standing.due {
		return
	}
	wait := reportEvery - time.Since(h.standing.told)
	if wait <= 0 {
		h.tellStanding()
		return
	}
	h.standing.due = true
	time.AfterFunc(wait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tellStanding()
	})
}

// tellStanding sends the newest report; the lock is held.
func (h *hub) tellStanding() {
	h.standing.due, h.standing.told = false, time.Now()
	m := h.standing.message()
	for v := range h.viewers {
		v.tell(m)
	}
}
