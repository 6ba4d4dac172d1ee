//go:build linux && (amd64 || arm64)

package lab

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CanHandle tells that workers can have a signal handler: one that really interrupts
// the main thread. os/signal cannot show one: there a goroutine hears of a signal
// later. Nor can it be a Go function, which needs a stack that the kernel does not
// give it; so it is a few lines of assembly, which note that they ran and return.
const CanHandle = true

// What the handler works with. A worker has one handler, and handled signals are
// blocked in all its threads but the main one, so nothing here is shared. Go blocks
// SIGCHLD in none: where another thread gets it, it hands it on to the main one.
var (
	handlerPID  int            //lint:ignore U1000 the handler reads it
	handlerRuns *handled       //lint:ignore U1000 the handler reads it
	handlerFlag *atomic.Uint64 //lint:ignore U1000 the handler reads it
	handlerLock *uint32        //lint:ignore U1000 the handler takes it
	handlerHeld *atomic.Int32  //lint:ignore U1000 the handler clears it while it sleeps
)

func handlerAddress() (handler, restorer uintptr)

const (
	saRestart  = 0x10000000
	saOnStack  = 0x08000000
	saSiginfo  = 0x00000004
	saRestorer = 0x04000000
)

// Handle installs the handler for a signal. Each time it runs it adds one to flag, the
// word of a part, if there is one. restart says whether a call that it interrupts is begun again,
// where the kernel can do that.
func (w *Worker) Handle(sig unix.Signal, restart bool, part uint16, flag *atomic.Uint64) error {
	if flag == nil {
		flag = new(atomic.Uint64)
	}
	handlerRuns, handlerFlag, w.handled.flag = w.handled, flag, uint64(part)
	handlerPID = unix.Getpid()
	handler, restorer := handlerAddress()
	// Others wait until it is over: it does not run within itself.
	sa := sigaction{handler: handler, flags: saOnStack | saSiginfo, mask: ^uint64(0)}
	if restart {
		sa.flags |= saRestart
	}
	if restorer != 0 {
		sa.flags, sa.restorer = sa.flags|saRestorer, restorer
	}
	return setAction(sig, &sa)
}

// HandleLocked lets the handler take a lock each time it runs, and give it back: the
// futex word of a part. Where the thread that it interrupts has the lock, it sleeps for
// ever. It is then not at a gate of the lab, wherever the thread was.
func (w *Worker) HandleLocked(part uint16, word *uint32) {
	w.handled.lock, handlerHeld, handlerLock = uint64(part), &w.held, word
}

var _ [handledBytes - unsafe.Sizeof(handled{})]byte
