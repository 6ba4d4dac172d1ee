package lessons

import (
	"testing"
	"time"
)

// A timer runs out after its time, if it is looked at often; a long time without a
// look, as when the machine stood still, counts as a short one.
func TestTimer(t *testing.T) {
	for name, c := range map[string]struct {
		gap   time.Duration
		looks int
	}{"often": {glance, 50}, "seldom": {mostOfLook, 5}, "stood still": {time.Minute, 5}} {
		left := newTimer(50 * glance)
		for look := 1; look <= c.looks; look++ {
			left.looked = time.Now().Add(-c.gap)
			if over := left.over(); over != (look == c.looks) {
				t.Errorf("%s: over %v at look %d of %d, %s left", name, over, look, c.looks, left.left)
			}
		}
	}
}
