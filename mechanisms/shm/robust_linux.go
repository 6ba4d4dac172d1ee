package shm

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// robustList tells the kernel which locks this thread holds (set_robust_list(2)):
// when it dies, the kernel sets ownerDied in each of their words and wakes one
// sleeper. The links lie beside the words. All methods do nothing on nil.
type robustList struct {
	first  uintptr
	offset int // from a link to its word
	about  uintptr
	link   *uintptr
}

// held is where the kernel looks: it must not move.
var held robustList

func newRobustList(link *uintptr, offset int) (*robustList, error) {
	held = robustList{offset: offset, link: link}
	held.remove()
	_, _, no := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(&held)), 3*unsafe.Sizeof(uintptr(0)), 0)
	return &held, lab.Errno(no)
}

// pending says that this thread is about to take a lock or give it back: it may
// die in between.
func (l *robustList) pending(yes bool) {
	if l == nil {
		return
	}
	at := uintptr(0)
	if yes {
		at = uintptr(unsafe.Pointer(l.link))
	}
	atomic.StoreUintptr(&l.about, at)
}

func (l *robustList) add() {
	if l != nil {
		atomic.StoreUintptr(l.link, uintptr(unsafe.Pointer(&l.first)))
		atomic.StoreUintptr(&l.first, uintptr(unsafe.Pointer(l.link)))
	}
}

func (l *robustList) remove() {
	if l != nil {
		atomic.StoreUintptr(&l.first, uintptr(unsafe.Pointer(&l.first)))
	}
}
