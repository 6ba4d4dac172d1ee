package lessons

import (
	"reflect"
	"slices"

	"ipclab/lab"
)

// totals gives what is known of the whole run.
func (m *moment) totals() {
	t := totals{Dropped: int(m.lost), Sampled: m.sampled, Seconds: float64(m.at) / 1e9}
	missing := m.missing()
	for i := range m.procs {
		if m.procs[i].stateName() == "zombie" {
			t.Zombies++
		}
		t.Torn += m.procs[i].torn
		t.Sent += m.procs[i].sent
		t.Received += m.procs[i].received
	}
	for _, name := range []string{"zombies", "agrees", "waitfor"} {
		m.unless(name, m.blind())
	}
	if o := m.o; o != nil {
		t.Sent, t.Received, t.Seconds = int(o.Totals.Sent), int(o.Totals.Received), o.Seconds
		t.Duplicated, t.Reordered = int(o.Totals.Duplicated), int(o.Totals.Reordered)
		t.Dropped = max(t.Dropped, int(o.Records.Dropped))
		if missing != "" {
			t.Torn = int(o.Totals.Torn)
		}
	} else {
		for _, name := range []string{"sent", "received", "torn"} {
			m.unless(name, missing)
		}
		for _, name := range []string{"duplicated", "reordered"} {
			m.unless(name, "the recording has no counters")
		}
	}
	m.compare(&t)
	m.lossOf(&t)
	t.Schedules, t.Samples = pointers(m.x.Schedules), pointers(m.x.Samples)
	if len(m.x.Schedules) == 0 {
		m.unless("schedules", "no orders were tried; explore does that")
	}
	if len(m.x.Samples) == 0 {
		m.unless("samples", "nothing was repeated; repeat does that")
		m.unless("runs_lost", "nothing was repeated; repeat does that")
	}
	for _, s := range m.x.Samples {
		if s.Lost > 0 {
			t.RunsLost++
		}
	}
	t.WaitFor = m.waitFor()
	m.unless("events", missing)
	if n := m.window.left; n > 0 && missing == "" {
		m.unless("events", "the first "+lab.Digits(int64(n))+" are not kept; ask since(mark), count_of, first or last_of")
	}
	m.put(t)
}

func pointers[T any](s []T) []*T {
	p := make([]*T, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}

// put puts the fields of a struct under their names.
func (m *moment) put(s any) {
	v := reflect.ValueOf(s)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name := f.Tag.Get("expr"); name != "" {
			m.env[name] = v.FieldByIndex(f.Index).Interface()
		}
	}
}

// compare tells whether all parts that were compared agree.
func (m *moment) compare(t *totals) {
	compared := false
	t.Agrees = true
	for i := range m.parts {
		if _, why := m.level(i); why == outdatedWhy {
			m.unless("agrees", why)
		}
		if so := m.parts[i].agrees; so != nil {
			compared, t.Agrees = true, t.Agrees && *so
		}
	}
	if !compared {
		t.Agrees = false
		m.unless("agrees", "the calls and the kernel were not compared yet")
	}
}

// lossOf tells what was given and is nowhere, by the law that holds for the parts.
func (m *moment) lossOf(t *totals) {
	known := false
	for i := range m.parts {
		switch p := &m.head.Scene.Parts[i]; {
		case p.Holds == lab.Updates:
			level, why := m.level(i)
			t.Counter, t.Expected = int(level), t.Sent
			t.Lost, known = t.Expected-t.Counter, true
			m.unless("counter", why)
			m.unless("lost", why)
			if m.o == nil {
				m.unless("expected", m.missing())
				m.unless("lost", m.missing())
			}
			return
		case p.Holds == lab.Items:
			level, why := m.level(i)
			if !known {
				t.Lost, known = t.Sent-t.Received, true
			}
			if level != 0 {
				t.Lost--
			}
			m.unless("lost", why)
			if m.o == nil {
				m.unless("lost", m.missing())
			}
		case p.Law == lab.Count:
			b := &m.parts[i]
			t.Lost, known = t.Sent+b.foreign-t.Received, true
			for _, waiting := range b.queue {
				t.Lost -= waiting
			}
			m.unless("lost", m.missing())
		case p.Law == lab.Bytes: // 0, or something is wrong
			known = true
			level, why := m.level(i)
			switch so := m.parts[i].agrees; {
			case why == outdatedWhy:
				m.unless("lost", why)
			case so == nil:
				m.unless("lost", "the calls and the kernel were not compared yet")
			case !*so:
				m.unless("lost", "the calls and the kernel do not agree on "+p.ID)
			case level > 0 && why == "" && !m.readable(uint16(i+1)):
				m.unless("lost", lab.Digits(level)+" bytes are in "+p.ID+", and no reader is left to take them")
			}
		}
	}
	if !known {
		m.unless("lost", "the kernel does not say what became of all that was given")
	}
}

// readable reports whether a living process can read from a part.
func (m *moment) readable(part uint16) bool {
	return slices.ContainsFunc(m.procs, func(p procBook) bool { return p.alive() && (len(p.fds) == 0 || p.holds(part)&lab.Reads != 0) })
}

// waitFor lists who sleeps in the kernel until whom.
func (m *moment) waitFor() (all []*edge) {
	all = []*edge{}
	for i := range m.procs {
		_, wait, on := m.place(i)
		if wait.InCall() && on == 0 {
			m.unless("waitfor", "the lab has not looked long enough at "+m.head.Scene.Procs[i].Role)
		}
		if !wait.InCall() || on == 0 {
			continue
		}
		from, part := m.head.Scene.Procs[i].Role, &m.head.Scene.Parts[on-1]
		add := func(to string) { all = append(all, &edge{from, to, part.ID}) }
		switch wait {
		case lab.WaitFutex, lab.WaitFileLock:
			if word, why := m.level(int(on - 1)); why == "" {
				if owner, known := m.withPID(int(word & tidBits)); known && owner != "" {
					add(owner)
				}
			}
		case lab.WaitPipeRead, lab.WaitPipeWrite:
			how := uint32(lab.Writes)
			if wait == lab.WaitPipeWrite {
				how = lab.Reads
			}
			for j := range m.procs {
				if p := &m.procs[j]; p.alive() && p.holds(on)&how != 0 {
					add(m.head.Scene.Procs[j].Role)
				}
			}
		case lab.WaitSem: // the one inside, or where it counts something all who raise it
			for j := range m.procs {
				p, role := &m.procs[j], m.head.Scene.Procs[j].Role
				raises := slices.Contains(m.head.Scene.Wires, lab.Wire{From: role, To: part.ID, As: lab.Raise})
				if p.alive() && (raises || part.Holds == "" && slices.Contains(p.locks, on)) {
					add(role)
				}
			}
		case lab.WaitSignal, lab.WaitPause, lab.WaitSuspend:
			for _, w := range m.head.Scene.Wires {
				if n := m.head.Scene.ProcNumber(w.From); w.To == part.ID && n != 0 && m.procs[n-1].alive() {
					add(w.From)
				}
			}
		}
	}
	return all
}
