package lessons

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"ipclab/lab"
)

// Extra is what claims may ask beside the stream: what a step tried and marked.
type Extra struct {
	Schedules []Schedule       `json:"schedules,omitempty"`
	Samples   []Sample         `json:"samples,omitempty"`
	Marks     map[string]int64 `json:"marks,omitempty"` // the newest sequence number then
}

// Values is what is known at one moment, under the names that claims use.
type Values struct {
	env    map[string]any
	why    map[string]string // names and fields that are not known, and why
	events func() []*event
	stale  bool
}

// Stale reports whether the kernel was last asked before the newest calls: somewhat
// later more will be known.
func (v *Values) Stale() bool { return v.stale }

// unknown is the error of something that cannot be told.
type unknown struct{ name, why string }

func (u *unknown) Error() string {
	if u.name == "" {
		return u.why
	}
	return u.name + " is not known: " + u.why
}

// cannot says why something has no value.
func cannot(format string, args ...any) error { return &unknown{"", fmt.Sprintf(format, args...)} }

// Values gives what is known now. The outcome, if there is one, must be of the same
// moment: it has exact counters also where not every call was recorded.
func (b *Book) Values(o *lab.Outcome, x Extra) *Values {
	b.mu.Lock()
	a := b.snapshot()
	b.mu.Unlock()
	v := &Values{env: map[string]any{}, why: map[string]string{}}
	m := &moment{account: a, Values: v, o: o, x: x}
	v.events = sync.OnceValue(m.eventList)
	m.fill()
	return v
}

// snapshot copies what may still change.
func (a *account) snapshot() *account {
	s := *a
	s.set, s.window = maps.Clone(a.set), a.window.snapshot()
	s.procs, s.parts = slices.Clone(a.procs), slices.Clone(a.parts)
	for i := range s.procs {
		p := &s.procs[i]
		p.was, p.slept, p.errors, p.maps, p.told = maps.Clone(p.was), maps.Clone(p.slept), maps.Clone(p.errors), maps.Clone(p.maps), maps.Clone(p.told)
		p.fds, p.locks = slices.Clone(p.fds), slices.Clone(p.locks)
	}
	return &s
}

// withEvents gives the environment with the list of events in it.
func (v *Values) withEvents() map[string]any {
	env := maps.Clone(v.env)
	env["events"] = v.events()
	return env
}

// unknown says why something that is read is not known; nil if it is.
func (v *Values) unknown(r ref) error {
	if v == nil || v.env == nil {
		return cannot("there is nothing to judge")
	}
	name := r.name
	if r.field != "" {
		name += "." + r.field
	}
	if _, ok := v.env[r.name]; ok {
		if why := v.why[name]; why != "" {
			return &unknown{name, why}
		}
		return nil
	}
	if r.name != "" && r.typ == reflect.TypeFor[*process]() {
		return cannot("there is no %s now: there are %s", r.name, strings.Join(v.roles(), ", "))
	}
	for name, value := range v.env { // any of the type
		if why := v.why[name+"."+r.field]; why != "" && reflect.TypeOf(value) == r.typ {
			return &unknown{name + "." + r.field, why}
		}
	}
	return nil
}

// roles lists the processes that there are.
func (v *Values) roles() (all []string) {
	for name, value := range v.env {
		if _, is := value.(*process); is {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// moment puts what is known under its names.
type moment struct {
	*account
	*Values
	o *lab.Outcome
	x Extra
}

// unless notes why a name is not known, if there is a reason. The first one counts.
func (m *moment) unless(name, why string) {
	if why != "" && m.why[name] == "" {
		m.why[name] = why
	}
}

func (m *moment) fill() {
	for i := range m.procs {
		role := m.head.Scene.Procs[i].Role
		p := m.process(i)
		if _, taken := m.env[role]; !taken {
			m.env[role] = p
		}
	}
	for _, p := range m.head.Scene.Procs {
		name := listName(p.Kind)
		if list, ok := m.env[name].([]*process); ok || m.env[name] == nil {
			m.env[name] = append(list, m.env[p.Role].(*process))
		}
	}
	for i := range m.parts {
		if name := partName(&m.head.Scene.Parts[i]); m.env[name] == nil {
			m.env[name] = m.part(i, name)
		}
	}
	set := map[string]any{}
	for k, v := range m.set {
		set[k] = int(v)
	}
	m.env["settings"] = set
	m.totals()
	m.functions()
}
