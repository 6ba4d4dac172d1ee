package shm

import (
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// The bounded buffer: producers wait for an empty slot, consumers for a full one, and
// a mutex lets one of them at the ring. What one side uses up the other side makes:
// who has put an item posts a full slot, who has taken one posts an empty slot.

// ring is what one process has to do with.
type ring struct {
	*worker
	empty, full, mutex *sysv
	put, taken         uint16 // parts
	slots              []uint16
}

func workOnBuffer(lw *lab.Worker) error {
	w, err := mapPage(lw)
	if err != nil {
		return err
	}
	r := &ring{worker: w, put: w.Part("put"), taken: w.Part("taken"),
		empty: w.findSem("empty", emptyAt, "wait-empty", "post-empty"),
		full:  w.findSem("full", fullAt, "wait-full", "post-full"),
		mutex: w.findSem("mutex", mutexAt, "wait-mutex", "post-mutex")}
	for i := range w.Setting("slots") {
		r.slots = append(r.slots, w.Part(fmt.Sprint("slot", i+1)))
	}
	w.Meet()
	if w.Kind == producer {
		return w.rounds(r.produce)
	}
	for w.Next(w.Knob("rate").Get()) { // until the run ends: nobody tells it that this was the last item
		w.round = w.Message()
		r.consume()
	}
	return nil
}

// produce puts an item into the ring: ten times its number and, as the last digit, who
// made it.
func (r *ring) produce() {
	if !r.enter(r.empty) || !r.Gate("put") {
		return
	}
	put := r.load(r.put, putAt)
	k := int(put % uint64(len(r.slots)))
	r.store(r.slots[k], slotAt+8*k, 10*lab.Number(r.round)+uint64(r.Proc), r.round)
	r.store(r.put, putAt, put+1, r.round)
	r.done++
	r.mutex.giveBack(r.worker)
	r.full.giveBack(r.worker)
}

// consume takes an item out of the ring, and looks which one it is.
func (r *ring) consume() {
	if !r.enter(r.full) || !r.Gate("take") {
		return
	}
	taken := r.load(r.taken, takenAt)
	k := int(taken % uint64(len(r.slots)))
	item := r.load(r.slots[k], slotAt+8*k)
	msg := lab.Message(int(item%10), item/10)
	r.Took(msg)
	r.store(r.slots[k], slotAt+8*k, 0, msg)
	r.store(r.taken, takenAt, taken+1, r.round)
	r.mutex.giveBack(r.worker)
	r.empty.giveBack(r.worker)
}

// enter waits for a slot and for the mutex. In the wrong order it may sleep while it
// has the mutex, without which nobody can make a slot.
func (r *ring) enter(slot *sysv) bool {
	first, second := slot, r.mutex
	if r.Setting("work") == swapped {
		first, second = second, first
	}
	took, _ := first.take(r.worker)
	if took = took && r.Gate(second.lower); took {
		took, _ = second.take(r.worker)
	}
	return took
}

func (w *worker) load(part uint16, at int) uint64 {
	c := w.Begin(lab.Load, lab.CallNone, part, 0, w.round)
	v := atomic.LoadUint64(w.page.word64(at))
	c.Data(v).End(8, w.round, nil)
	return v
}

func (w *worker) store(part uint16, at int, v, msg uint64) {
	c := w.Begin(lab.Store, lab.CallNone, part, 0, msg).Data(v)
	atomic.StoreUint64(w.page.word64(at), v)
	c.End(8, msg, nil)
}

// mapPage maps the page and chooses a core.
func mapPage(lw *lab.Worker) (*worker, error) {
	mem, err := lw.MapAt("page", lw.FD("page"), pageSize, mapsAt(lw.Proc, false), unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	w := &worker{Worker: lw, page: mem}
	return w, w.place()
}

// openBuffer makes the semaphores: all slots are empty.
func openBuffer(st *lab.Stage, f *os.File) error {
	for _, s := range []struct {
		id        string
		at, value int64
	}{{"mutex", mutexAt, 1}, {"empty", emptyAt, st.Settings["slots"]}, {"full", fullAt, 0}} {
		if err := openSem(st, f, st.Scene.PartNumber(s.id), s.at, s.value); err != nil {
			return err
		}
	}
	return nil
}
