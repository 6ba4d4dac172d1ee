package shm

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// workInSequence writes the record, or reads it, with a sequence lock: one counter,
// which is odd while the writer is at work. Go's atomic operations are in one order
// for all processors; elsewhere the two loads of the counter and those of the record
// need barriers between them.
func workInSequence(lw *lab.Worker) error {
	w, err := enter(lw)
	if err != nil {
		return err
	}
	s := &sequence{worker: w, part: w.Part("sequence"), counter: w.page.word64(sequenceAt)}
	if w.Proc == 1 {
		return w.rounds(s.write)
	}
	if err := unix.Mprotect(w.page, unix.PROT_READ); err != nil {
		return fmt.Errorf("make the page read-only: %w", err)
	}
	mem, err := w.Map(fmt.Sprint(tallies[0].id, w.Proc), "tally", pageSize)
	if err != nil {
		return err
	}
	s.retries, s.accepted, s.tornAccepted = s.tally(mem, 0), s.tally(mem, 1), s.tally(mem, 2)
	return w.rounds(s.read)
}

// sequence is what one worker has to do with.
type sequence struct {
	*worker
	part    uint16
	counter *uint64

	retries, accepted, tornAccepted tally // of a reader, who cannot write to the page
}

// tally is a word in which a reader counts, in its own memory.
type tally struct {
	part uint16
	at   *uint64
}

// write makes one update. It asks nobody, and waits for nobody.
func (s *sequence) write() {
	s.done++
	before, v := *s.counter, 10*s.done+uint64(s.Proc)
	s.store(s.part, s.counter, 0, before+1)
	for i := range words {
		if !s.Gate("write") {
			return
		}
		s.store(s.record, s.word(i), 8*i, v)
	}
	if s.Gate("even") {
		s.store(s.part, s.counter, 0, before+2)
	}
}

// read tries until an attempt is good, and counts them.
func (s *sequence) read() {
	for {
		good, torn, over := s.attempt()
		if over {
			return
		}
		if good {
			s.done++
			s.tick(s.accepted)
			if torn {
				s.tick(s.tornAccepted)
			}
			return
		}
		if s.tick(s.retries); !s.Gate("begin") {
			return
		}
	}
}

// attempt reads the counter, the record, and the counter again. It is good if the
// counter was even and is still the same: then nobody has written meanwhile.
// Whether the words are of one update is looked at too, and decides nothing.
func (s *sequence) attempt() (good, torn, over bool) {
	before := s.load(s.part, s.counter, 0, nil)
	if before%2 == 1 {
		return false, false, false
	}
	var l look
	for i := range words {
		if !s.Gate("read") {
			return false, false, true
		}
		s.load(s.record, s.word(i), 8*i, &l)
	}
	if !s.Gate("check") {
		return false, false, true
	}
	return s.load(s.part, s.counter, 0, nil) == before, l.torn, false
}

// look is what a reader has seen of the record so far.
type look struct {
	first uint64
	torn  bool
}

// tears tells that this word is the first of another update.
func (l *look) tears(at int, v uint64) bool {
	if at == 0 {
		l.first = v
	}
	was := l.torn
	l.torn = was || v != l.first
	return l.torn && !was
}

func (s *sequence) load(part uint16, p *uint64, at int, l *look) uint64 {
	c := s.Begin(lab.Load, lab.CallNone, part, at, s.round)
	v := atomic.LoadUint64(p)
	if l != nil && l.tears(at, v) {
		c.Flag(lab.Torn)
		s.SawTorn()
	}
	c.Data(v).End(8, s.round, nil)
	return v
}

func (s *sequence) store(part uint16, p *uint64, at int, v uint64) {
	c := s.Begin(lab.Store, lab.CallNone, part, at, s.round).Data(v)
	atomic.StoreUint64(p, v)
	c.End(8, s.round, nil)
}

func (s *sequence) word(i int) *uint64 { return s.page.word64(recordAt + 8*i) }

func (s *sequence) tally(mem memory, k int) tally {
	return tally{s.Part(fmt.Sprint(tallies[k].id, s.Proc)), mem.word64(8 * k)}
}

// tick adds 1 to one of the reader's own words.
func (s *sequence) tick(t tally) { s.store(t.part, t.at, 0, *t.at+1) }

// openTally makes the memory in which a reader counts, where the lab can look at it.
func openTally(st *lab.Stage, role string) error {
	f, mem, err := st.Shared("ipclab-tally", pageSize)
	if err != nil {
		return err
	}
	st.Give("tally", f, 0, lab.Reads|lab.Writes, role)
	askWords(st, role, mem)
	return nil
}
