package lessons

import (
	"ipclab/lab"
)

const (
	tidBits   = 0x3fffffff // of a lock word
	ownerDied = 0x40000000
)

// part gives what is known of one part.
func (m *moment) part(i int, name string) any {
	b, p := &m.parts[i], &m.head.Scene.Parts[i]
	unless := func(field, why string) { m.unless(name+"."+field, why) }
	t := thing{ID: p.ID, Object: p.Object, Level: -1, Agrees: b.agrees != nil && *b.agrees}
	level, known := m.level(i)
	if known {
		t.Level = int(level)
	}
	unless("level", m.blind())
	unless("agrees", m.blind())
	if b.agrees == nil {
		unless("agrees", "the calls and the kernel were not compared")
	}
	asked := func(field string) int {
		if unless(field, m.blind()); !known {
			unless(field, "nobody has asked the kernel yet")
		}
		return int(level)
	}
	full := bounded{int(b.capacity)}
	if b.capacity <= 0 {
		unless("capacity", "it has none")
	}
	sleepers := func() (n int) {
		for j := range m.procs {
			if w, on := m.procs[j].place(); w != lab.WaitNone && int(on) == i+1 {
				n++
			}
		}
		unless("sleepers", m.blind())
		return n
	}
	switch p.Type {
	case lab.Pipe:
		v := &pipe{thing: t, bounded: full, Bytes: asked("bytes")}
		unless("pages", "not worked out")
		v.Readers, v.Writers = m.holders(i, unless)
		return v
	case lab.Page:
		v := &memory{thing: t, Size: int(p.Cap), Blocks: asked("blocks") / 512, Exists: b.exists != nil && *b.exists}
		if unless("exists", m.blind()); b.exists == nil {
			unless("exists", "it has no name")
		}
		for j := range m.procs {
			if _, mapped := m.procs[j].maps[uint16(i+1)]; mapped && m.procs[j].alive() {
				v.Attached++
			}
		}
		unless("attached", m.blind())
		return v
	case lab.Word:
		return &word{thing: t, Value: asked("value")}
	case lab.Record:
		v := &record{thing: t}
		unless("words", "not worked out")
		unless("torn", "not worked out")
		return v
	case lab.Futex:
		v := &futex{thing: t, Value: asked("value"), Sleepers: sleepers(), OwnerDied: b.died || level&ownerDied != 0}
		if asked("owner"); known {
			owner, ok := m.withPID(int(level & tidBits))
			if v.Owner = owner; !ok {
				unless("owner", "its thread is none of the workers'")
			}
		}
		unless("owner_died", m.missing())
		return v
	case lab.Sem:
		return &semaphore{thing: t, Value: asked("value"), Sleepers: sleepers()}
	case lab.Signals:
		v := &signalSet{thing: t, bounded: full}
		unless("queued", m.missing())
		for _, n := range b.queue {
			v.Queued += n
		}
		return v
	}
	return nil
}

// level is what a part holds, as it was read last.
func (m *moment) level(i int) (int64, bool) {
	if m.o != nil {
		if p := m.o.Part(m.head.Scene.Parts[i].ID); p != nil && p.Level != nil {
			return *p.Level, true
		}
	}
	return m.parts[i].level.value, m.parts[i].level.known
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
