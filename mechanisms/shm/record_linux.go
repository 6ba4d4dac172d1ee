package shm

import (
	"sync/atomic"

	"ipclab/lab"
)

// readRecord reads all words. Where they are not of one update, the record is torn:
// somebody was, or died, in the middle of writing it.
func (w *worker) readRecord() {
	if !w.Gate("read") {
		return
	}
	var first uint64
	torn := false
	for i := range words {
		c := w.Begin(lab.Load, lab.CallNone, w.record, 8*i, w.round)
		v := atomic.LoadUint64(w.page.word64(recordAt + 8*i))
		if i == 0 {
			first = v
		} else if v != first && !torn {
			torn = true
			c.Flag(lab.Torn)
			w.SawTorn()
		}
		c.Data(v).End(8, w.round, nil)
	}
}

// changeRecord makes the record whole again: all words carry the number of this
// update, its last digit the worker's. With a journal, a note says so before; it is
// one word, so it is there or it is not.
func (w *worker) changeRecord() {
	v := 10*w.done + uint64(w.Proc)
	if w.Setting("record") == withJournal {
		if !w.Gate("note") {
			return
		}
		w.setNote(v)
	}
	if w.writeRecord("write", v) && w.Setting("record") == withJournal && w.Gate("clear") {
		w.setNote(0)
	}
}

// writeRecord stores all words, one after the other.
func (w *worker) writeRecord(gate string, v uint64) bool {
	for i := range words {
		if !w.Gate(gate) {
			return false
		}
		c := w.Begin(lab.Store, lab.CallNone, w.record, 8*i, w.round).Data(v)
		atomic.StoreUint64(w.page.word64(recordAt+8*i), v)
		c.End(8, w.round, nil)
	}
	return true
}

// repair does again what the note says, for an owner that died before it was ready.
// Who repairs may die too: the note is there until the record is whole.
func (w *worker) repair() {
	if !w.Gate("repair") {
		return
	}
	c := w.Begin(lab.Load, lab.CallNone, w.note, 0, w.round)
	v := atomic.LoadUint64(w.page.word64(noteAt))
	c.Data(v).End(8, w.round, nil)
	if v != 0 && w.writeRecord("repair", v) && w.Gate("repair") {
		w.setNote(0)
	}
}

func (w *worker) setNote(v uint64) {
	c := w.Begin(lab.Store, lab.CallNone, w.note, 0, w.round).Data(v)
	atomic.StoreUint64(w.page.word64(noteAt), v)
	c.End(8, w.round, nil)
}
