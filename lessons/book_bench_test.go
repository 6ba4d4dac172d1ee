package lessons

import (
	"testing"

	"ipclab/lab"
)

// BenchmarkBook is what one event costs. The control is a sink that only looks at it.
func BenchmarkBook(b *testing.B) {
	const batch = 1024
	streams := map[string]struct {
		info  *lab.Info
		scene *lab.Scene
		next  func(n int) lab.Event
	}{
		"pipe": {&pipeInfo, &pipeScene, func(n int) lab.Event {
			if k := uint64(n / 2); n%2 == 1 {
				return gotBytes(lab.Message(1, k+1), int64(10*n), 5, 64, 64)
			}
			return wrote(writer1, uint64(n/2+1), int64(10*n), 5, 64, 64)
		}},
		"counter": {&shmInfo, &shmScene, func(n int) lab.Event { return stores(uint16(1+n%2), theCounter, int64(10*n), 0, uint64(n)) }},
	}
	for name, s := range streams {
		es := make([]lab.Event, batch)
		for i := range es {
			es[i] = s.next(i)
		}
		renew := func(seq uint64) {
			for i := range es {
				es[i].Seq = seq + uint64(i) + 1
				es[i].At += 10 * batch
			}
		}
		each := func(b *testing.B, take func([]lab.Event)) {
			b.ReportAllocs()
			for n := 0; n < b.N; n += batch {
				renew(uint64(n))
				take(es)
			}
		}
		b.Run(name+"/book", func(b *testing.B) {
			book := NewBook()
			book.Start(&lab.Header{Mechanism: *s.info, Scene: *s.scene})
			each(b, book.Records)
		})
		b.Run(name+"/control", func(b *testing.B) {
			var sum int64
			each(b, func(es []lab.Event) {
				for i := range es {
					sum += es[i].End()
				}
			})
		})
	}
}

// BenchmarkValues is what it costs to look at the book once and to judge a claim.
func BenchmarkValues(b *testing.B) {
	book := NewBook()
	book.Start(&lab.Header{Mechanism: pipeInfo, Scene: pipeScene})
	for i := range 20_000 {
		e := wrote(writer1, uint64(i+1), int64(10*i), 5, 64, 64)
		e.Seq = uint64(i + 1)
		book.Records([]lab.Event{e})
	}
	e := &Expr{Source: `writer1.blocked_in == "pipe_write" and pipe.bytes == pipe.capacity`}
	if err := Compile(e, &pipeInfo, &pipeScene); err != nil {
		b.Fatal(err)
	}
	b.Run("look", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book.Values(nil, Extra{})
		}
	})
	v := book.Values(nil, Extra{})
	b.Run("judge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = e.Eval(v)
		}
	})
}
