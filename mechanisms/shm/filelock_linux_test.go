package shm

import "testing"

// The kernel's table names the owner of a lock, and who waits for it; locks of another
// kind or on another file are not meant.
func TestLockWord(t *testing.T) {
	const table = `1: POSIX  ADVISORY  WRITE 4711 00:01:2052 0 EOF
1: -> POSIX  ADVISORY  WRITE 4712 00:01:2052 0 EOF
2: FLOCK  ADVISORY  WRITE 99 00:01:2053 0 EOF
3: POSIX  ADVISORY  WRITE 4713 00:01:20 0 EOF
`
	for file, want := range map[string]int64{"00:01:2052": 4711 | waiters, "00:01:2053": 0, "00:01:20": 4713, "00:02:2052": 0} {
		if got := lockWord(table, file); got != want {
			t.Errorf("%s: %#x, want %#x", file, got, want)
		}
	}
}
