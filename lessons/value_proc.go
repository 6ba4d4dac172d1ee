package lessons

import (
	"slices"

	"ipclab/lab"
)

// process gives what is known of one process.
func (m *moment) process(i int) *process {
	b, role := &m.procs[i], m.head.Scene.Procs[i].Role
	state, wait, _ := m.place(i)
	v := &process{Role: role, PID: b.pid, State: state, BlockedIn: wait.String(), Gate: b.gateName(), Exit: b.exit, Torn: b.torn}
	unless := func(field, why string) { m.unless(role+"."+field, why) }
	missing, blind := m.missing(), m.blind()
	for _, field := range []string{"pid", "state", "blocked_in", "gate", "exit", "fds"} {
		unless(field, blind)
	}
	if b.pid == 0 {
		unless("pid", "it was not started")
		unless("state", "it was not started")
	} else if v.State == "" {
		unless("state", "the kernel says "+string(rune(b.state))+", which is no word of claims")
	}
	if b.exit != nil {
		e := *b.exit
		v.Exit = &e
	}
	m.moved(v, b, role, missing)
	unless("torn", missing)
	for _, c := range b.calls {
		v.CallsTotal += c
	}
	if b.asleep && b.block.Call != lab.CallNone {
		v.CallsTotal++
	}
	unless("calls_total", missing)
	if slices.Contains(b.doubt[:], true) {
		unless("calls_total", "it was killed, and nobody knows whether its last call was made")
	}
	m.status(v, b, unless)
	for j := range b.fds {
		if f := m.openFile(&b.fds[j]); f != nil {
			v.FDs = append(v.FDs, f)
		}
	}
	slices.SortFunc(v.FDs, func(a, b *openFile) int { return a.Number - b.Number })
	if !b.alive() {
		v.FDs = nil // the kernel has closed them
	}
	m.asked(v, b, role)
	return v
}

// place tells what a process does, where it sleeps and on which part. The stream tells
// that when it has lasted for two looks; an outcome is of the newest look.
func (m *moment) place(i int) (state string, wait lab.Wait, on uint16) {
	b := &m.procs[i]
	state = b.stateName()
	wait, on = b.place()
	if m.o == nil || state != "running" && state != "sleeping" {
		return state, wait, on
	}
	p := m.o.Proc(m.head.Scene.Procs[i].Role)
	switch {
	case p == nil || p.BlockedIn == wait.String():
	case p.BlockedIn != "":
		for wait = lab.WaitNone; wait.String() != p.BlockedIn && wait.String() != "?"; wait++ {
		}
		return "sleeping", wait, 0
	case wait.InCall():
		return "running", lab.WaitNone, 0
	}
	return state, wait, on
}

// moved tells what it gave and took.
func (m *moment) moved(v *process, b *procBook, role, missing string) {
	if m.o != nil {
		if p := m.o.Proc(role); p != nil {
			v.Sent, v.Received, v.BytesSent, v.BytesReceived = int(p.Sent), int(p.Received), int(p.BytesSent), int(p.BytesReceived)
			return
		}
	}
	v.Sent, v.Received, v.BytesSent, v.BytesReceived = b.sent, b.received, b.bytesSent, b.bytesReceived
	for _, field := range []string{"sent", "received", "bytes_sent", "bytes_received"} {
		m.unless(role+"."+field, missing)
	}
}

// status tells what /proc/PID/status and clocks say.
func (m *moment) status(v *process, b *procBook, unless func(field, why string)) {
	read := func(f lab.Fact, fields ...string) *lab.Event {
		e, ok := b.told[f]
		for _, field := range fields {
			if unless(field, m.blind()); !ok {
				unless(field, "the lab has not looked yet")
			}
		}
		return &e
	}
	v.Pending = signalsIn(read(lab.FactShdPnd, "pending").Word() | read(lab.FactSigPnd, "pending").Word())
	v.Blocked = signalsIn(read(lab.FactSigBlk, "blocked_signals").Word())
	v.Ignored = signalsIn(read(lab.FactSigIgn, "ignored_signals").Word())
	v.Caught = signalsIn(read(lab.FactSigCgt, "caught_signals").Word())
	v.SigQ = int(read(lab.FactSigQ, "sigq").Ret)
	sw := read(lab.FactSwitches, "switches", "preempted")
	v.Switches, v.Preempted = int(sw.Ret), int(sw.Level)
	io := read(lab.FactIO, "reads_io", "writes_io")
	v.ReadsIO, v.WritesIO = int(io.Ret), int(io.Level)
	v.CPU = float64(read(lab.FactCPU, "cpu_ms").Level) / 1e6
}

// openFile gives a descriptor; nil if it was closed.
func (m *moment) openFile(e *lab.Event) *openFile {
	how := map[uint32]string{lab.Reads: "reads", lab.Writes: "writes", lab.Reads | lab.Writes: "both"}[e.Want]
	if how == "" {
		return nil
	}
	f := &openFile{Number: int(e.Ret), How: how}
	if e.Part != 0 && int(e.Part) <= len(m.head.Scene.Parts) {
		p := &m.head.Scene.Parts[e.Part-1]
		f.Part, f.Target = p.ID, p.Object
	}
	return f
}

// asked are the functions of a process.
func (m *moment) asked(v *process, b *procBook, role string) {
	missing, blind := m.missing(), m.blind()
	v.Calls = func(name string) (int, error) {
		c, err := callNamed(name)
		switch {
		case err != nil:
			return 0, err
		case missing != "":
			return 0, &unknown{role + ".calls", missing}
		case b.doubt[c]:
			return 0, &unknown{role + ".calls", "it was killed, and nobody knows whether its last " + name + " was made"}
		}
		n := b.calls[c]
		if b.asleep && b.block.Call == c {
			n++
		}
		return n, nil
	}
	v.Errors = func(name string) (int, error) {
		if missing != "" {
			return 0, &unknown{role + ".errors", missing}
		}
		n := slices.Index(errnos, name)
		if n <= 0 {
			return 0, cannot("%q is no name of an error", name)
		}
		return b.errors[int32(n)], nil
	}
	v.Last = func(name string) (*answer, error) {
		c, err := callNamed(name)
		if err != nil {
			return nil, err
		}
		e := &b.last[c]
		switch {
		case missing != "":
			return nil, &unknown{role + ".last", missing}
		case e.Seq == 0:
			return nil, cannot("no %s of %s has returned", name, role)
		}
		return &answer{Want: int(e.Want), Bytes: bytesOf(e), Ret: int(e.Ret), Error: errnoName(e.Ret)}, nil
	}
	signals := func(what string, counts *[maxSignal + 1]int) func(string) (int, error) {
		return func(name string) (int, error) {
			n, ok := signalNumber(name)
			switch {
			case !ok:
				return 0, cannot("%q is no signal", name)
			case missing != "":
				return 0, &unknown{role + "." + what, missing}
			}
			return counts[n], nil
		}
	}
	v.Taken, v.SentSignals = signals("taken", &b.taken), signals("sent_signals", &b.gave)
	v.Was = func(state string) (bool, error) {
		if !b.was[state] && blind != "" {
			return false, &unknown{role + ".was", blind}
		}
		return b.was[state], nil
	}
	v.SleptIn = func(place string) (bool, error) {
		for w := range b.slept {
			if w.String() == place {
				return true, nil
			}
		}
		if blind != "" {
			return false, &unknown{role + ".slept_in", blind}
		}
		return false, nil
	}
	v.FD = func(n int) (*openFile, error) {
		if blind != "" {
			return nil, &unknown{role + ".fd", blind}
		}
		for _, f := range v.FDs {
			if f.Number == n {
				return f, nil
			}
		}
		return nil, nil
	}
	v.Addr = func(part string) (int, error) {
		n := m.head.Scene.PartNumber(part)
		if n == 0 {
			return 0, cannot("there is no part %q", part)
		}
		p := &m.head.Scene.Parts[n-1]
		if addr, ok := b.maps[n]; ok {
			return int(addr), nil
		}
		if addr, ok := b.maps[m.head.Scene.PartNumber(p.In)]; ok && p.In != "" {
			return int(addr + p.Offset), nil
		}
		return 0, cannot("%s has not mapped %s", role, part)
	}
}

// callNamed finds a system call.
func callNamed(name string) (lab.Call, error) {
	for c := lab.Call(1); c < maxCalls && c.String() != "?"; c++ {
		if c.String() == name {
			return c, nil
		}
	}
	return 0, cannot("%q is no system call that the lab records", name)
}

// bytesOf is how many bytes a call moved.
func bytesOf(e *lab.Event) int {
	if (e.Kind == lab.Send || e.Kind == lab.Recv) && e.Ret > 0 {
		return int(e.Ret)
	}
	return 0
}
