package lab

import "testing"

// A message that carries its number tells when it comes late or twice, for each sender
// by itself.
func TestTook(t *testing.T) {
	var w Worker
	w.ring = newRing(make([]byte, pageBytes))
	for _, msg := range []uint64{Message(1, 1), Message(2, 1), Message(1, 2), Message(1, 2), Message(2, 4), Message(2, 3)} {
		w.Took(msg)
	}
	if w.tally.duplicated != 1 || w.tally.reordered != 1 {
		t.Errorf("%d twice and %d late, want one each", w.tally.duplicated, w.tally.reordered)
	}
}
