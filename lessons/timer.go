package lessons

import "time"

// mostOfLook is how much of the time between two looks counts.
const mostOfLook = 10 * glance

// A timer runs only while the lab can look. While the machine stands still, or has no
// time for the lab, nothing is waited for in vain, and no worker gets on with its work
// either: of a long time between two looks little counts.
type timer struct {
	left   time.Duration
	looked time.Time
}

func newTimer(d time.Duration) *timer { return &timer{d, time.Now()} }

// over looks at the clock, and reports whether the time is over.
func (t *timer) over() bool {
	now := time.Now()
	t.left -= min(now.Sub(t.looked), mostOfLook)
	t.looked = now
	return t.left <= 0
}
