//go:build linux && !amd64 && !arm64

package lab

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// CanHandle tells that there is no handler for this kind of processor.
const CanHandle = false

// Handle fails here.
func (w *Worker) Handle(unix.Signal, bool, uint16, *atomic.Uint64) error { return unix.ENOSYS }

// HandleLocked does nothing here: there is no handler.
func (w *Worker) HandleLocked(uint16, *uint32) {}

// Child fails here.
func (w *Worker) Child(int) (int, error) { return 0, unix.ENOSYS }
