package lab

import (
	"math/rand/v2"
	"testing"
)

// Pieces of messages, cut anywhere, say what they are pieces of.
func TestPayload(t *testing.T) {
	for _, size := range []int{8, 9, 16, 100, 4096, 4097, 70_000} {
		var stream []byte
		for n := range uint64(300) {
			buf := make([]byte, size)
			fill(buf, payloadMark|Message(3, n+1))
			stream = append(stream, buf...)
		}
		for _, read := range []int{16, 100, 4096, 65536} {
			var r reading
			for at := 0; at < len(stream); at += read {
				end := min(at+read, len(stream))
				newest, torn, back, twice := r.scan(stream[at:end])
				want := uint64((end-1)/size) + 1
				if tail := end - (end-1)/size*size; tail < 8 && want > 1 {
					want-- // too little of it to tell
				}
				if torn+back+twice != 0 {
					t.Fatalf("size %d, read %d at %d: torn %d, reordered %d, duplicated %d in a clean stream", size, read, at, torn, back, twice)
				}
				if end-at >= 16 && Number(newest) != want && (at+read)%size >= 8 {
					t.Fatalf("size %d, read %d at %d: newest message %d, want %d", size, read, at, Number(newest), want)
				}
			}
		}
	}
}

// A message that goes on after another one's bytes is torn.
func TestPayloadTorn(t *testing.T) {
	a, b := make([]byte, 8192), make([]byte, 4096)
	fill(a, payloadMark|Message(1, 7))
	fill(b, payloadMark|Message(2, 9))
	mixed := append(append(append([]byte{}, a[:4096]...), b...), a[4096:]...)
	var r reading
	if _, torn, _, _ := r.scan(mixed); torn != 1 {
		t.Errorf("torn %d times, want 1", torn)
	}
	r = reading{}
	if _, torn, _, _ := r.scan(append(a, b...)); torn != 0 {
		t.Errorf("torn %d times, want 0", torn)
	}
}

// No bytes, however strange, bring the reader down or to a stop.
func FuzzPayload(f *testing.F) {
	f.Add([]byte("\xff\x00ipclab"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut <= 0 {
			cut = 1
		}
		var r reading
		for len(b) > 0 {
			n := min(cut, len(b))
			r.scan(b[:n])
			b = b[n:]
		}
	})
}

func BenchmarkPayload(b *testing.B) {
	buf := make([]byte, 65536)
	for i := range buf {
		buf[i] = byte(rand.Uint32())
	}
	fill(buf, payloadMark|Message(1, 1))
	var r reading
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		r.scan(buf)
	}
}
