package signals

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// guarded is a receiver whose main program takes a lock that its handler takes too:
// as malloc, printf and every library with a lock of its own do behind one's back.
type guarded struct {
	*handling
	part uint16
	lock *uint32 // 0 is free, else the thread that has it
}

// prepareLock maps the lock, and gives one round: take it, and give it back.
func (h *handling) prepareLock() (round func() error, err error) {
	mem, err := h.Map("memory", "memory", flagSize)
	if err != nil {
		return nil, err
	}
	g := &guarded{h, h.Part("lock"), (*uint32)(unsafe.Pointer(&mem[0]))}
	h.HandleLocked(g.part, g.lock)
	if h.Setting("guard") == 1 {
		return g.guard, nil
	}
	return g.use, nil
}

// pace is how many rounds there are in a second, at most: who takes a lock all day long
// would be interrupted with it almost always.
func (h *handling) pace() int64 {
	if h.Setting("sleep") == inLock {
		return 1000
	}
	return 0
}

// guard lets no handler run while it has the lock: what comes meanwhile is pending.
func (g *guarded) guard() error {
	if err := g.mask(unix.SIG_BLOCK); err != nil || !g.Gate("lock") {
		return err
	}
	if err := g.use(); err != nil || !g.Gate("unblock") {
		return err
	}
	return g.mask(unix.SIG_UNBLOCK)
}

func (g *guarded) mask(how int) error {
	set := unix.Sigset_t{Val: [len(unix.Sigset_t{}.Val)]uint64{taken(handles)}}
	c := g.Begin(lab.Store, lab.CallRtSigprocmask, g.signals, how, 0).Data(set.Val[0])
	err := unix.PthreadSigmask(how, &set, nil)
	c.End(0, 0, err)
	return err
}

// use takes the lock and gives it back. The handler cannot have it now: it gives it back
// before it returns.
func (g *guarded) use() error {
	c := g.Begin(lab.Lock, lab.CallNone, g.part, 0, 0)
	took := 0
	if atomic.CompareAndSwapUint32(g.lock, 0, uint32(unix.Gettid())) {
		took = 1
	}
	c.End(took, 0, nil)
	if !g.Gate("unlock") {
		return nil
	}
	c = g.Begin(lab.Unlock, lab.CallNone, g.part, 0, 0)
	atomic.StoreUint32(g.lock, 0)
	c.End(0, 0, nil)
	return nil
}

// openLock makes the memory with the lock, where the lab can look at it.
func openLock(st *lab.Stage, part uint16) error {
	f, mem, err := st.Shared("ipclab-lock", flagSize)
	if err != nil {
		return err
	}
	st.Scene.Parts[st.Scene.PartNumber("memory")-1].Object = lab.Object(f)
	st.Give("memory", f, 0, lab.Reads|lab.Writes, "receiver")
	st.Ask(part, func() int64 { return int64(atomic.LoadUint32((*uint32)(unsafe.Pointer(&mem[0])))) })
	return nil
}
