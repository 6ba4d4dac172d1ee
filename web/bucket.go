package web

import (
	"sync"
	"time"
)

// bucket limits how often something may happen: size times at once, perSecond in
// the long run.
type bucket struct {
	size, perSecond float64

	mu    sync.Mutex
	spent float64
	at    time.Time
}

func (b *bucket) take() bool { return b.takeN(1) }

func (b *bucket) takeN(n float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*b.perSecond)
	b.at = now
	if b.spent+n > b.size {
		return false
	}
	b.spent += n
	return true
}
