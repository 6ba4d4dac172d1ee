package lessons

import (
	"cmp"
	"fmt"
	"slices"

	"ipclab/lab"
)

// functions gives what can be asked of the whole run.
func (m *moment) functions() {
	missing := m.missing()
	m.put(functions{
		First:  func(role, kind string) (*event, error) { return m.pick("first", role, kind, true) },
		LastOf: func(role, kind string) (*event, error) { return m.pick("last_of", role, kind, false) },
		Happened: func(role, kind string) (bool, error) {
			n, err := m.countOf(role, kind)
			if err == nil && n == 0 && missing != "" {
				err = &unknown{"happened", missing}
			}
			return n > 0, err
		},
		CountOf: func(role, kind string) (int, error) {
			n, err := m.countOf(role, kind)
			if err == nil && missing != "" {
				err = &unknown{"count_of", missing}
			}
			return n, err
		},
		Before:   before,
		Since:    m.since,
		At:       m.atMark,
		HasCycle: hasCycle,
		Divide:   divide,
	})
}

// each calls f for the books of a role, of all if it is empty, and the kind's number.
func (m *moment) each(role, kind string, f func(*procBook, lab.Kind)) error {
	k := lab.Kind(1)
	for k.String() != kind {
		if k++; k.String() == "?" || k >= maxKinds {
			return cannot("%q is no kind of event", kind)
		}
	}
	if role != "" && m.head.Scene.ProcNumber(role) == 0 {
		return cannot("there is no process %q", role)
	}
	for i := range m.procs {
		if role == "" || m.head.Scene.Procs[i].Role == role {
			f(&m.procs[i], k)
		}
	}
	return nil
}

func (m *moment) countOf(role, kind string) (n int, err error) {
	err = m.each(role, kind, func(p *procBook, k lab.Kind) { n += p.count[k] })
	return n, err
}

func (m *moment) pick(what, role, kind string, first bool) (*event, error) {
	var found []*lab.Event
	err := m.each(role, kind, func(p *procBook, k lab.Kind) {
		e := &p.newest[k]
		if first {
			e = &p.first[k]
		}
		if e.Seq != 0 {
			found = append(found, e)
		}
	})
	if err != nil {
		return nil, err
	}
	if missing := m.missing(); missing != "" {
		return nil, &unknown{what, missing}
	}
	if len(found) == 0 {
		return nil, cannot("there was no %s of %s", kind, cmp.Or(role, "anybody"))
	}
	slices.SortFunc(found, func(a, b *lab.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	if first {
		return m.event(found[0]), nil
	}
	return m.event(found[len(found)-1]), nil
}

// event is one as claims see it.
func (m *moment) event(e *lab.Event) *event {
	v := &event{Kind: e.Kind.String(), Call: e.Call.String(), N: int(lab.Number(e.Msg)), Want: int(e.Want), Ret: int(e.Ret), Bytes: bytesOf(e),
		Error: errnoName(e.Ret), Value: int(e.Word()), AtMS: float64(e.At) / 1e6, DurMS: float64(e.Dur) / 1e6,
		Died: e.Flags&lab.OwnerDied != 0, Handler: e.Flags&lab.Handler != 0, Torn: e.Flags&lab.Torn != 0, Short: e.Flags&lab.Short != 0, EOF: e.Flags&lab.EOF != 0, Conflict: e.Flags&lab.Conflict != 0,
		Paced: e.Flags&lab.Paced != 0, Open: e.Flags&lab.Open != 0, Stopped: e.Flags&lab.Stopped != 0,
		seq: e.Seq, proc: e.Proc, msg: e.Msg, at: e.At, end: e.End()}
	if e.Kind == lab.Exit || e.Kind == lab.Fault {
		v.Error = "" // what it returns is no error
	}
	if e.Proc != 0 {
		v.Role = m.head.Scene.Procs[e.Proc-1].Role
	}
	if e.Part != 0 {
		v.Part = m.head.Scene.Parts[e.Part-1].ID
	}
	return v
}

// String tells of an event in a few words.
func (e *event) text() string {
	return e.Role + " " + e.Kind + " at " + decimal(e.AtMS) + " ms"
}

// eventList lists those that are kept.
func (m *moment) eventList() (all []*event) {
	m.window.each(func(e *lab.Event) { all = append(all, m.event(e)) })
	return all[max(0, len(all)-keptEvents):]
}

// since lists what happened after a mark.
func (m *moment) since(mark string) ([]*event, error) {
	seq, ok := m.x.Marks[mark]
	if !ok {
		return nil, cannot("there is no mark %q", mark)
	}
	if missing := m.missing(); missing != "" {
		return nil, &unknown{"since", missing}
	}
	var all []*event
	oldest := uint64(0)
	m.window.each(func(e *lab.Event) {
		if oldest == 0 {
			oldest = e.Seq
		}
		if e.Seq > uint64(seq) {
			all = append(all, m.event(e))
		}
	})
	if m.window.left > 0 && oldest > uint64(seq)+1 || len(all) > keptEvents {
		return nil, &unknown{"since", fmt.Sprintf("too much has happened since %q, the newest %s events are kept", mark, lab.Digits(keptEvents))}
	}
	return all, nil
}

// atMark is when a mark was set.
func (m *moment) atMark(mark string) (float64, error) {
	seq, ok := m.x.Marks[mark]
	if !ok {
		return 0, cannot("there is no mark %q", mark)
	}
	at, found := int64(0), false
	m.window.each(func(e *lab.Event) {
		if e.Seq <= uint64(seq) {
			at, found = max(at, e.End()), true
		}
	})
	if !found {
		return 0, &unknown{"at", fmt.Sprintf("what happened before %q is not kept", mark)}
	}
	return float64(at) / 1e6, nil
}

// before tells whether one event came before another.
func before(a, b *event) (bool, error) {
	switch {
	case a == nil || b == nil:
		return false, cannot("before needs two events")
	case a.proc == b.proc || a.msg != 0 && a.msg == b.msg || a.end <= b.at || b.end <= a.at:
		return a.seq < b.seq, nil
	}
	return false, &unknown{"the order", a.text() + " and " + b.text() + " went on at the same time"}
}

// hasCycle reports whether some wait for each other in a ring.
func hasCycle(edges []*edge) bool {
	next := map[string][]string{}
	for _, e := range edges {
		next[e.From] = append(next[e.From], e.To)
	}
	state := map[string]int{} // 1: on the way, 2: done
	var visit func(string) bool
	visit = func(n string) bool {
		if state[n] != 0 {
			return state[n] == 1
		}
		state[n] = 1
		for _, to := range next[n] {
			if visit(to) {
				return true
			}
		}
		state[n] = 2
		return false
	}
	for from := range next {
		if visit(from) {
			return true
		}
	}
	return false
}

// divide divides numbers of any kind.
func divide(a, b any) (float64, error) {
	x, okx := number(a)
	y, oky := number(b)
	switch {
	case !okx || !oky:
		return 0, cannot("only numbers can be divided")
	case y == 0:
		return 0, cannot("nothing can be divided by 0")
	}
	return x / y, nil
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
