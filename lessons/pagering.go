package lessons

import (
	"slices"

	"ipclab/lab"
)

// pageRing works out how many pages of a pipe are in use, as fs/pipe.c keeps them. A
// write adds its remainder, its length modulo the page size, to the page written last
// if it fits there; all else takes new pages. A page is free when all of it was read.
//
// The kernel does not tell this number. So it is given only while the calls leave no
// doubt, and while it comes to as many bytes as the kernel says.
type pageRing struct {
	size    int // bytes of a page; 0: this is no pipe
	slots   int // pages at most
	packets bool
	pages   []pageUse
	free    int         // pages at the front that were read and are free
	bytes   int         // in all of them
	writes  []pageWrite // begun and not all in, the oldest first
	sure    bool
	last    pageWrite // the newest that is all in
	end     int64     // when the newest call was over
}

// pageUse is a page: off bytes at its front were read, n are there.
type pageUse struct{ off, n int }

// pageWrite is a write that is under way.
type pageWrite struct {
	proc      uint16
	at, end   int64
	want, put int
	goal      int  // as much as went in, once that is known
	over      bool // it has returned
	merged    bool // its remainder was added to a page with older bytes
}

// maxSlots bounds what a recording can make a book remember.
const maxSlots = 1 << 12

func (r *pageRing) init(h *lab.Header, p *lab.Part) {
	*r = pageRing{size: h.Page, packets: h.Settings["packets"] == 1, sure: true}
	if r.size <= 0 {
		r.size = 4096
	}
	r.resize(p.Cap)
}

// resize takes over another capacity.
func (r *pageRing) resize(capacity int64) {
	if r.size == 0 {
		return
	}
	r.slots = int(min(max(capacity, 0)/int64(r.size), maxSlots))
	if r.used() > r.slots {
		r.doubt()
	}
}

// doubt forgets what is in the pipe.
func (r *pageRing) doubt() {
	r.sure, r.pages, r.free, r.bytes, r.writes, r.last = false, nil, 0, 0, nil, pageWrite{}
}

// empty begins anew: nothing is in the pipe, that is known.
func (r *pageRing) empty() {
	if r.size != 0 && len(r.writes) == 0 {
		r.sure, r.pages, r.free, r.bytes, r.last = true, r.pages[:0], 0, 0, pageWrite{}
	}
}

// used is how many pages hold something.
func (r *pageRing) used() int { return len(r.pages) - r.free }

// release frees the first page in use.
func (r *pageRing) release() {
	r.free++
	switch {
	case r.used() == 0:
		r.pages, r.free = r.pages[:0], 0
	case r.free > 2*r.slots:
		r.pages, r.free = append(r.pages[:0], r.pages[r.free:]...), 0
	}
}

// did takes in a call on the pipe.
func (r *pageRing) did(e *lab.Event, writes bool) {
	if r.size == 0 {
		return
	}
	if e.Kind != lab.Block {
		r.end = max(r.end, e.End())
	}
	switch {
	case r.sure && writes:
		r.write(e)
	case r.sure && e.Kind == lab.Recv && (e.Ret > 0 || e.Flags&lab.Open != 0):
		r.read(e)
	}
	if e.Kind == lab.Recv && e.Level == 0 && e.Ret > 0 && !r.sure {
		r.empty()
	}
}

// level takes in how much the kernel says there is.
func (r *pageRing) level(e *lab.Event) {
	if e.Level == 0 && e.At >= r.end {
		r.empty()
	}
}

// write takes in that a write fell asleep, or returned.
func (r *pageRing) write(e *lab.Event) {
	i := slices.IndexFunc(r.writes, func(w pageWrite) bool { return w.proc == e.Proc && !w.over })
	if e.Kind == lab.Block {
		if i < 0 {
			r.writes = append(r.writes, pageWrite{proc: e.Proc, at: e.At, want: int(e.Want), goal: int(e.Want)})
			r.settle()
		}
		return
	}
	cut := e.Flags&(lab.Open|lab.Stopped|lab.Settles) != 0
	switch n := int(max(e.Ret, 0)); {
	case cut && i >= 0 && e.Flags&lab.Settles == 0: // what is in stays
		r.writes = slices.Delete(r.writes, i, i+1)
	case cut && (e.Flags&lab.Open != 0 || n != 0):
		r.doubt()
	case cut || n == 0 && i < 0:
	case i >= 0 && n < r.writes[i].put:
		r.doubt()
	case i >= 0:
		w := &r.writes[i]
		w.goal, w.over, w.end = n, true, e.End()
		r.settle()
	default:
		if w := &r.last; w.proc != 0 && w.proc != e.Proc && w.end > e.At && w.want != int(e.Want) {
			r.doubt() // two at the same time: which came first?
			return
		}
		r.writes = append(r.writes, pageWrite{proc: e.Proc, at: e.At, end: e.End(), want: int(e.Want), goal: n, over: true})
		r.settle()
	}
}

// maxWrites is how many writes may be under way, or wait for the read that made room
// for them: a process has one at a time.
const maxWrites = 64

// settle puts in what there is room for.
func (r *pageRing) settle() {
	if len(r.writes) > maxWrites {
		r.doubt()
		return
	}
	for i := 0; i < len(r.writes); i++ {
		w := &r.writes[i]
		r.pour(w)
		if w.over && w.put == w.goal {
			r.last = *w
			r.writes = slices.Delete(r.writes, i, i+1)
			i--
		}
	}
}

func (r *pageRing) pour(w *pageWrite) {
	rest := w.want % r.size
	if w.put == 0 && rest > 0 && rest <= w.goal && r.used() > 0 && !r.packets {
		if p := &r.pages[len(r.pages)-1]; p.off+p.n+rest <= r.size {
			p.n += rest
			r.bytes += rest
			w.put, w.merged = rest, true
		}
	}
	for w.put < w.goal && r.used() < r.slots {
		n := min(r.size, w.goal-w.put)
		r.pages = append(r.pages, pageUse{0, n})
		r.bytes += n
		w.put += n
	}
}

// read takes in that bytes were read.
func (r *pageRing) read(e *lab.Event) {
	if e.Flags&(lab.Open|lab.Settles) != 0 {
		r.doubt() // nobody knows when
		return
	}
	n := int(e.Ret)
	for n > 0 && r.used() > 0 {
		p := &r.pages[r.free]
		bite := min(n, p.n)
		n, p.n, p.off = n-bite, p.n-bite, p.off+bite
		r.bytes -= bite
		if p.n == 0 || r.packets { // the kernel throws the rest of a packet away
			r.bytes -= p.n
			r.release()
		}
		if r.used() == 0 || n == 0 {
			r.settle()
		}
	}
	switch {
	case n > 0: // bytes of a write that is not told yet
		r.doubt()
	case r.last.merged && r.last.end > e.At && r.bytes <= r.last.put:
		// The write and this read went on at the same time. If the read was first, the
		// write found the pipe empty and did not add to a page.
		r.doubt()
	}
}

// known gives the pages in use; why says why they are not known. level is how many
// bytes there are, as the kernel says.
func (r *pageRing) known(level int64, unasked string) (pages int, why string) {
	switch {
	case unasked != "":
		return 0, unasked
	case !r.sure:
		return 0, "calls went on at the same time, so the pages cannot be worked out; it is known again when the pipe has been empty"
	case slices.ContainsFunc(r.writes, func(w pageWrite) bool { return w.over }):
		return 0, "a write has returned, and the read that made room for it is not told yet"
	case int64(r.bytes) != level:
		return 0, "the calls do not come to as many bytes as the kernel says"
	}
	return r.used(), ""
}
