package lessons

import (
	"slices"

	"ipclab/lab"
)

// part gives what is known of one part.
func (m *moment) part(i int, name string) any {
	b, p := &m.parts[i], &m.head.Scene.Parts[i]
	unless := func(field, why string) { m.unless(name+"."+field, why) }
	t := thing{ID: p.ID, Object: p.Object, Level: -1, Agrees: b.agrees != nil && *b.agrees}
	level, why := m.level(i)
	if why == "" {
		t.Level = int(level)
	}
	unless("level", m.blind())
	unless("agrees", m.blind())
	if why == outdatedWhy {
		unless("agrees", why)
	}
	if b.agrees == nil {
		unless("agrees", "the calls and the kernel were not compared")
	}
	asked := func(field string) int {
		unless(field, why)
		return int(level)
	}
	full := bounded{int(b.capacity)}
	if b.capacity <= 0 {
		unless("capacity", "it has none")
	}
	sleepers := func() (n int) {
		for j := range m.procs {
			switch _, w, on := m.place(j); {
			case w.InCall() && int(on) == i+1:
				n++
			case w.InCall() && on == 0:
				unless("sleepers", "the lab has not looked long enough at "+m.head.Scene.Procs[j].Role)
			}
		}
		unless("sleepers", m.blind())
		return n
	}
	switch p.Type {
	case lab.Pipe:
		v := &pipe{thing: t, bounded: full, Bytes: asked("bytes")}
		var doubt string
		v.Pages, doubt = b.pages.known(level, why)
		unless("pages", doubt)
		unless("pages", m.missing())
		v.Readers, v.Writers = m.holders(i, unless)
		if !slices.ContainsFunc(m.procs, func(p procBook) bool { return p.alive() }) {
			unless("bytes", "nobody is left who holds it: the pipe is gone, and what was in it")
			unless("pages", "nobody is left who holds it: the pipe is gone, and what was in it")
		}
		return v
	case lab.Page:
		v := &memory{thing: t, Size: int(b.capacity), Blocks: int(level / 512), Exists: b.exists != nil && *b.exists, Marked: b.marked}
		for _, field := range []string{"blocks", "exists"} {
			if unless(field, m.blind()); b.exists == nil {
				unless(field, "the object has no name")
			}
		}
		if !v.Exists {
			unless("blocks", "the object is not there")
		}
		unless("blocks", why)
		for j := range m.procs {
			if _, mapped := m.procs[j].maps[uint16(i+1)]; mapped && m.procs[j].alive() {
				v.Attached++
			}
		}
		unless("attached", m.blind())
		if unless("marked", m.blind()); b.attached == nil {
			unless("marked", "it is no System V segment")
		} else {
			v.Attached = int(*b.attached)
			unless("blocks", "it is a System V segment, and no file")
		}
		return v
	case lab.Word:
		return &word{thing: t, Value: asked("value")}
	case lab.Record:
		return m.record(&record{thing: t}, b, p, unless)
	case lab.Futex:
		v := &futex{thing: t, Value: asked("value"), Sleepers: sleepers(), OwnerDied: b.died || level&ownerDied != 0}
		owner, ours := m.withPID(asked("owner") & tidBits)
		if v.Owner = owner; !ours {
			unless("owner", "its thread is none of the workers'")
		}
		unless("owner_died", m.missing())
		return v
	case lab.Sem:
		return &semaphore{thing: t, Value: asked("value"), Sleepers: sleepers()}
	case lab.Signals:
		v := &signalSet{thing: t, bounded: full}
		v.Queued = m.queued(b, p, unless)
		return v
	case lab.FileLock:
		v := &fileLock{thing: t, Sleepers: sleepers()}
		owner, ours := m.withPID(asked("owner") & tidBits)
		if v.Owner = owner; !ours {
			unless("owner", "it is none of the workers")
		}
		return v
	case lab.Children:
		return &children{thing: t, Zombies: asked("zombies")}
	}
	return nil
}

// level is what a part holds, as it was read last; why says why that is not known.
func (m *moment) level(i int) (level int64, why string) {
	b, p := &m.parts[i], &m.head.Scene.Parts[i]
	newest := b.level
	if m.o != nil {
		if o := m.o.Part(p.ID); o != nil && o.Level != nil {
			newest = stamped{1 << 62, *o.Level, true}
		}
	}
	switch missing := m.missing(); p.Type {
	case lab.Word:
		if at, any := b.newest(); any && missing == "" && (!newest.known || at >= newest.at) {
			v, sure := b.word(0)
			if !sure {
				return 0, "several stored at the same time, and nobody has looked since"
			}
			return int64(v), ""
		}
	case lab.Futex:
		if b.lock.known && missing == "" {
			newest.set(b.lock.at, b.lock.value)
		}
	}
	switch {
	case !newest.known:
		return 0, "nobody has asked yet"
	case p.Type == lab.Pipe && p.Law == lab.Bytes && m.outdated(i, newest.value):
		m.Values.stale = true
		return 0, outdatedWhy
	}
	return newest.value, m.blind()
}

const outdatedWhy = "the kernel was asked before the newest calls, and not since"

// pipeBuf is PIPE_BUF: a write of no more bytes goes in whole, or not at all as long as
// it sleeps.
const pipeBuf = 4096

// outdated reports whether what the kernel said of a pipe cannot be so any more, by
// the calls that have returned. The workers ask it 60 times a second, but on a busy
// machine they may come to it later.
func (m *moment) outdated(i int, level int64) bool {
	b, part := &m.parts[i], uint16(i+1)
	low := b.in - b.out
	if m.missing() != "" {
		if m.o == nil || len(m.o.Procs) == 0 || m.pipes() > 1 {
			return false
		}
		low = 0
		for _, p := range m.o.Procs {
			low += int64(p.BytesSent) - int64(p.BytesReceived)
		}
	}
	high, open, partly := low, false, false
	for j := range m.procs {
		p := &m.procs[j]
		wrote, read := &p.last[lab.CallWrite], &p.last[lab.CallRead]
		asleep := p.asleep && p.block.Part == part
		switch mine := p.alive() && p.holds(part) != 0; {
		case asleep && p.block.Call == lab.CallWrite && p.block.Want > pipeBuf:
			high, open, partly = high+int64(p.block.Want), true, true
		case asleep:
			open = true
		case mine && wrote.Part != part && read.Part != part:
			return false // its first call may be under way: nobody knows for how much
		case mine || p.doubt[lab.CallWrite] || p.doubt[lab.CallRead]: // it may be within such a call, or was
			open = open || mine
			if wrote.Part == part {
				high += int64(wrote.Want)
			}
			if read.Part == part {
				low -= int64(read.Want)
			}
		}
	}
	return open && (level < low || level > high || partly && b.pages.sure && m.missing() == "" && int64(b.pages.bytes) != level)
}

// pipes counts the pipes of the scene.
func (m *moment) pipes() (n int) {
	for i := range m.head.Scene.Parts {
		if m.head.Scene.Parts[i].Type == lab.Pipe {
			n++
		}
	}
	return n
}

// record tells what was stored in the words of a record.
func (m *moment) record(v *record, b *partBook, p *lab.Part, unless func(field, why string)) *record {
	var found []uint64
	sure := true
	for at := range max(p.Size, 0) / 8 {
		w, ok := b.word(uint32(8 * at))
		v.Words = append(v.Words, int(w))
		if sure = sure && ok; ok && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	v.Torn = len(found) > 1
	const why = "several stored at the same time, or one was killed while it stored"
	if unless("words", m.missing()); !sure {
		unless("words", why)
	}
	if unless("torn", m.missing()); !sure && !v.Torn {
		unless("torn", why)
	}
	return v
}

// queued counts the signals that wait: only those that are blocked do.
func (m *moment) queued(b *partBook, p *lab.Part, unless func(field, why string)) (n int) {
	unless("queued", m.missing())
	owner := m.head.Scene.ProcNumber(p.In)
	if owner == 0 {
		unless("queued", "it belongs to no process")
		return 0
	}
	mask, ok := m.procs[owner-1].told[lab.FactSigBlk]
	switch {
	case !m.procs[owner-1].alive():
		return 0 // what waited is gone with it
	case !ok:
		unless("queued", "the lab has not looked yet")
	}
	for k, waiting := range b.queue {
		if k > 0 && mask.Word()&(1<<(k-1)) != 0 {
			n += waiting
		}
	}
	return n
}

// holders counts the living processes that hold an end open.
func (m *moment) holders(i int, unless func(field, why string)) (readers, writers int) {
	for j := range m.procs {
		p := &m.procs[j]
		if !p.alive() {
			continue
		}
		if len(p.fds) == 0 {
			unless("readers", "the lab has not looked yet")
			unless("writers", "the lab has not looked yet")
		}
		how := p.holds(uint16(i + 1))
		readers += int(how & lab.Reads)
		writers += int(how & lab.Writes / lab.Writes)
	}
	unless("readers", m.blind())
	unless("writers", m.blind())
	return readers, writers
}

// withPID gives the role with a process id; of 0 nobody.
func (m *moment) withPID(pid int) (role string, ok bool) {
	for j := range m.procs {
		if m.procs[j].pid == pid && pid != 0 {
			return m.head.Scene.Procs[j].Role, true
		}
	}
	return "", pid == 0
}
