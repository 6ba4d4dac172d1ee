package lab

import "testing"

// A segment is found by its id, whatever columns a kernel has besides.
func TestParseSegment(t *testing.T) {
	const table = `       key      shmid perms                  size  cpid  lpid nattch   uid        rss       swap
1234567890          3   600               1048576  4711  4712      2     0      28672          0
         0         13  1600               1048576  4711  4712      1     0       4096          0
`
	for id, want := range map[int]Segment{3: {Attached: 2, Resident: 28672}, 13: {Attached: 1, Marked: true, Resident: 4096}} {
		if got, there := parseSegment(table, id); !there || got != want {
			t.Errorf("%d: %+v, there %v, want %+v", id, got, there, want)
		}
	}
	if _, there := parseSegment(table, 1); there {
		t.Error("a segment that is not there was found")
	}
}
