package lab

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// deaths tells of processes that have ended, and waits for those for which nobody
// else is to wait. It reports whether there were any.
func (l *live) deaths() (any bool) {
	for _, p := range l.procs {
		if !p.dead.Load() || p.reaped {
			any = any || p.reaped
			continue
		}
		any = true
		if !p.buried {
			l.bury(p)
		}
		if !p.linger || p.exit.Signal == "" {
			l.reap(p)
		}
	}
	l.settle()
	return any
}

// bury takes what a dead worker has left: its last records and its open call.
func (l *live) bury(p *process) {
	l.drain()
	l.merger.queues[p.proc].gone = true
	l.holdings(p) // it may have lived for less than one look
	l.counts(p)
	p.buried, p.view.told = true, seen{state: 'Z'}
	p.view.gate = 0
	l.died[p.proc] = l.now()
	if o, ok := p.ended(); ok { // its result is known and counted, only the record was not finished
		p.forget()
		if l.r.trace == TraceFull {
			l.own(o)
		}
	} else if o, ok := p.open(); ok {
		if o.Call == CallNone && !gives(o.Kind) {
			o.At = l.now() // such an operation reads the clock only at its end
		}
		o.Flags = Open | l.paced()
		if l.stopping && o.Kind != Store { // a store may have been made, whoever ended its process
			o.Flags = Stopped
		} else {
			l.unknown = append(l.unknown, o)
		}
		l.own(o)
	}
	if e, ok := p.handlerSleeps(l.head.Start); ok {
		e.Flags |= Open
		if l.stopping {
			e.Flags ^= Open | Stopped
		}
		l.own(e)
	}
	l.own(Event{Kind: State, Call: Call(FactState), Proc: uint16(p.proc), Level: -1, Data: [8]byte{'Z'}})
}

// reap waits for a zombie and tells how it ended.
func (l *live) reap(p *process) {
	l.ctl.pids[p.proc-1].Store(0) // from now on the number can be another process's
	p.reap()
	e := Event{Kind: Exit, Proc: uint16(p.proc), Ret: int32(p.exit.Code), Level: -1}
	if p.exit.Signal != "" {
		e.Ret = -int32(unix.SignalNum(p.exit.Signal))
	}
	l.own(e)
	if l.stopping || p.user && p.exit.Signal != "" || p.exit.Code == 0 || p.exit.Signal == "SIGPIPE" || p.exit.Signal == "SIGBUS" {
		return // Go's runtime lets neither end a process: a worker has asked for it
	}
	l.unasked = append(l.unasked, fmt.Sprintf("%s (%d) ended with %s", p.role, p.pid, p.exit))
	l.own(Event{Kind: Fault, Proc: uint16(p.proc), Ret: e.Ret, Level: -1})
}

func (l *live) allGone() bool {
	return !slices.ContainsFunc(l.procs, func(p *process) bool { return !p.reaped })
}
