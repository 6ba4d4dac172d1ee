package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"ipclab/lab"
)

const (
	maxWindow     = 65536 // records in one answer; 4 MiB
	maxWindowSpan = 30 * time.Second
)

// records answers with a stretch of a run's log, in frames as on the socket:
// ?from=SEQ&to=SEQ, both included, or ?last=100ms. The header's dropped counts
// those of the stretch that the log no longer holds.
func (s *Server) records(w http.ResponseWriter, r *http.Request) {
	run, err := s.runs.get(r.PathValue("id"))
	if err != nil {
		sayError(w, http.StatusNotFound, err)
		return
	}
	epoch, log := run.run.Header().Epoch, run.run.Log()
	from, to, err := window(r, log)
	if err != nil {
		sayError(w, http.StatusBadRequest, err)
		return
	}
	es := log.Copy(nil, from, int(min(to+1-from, maxWindow)))
	es = es[:whole(es, from, to)]
	if run.run.Header().Epoch != epoch {
		es = nil // the run was restarted meanwhile: these may be of either epoch
	}
	var b []byte
	for at := from; len(es) > 0; {
		n := min(len(es), frameRecords)
		b = lab.AppendFrame(b, lab.FrameRecords, epoch, es[0].Seq, n, n*lab.EventSize, es[0].Seq-at)
		b = lab.AppendEvents(b, es[:n])
		at, es = es[n-1].Seq+1, es[n:]
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b)
}

// window reads which records are asked for.
func window(r *http.Request, log recordLog) (from, to uint64, err error) {
	first, next := log.Range()
	if last := r.URL.Query().Get("last"); last != "" {
		d, err := time.ParseDuration(last)
		if err != nil || d <= 0 || d > maxWindowSpan {
			return 0, 0, fmt.Errorf("last is %q: it can be up to %v, such as 100ms", clip(last), maxWindowSpan)
		}
		newest := log.Copy(nil, max(next, 1)-1, 1)
		if len(newest) == 0 {
			return 1, 0, nil
		}
		from = max(log.Since(newest[0].At-int64(d)), first)
		if next-from > maxWindow {
			from = next - maxWindow
		}
		return from, next - 1, nil
	}
	a, errA := number(r, "from")
	b, errB := number(r, "to")
	if err := errors.Join(errA, errB); err != nil {
		return 0, 0, err
	}
	from, to = uint64(max(a, 1)), uint64(b)
	if b == 0 || to >= next {
		to = next - 1
	}
	if from > to {
		return from, from - 1, nil
	}
	return from, to, nil
}

// recording sends what the log still holds as a file to keep.
func (s *Server) recording(w http.ResponseWriter, r *http.Request) {
	run, err := s.runs.get(r.PathValue("id"))
	if err != nil {
		sayError(w, http.StatusNotFound, err)
		return
	}
	header, es, as := run.hub.keep(run.run.Log())
	name := fmt.Sprintf("%s-%s.ipclab", header.Mechanism.ID, run.run.ID())
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	if err := lab.WriteRecording(w, &header, es, as); err != nil {
		s.log.Debug("send recording", "run", run.run.ID(), "error", err)
	}
}

// keep gives all that is known of the present epoch. The log is read in pieces, so
// that the run is not held up while it is copied.
func (h *hub) keep(log recordLog) (header lab.Header, es []lab.Event, as []lab.Aggregate) {
	h.mu.Lock()
	header = h.header
	recent := slices.Clone(h.recent)
	h.mu.Unlock()
	for _, b := range recent {
		if a, ok := lab.DecodeAggregate(b); ok {
			as = append(as, a)
		}
	}
	first, next := log.Range()
	es = h.facts.between(header.Epoch, 0, first)
	for at := first; at < next; {
		n := len(es)
		es = log.Copy(es, at, int(min(next-at, 4096)))
		es = es[:n+whole(es[n:], at, next-1)]
		if len(es) == n || es[len(es)-1].Seq < at {
			break
		}
		at = es[len(es)-1].Seq + 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.header.Epoch != header.Epoch { // restarted meanwhile: these may be of either epoch
		return h.header, nil, nil
	}
	return header, es, as
}
