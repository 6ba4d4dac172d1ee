package lab

import (
	"bytes"
	"encoding/binary"
)

// The payload of a message is one word of eight bytes, repeated: the number of the
// message, its sender and two marker bytes. So every piece of a message, wherever
// it was cut, says what it is a piece of, and a mixed one shows itself.
const (
	payloadMark = 0xA55A << 48
	maxWordProc = 255
)

func fill(buf []byte, word uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], word)
	for n := copy(buf, b[:]); n < len(buf); {
		n += copy(buf[n:], buf[:n]) // doubles what is there; n stays a multiple of 8 until the end
	}
}

// reading follows the messages in one reader's stream of bytes.
type reading struct {
	word  [8]byte // of the message at hand, as rotated at the next byte
	now   uint64  // its number; 0 before the first
	last  [maxWordProc + 1]uint64
	tail  [8]byte // the first bytes of a message whose word has not been seen whole
	ntail int
}

// scan goes through the bytes of a read: which is the newest message among them,
// how many go on after bytes of another one, come late, or come twice.
func (r *reading) scan(b []byte) (newest, torn, back, twice uint64) {
	meet := func(msg uint64) {
		if msg != r.now {
			switch p := Sender(msg); {
			case msg == r.last[p]:
				torn++
			case msg < r.last[p]:
				back++
			default:
				r.last[p] = msg
			}
		}
		r.now = msg
	}
	if k := r.ntail; k > 0 && len(b) > 0 {
		n := copy(r.tail[k:], b)
		if k+n < 8 {
			r.ntail += n
			return 0, 0, 0, 0
		}
		if msg, ok := r.sync(r.tail[:]); ok {
			meet(msg)
			r.turn(k)
		}
		r.ntail = 0
	}
	for len(b) > 0 {
		if n := r.run(b); n > 0 {
			newest = r.now
			b = b[n:]
			continue
		}
		if len(b) < 8 {
			r.ntail = copy(r.tail[:], b)
			r.now = 0
			break
		}
		if msg, ok := r.sync(b); ok {
			meet(msg)
		} else { // not ours
			r.now, b = 0, b[1:]
		}
	}
	return newest, torn, back, twice
}

// turn rotates the word so that the byte expected after k more comes first.
func (r *reading) turn(k int) {
	w := r.word
	copy(r.word[:], w[k%8:])
	copy(r.word[8-k%8:], w[:k%8])
}

// run returns how many bytes go on with the message at hand.
func (r *reading) run(b []byte) int {
	if r.now == 0 {
		return 0
	}
	n := 0
	for n < len(b) && n < 8 && b[n] == r.word[n] {
		n++
	}
	if n == 8 {
		// The rest repeats with period 8 as far as it equals itself shifted.
		rest := b[8:]
		if bytes.Equal(rest, b[:len(rest)]) {
			n = len(b)
		} else {
			for n+8 <= len(b) && *(*[8]byte)(b[n:]) == r.word {
				n += 8
			}
			for i := 0; n < len(b) && b[n] == r.word[i]; i++ {
				n++
			}
		}
	}
	r.turn(n)
	return n
}

// sync finds out which message the next eight bytes belong to, at any rotation.
func (r *reading) sync(b []byte) (msg uint64, ok bool) {
	if len(b) < 8 {
		return 0, false
	}
	word := binary.LittleEndian.Uint64(b)
	for range 8 {
		if word>>48 == payloadMark>>48 && word>>40&0xff != 0 {
			copy(r.word[:], b[:8])
			return word &^ (0xffff << 48), true
		}
		word = word<<8 | word>>56
	}
	return 0, false
}
