package shm

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// worker is one of the processes that change the page.
type worker struct {
	*lab.Worker
	page         memory
	counter, own uint16 // parts
	record, note uint16
	lock         locker // nil: it takes none
	round        uint64 // names all operations of one round
	done         uint64 // rounds so far
	cores        []int
}

// Work increments the counter in the shared page, round by round.
func (mechanism) Work(lw *lab.Worker) error {
	switch lw.Setting("work") {
	case copies:
		return workOnCopy(lw)
	case pages:
		return workOnObject(lw)
	case bySequence:
		return workInSequence(lw)
	case buffer, swapped:
		return workOnBuffer(lw)
	case signal:
		return workOnFlag(lw)
	}
	w, err := enter(lw)
	if err != nil {
		return err
	}
	switch w.Setting("work") {
	case own, apart:
		return w.rounds(w.addOwn)
	case litmus, fenced:
		return w.rounds(newFlags(w).round)
	}
	return w.rounds(w.count)
}

// rounds does the same again and again, as often as a knob says.
func (w *worker) rounds(do func()) error {
	rate := w.Knob("rate")
	for n := w.Times("n"); (n == 0 || w.done < n) && w.Next(rate.Get()); n = w.Times("n") {
		if w.Changed("placement") {
			if err := w.pin(); err != nil {
				return err
			}
		}
		w.round = w.Message()
		do()
	}
	return nil
}

// count changes what all share, under the lock if there is one.
func (w *worker) count() {
	if w.lock == nil {
		w.change()
		return
	}
	took, died := w.lock.take(w)
	if !took {
		return
	}
	if died && w.Setting("record") == withJournal {
		w.repair()
	}
	if w.Gate("load") {
		w.change()
	}
	w.lock.giveBack(w)
}

// change does what the lock is there for.
func (w *worker) change() {
	if w.Setting("lock") == atomicAdd {
		w.addAtomically()
	} else {
		w.update()
	}
	if w.Setting("record") != 0 {
		w.readRecord()
		w.changeRecord()
	}
}

// update increments the counter as x++ does: in three steps.
func (w *worker) update() {
	p := w.page.word64(counterAt)

	c := w.Begin(lab.Load, lab.CallNone, w.counter, 0, w.round)
	v := atomic.LoadUint64(p)
	c.Data(v).End(8, w.round, nil)

	v, ok := w.add(v)
	if !ok || !w.Gate("store") {
		return
	}
	c = w.Begin(lab.Store, lab.CallNone, w.counter, 0, w.round).Data(v)
	old := atomic.SwapUint64(p, v) // the store; it also tells what was there before
	if old != v-1 {
		c.Flag(lab.Conflict)
	}
	c.End(8, w.round, nil)
	w.countOwn()
}

// add works in the register, and may take its time there.
func (w *worker) add(v uint64) (uint64, bool) {
	if !w.Gate("add") {
		return v, false
	}
	v++
	switch w.Knob("window").Get() {
	case yield:
		c := w.Begin(lab.Store, lab.CallSchedYield, 0, 0, w.round).Data(v)
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // never fails
		c.End(8, w.round, nil)
	case asleep:
		c := w.Begin(lab.Store, lab.CallNanosleep, 0, 0, w.round).Data(v)
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &unix.Timespec{Nsec: 1e6}, nil)
		c.End(8, w.round, err)
	default:
		w.Begin(lab.Store, lab.CallNone, 0, 0, w.round).Data(v).End(8, w.round, nil)
	}
	return v, true
}

// addAtomically does all of it in one instruction that nobody can come between.
func (w *worker) addAtomically() uint64 {
	p := w.page.word64(counterAt)
	c := w.Begin(lab.Store, lab.CallNone, w.counter, 0, w.round)
	v := atomic.AddUint64(p, 1)
	c.Data(v).End(8, w.round, nil)
	w.countOwn()
	return v
}

// countOwn keeps this worker's own count, in a word that nobody else writes, if
// there is one.
func (w *worker) countOwn() {
	w.done++
	if w.own == 0 {
		return
	}
	c := w.Begin(lab.Store, lab.CallNone, w.own, 0, w.round).Data(w.done)
	atomic.StoreUint64(w.page.word64(w.ownAt()), w.done)
	c.End(8, w.round, nil)
}

func (w *worker) ownAt() int { return int(ownPlace(w.Proc-1, w.Setting("work"))) }

// enter maps the page, chooses a core, and waits until all have come so far: else
// the first would be ready before the second has begun.
func enter(lw *lab.Worker) (*worker, error) {
	mem, err := lw.MapAt("page", lw.FD("page"), pageSize, mapsAt(lw.Proc, false), unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	w := &worker{Worker: lw, page: mem, counter: lw.Part("counter"), record: lw.Part("record"), note: lw.Part("note"), own: lw.Part("own" + lw.Role[len("worker"):])}
	if err := w.place(); err != nil {
		return nil, err
	}
	if w.lock, err = w.newLock(); err != nil {
		return nil, err
	}
	w.Meet()
	return w, nil
}

// place finds out which cores there are, and chooses one.
func (w *worker) place() (err error) {
	if w.cores, err = cores(); err != nil {
		return err
	}
	return w.pin()
}

// pin binds this thread to the first core, or every other worker to the second.
func (w *worker) pin() error {
	i := 0
	if w.Knob("placement").Get() == 1 && len(w.cores) > 1 {
		i = (w.Proc - 1) % 2
	}
	var set unix.CPUSet
	set.Set(w.cores[i])
	return unix.SchedSetaffinity(0, &set)
}

// cores lists the cores that this process may use.
func cores() (all []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, err
	}
	for cpu := range 64 * len(set) {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}
