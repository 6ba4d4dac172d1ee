package signals

import (
	"errors"
	"slices"
	"time"

	"ipclab/lab"
)

// Numbers that experiments speak of; those of Linux.
const (
	usr1   = 10
	term   = 15
	eAgain = -11
)

var experiments = []lab.Experiment{
	{ID: "G1", Name: "kill-and-stop", Title: "KILL and STOP cannot be blocked",
		Set: lab.Settings{"blocked": 1}, Do: []string{"200ms signal receiver STOP", "600ms signal receiver CONT", "900ms signal receiver KILL"}, For: 1400 * time.Millisecond,
		Sees: "USR1 stays pending, but STOP stops the receiver and KILL ends it, whatever it has blocked.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(stopped(o), ended(o, "SIGKILL"), lab.Expect(mask(o, lab.FactShdPnd, usr1) != nil, "USR1 was never seen pending"),
				lab.Expect(taken1(o) == nil, "the receiver took a signal"))
		}},
	{ID: "G1b", Name: "default", Title: "The default action of USR1",
		Set: lab.Settings{"receiver": byFault, "count": 1}, For: 800 * time.Millisecond,
		Sees: "Neither blocked nor caught nor ignored: USR1 ends the receiver.",
		Must: func(o *lab.Outcome) error { return ended(o, "SIGUSR1") }},
	{ID: "G1c", Name: "ignored", Title: "Ignored",
		Set: lab.Settings{"receiver": ignores, "signal": term}, For: 800 * time.Millisecond,
		Sees: "The receiver ignores all it can: five TERM, and nothing happens.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(ended(o, ""), lab.Expect(mask(o, lab.FactSigIgn, term) != nil, "TERM was not seen ignored"), lab.Expect(o.Totals.Sent == 5, "%d signals were sent", o.Totals.Sent))
		}},
	{ID: "G2", Name: "pending", Title: "Blocked, and so pending",
		Set: lab.Settings{"blocked": 1, "count": 1}, For: 800 * time.Millisecond,
		Sees: "USR1 is blocked in SigBlk and its bit is set in ShdPnd: it waits in the kernel.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(lab.Expect(mask(o, lab.FactSigBlk, usr1) != nil, "USR1 was not seen blocked"),
				lab.Expect(mask(o, lab.FactShdPnd, usr1) != nil, "USR1 was not seen pending"), lab.Expect(taken1(o) == nil, "the receiver took it"), agrees(o))
		}},
	{ID: "G3", Name: "merged-and-queued", Title: "Five are one, eight are eight",
		Set: lab.Settings{"signal": mix, "count": int64(len(plan)), "blocked": 1}, Do: []string{"400ms set blocked = off"}, For: 900 * time.Millisecond,
		Sees: "Of five USR1 one is taken; of eight real-time signals all, the lowest number first, those of one number in the order sent.",
		Must: mixed},
	{ID: "G3b", Name: "queue-full", Title: "The queue is full",
		Set: lab.Settings{"signal": 40, "count": 20, "blocked": 1, "limit": 8}, For: time.Second,
		Sees: "With RLIMIT_SIGPENDING at 8 no more than 8 are queued; further sends return EAGAIN.",
		Must: func(o *lab.Outcome) error {
			full := o.Count(func(e *lab.Event) bool { return e.Kind == lab.Signal && e.Ret == eAgain })
			return errors.Join(lab.Expect(o.Totals.Sent <= 8 && full >= 12, "%d were sent and %d got EAGAIN", o.Totals.Sent, full), agrees(o))
		}},
	{ID: "G6", Name: "stopped", Title: "A stopped process cannot die of TERM", Mode: lab.Step,
		Set: lab.Settings{"signal": term, "count": 1}, Do: []string{"200ms signal receiver STOP", "400ms step sender", "900ms signal receiver CONT", "1300ms wait receiver"}, For: 1600 * time.Millisecond,
		Sees: "TERM stays pending while the receiver is stopped; after CONT it dies of it, and is a zombie until it is waited for.",
		Must: func(o *lab.Outcome) error {
			waits, goes := mask(o, lab.FactShdPnd, term), o.Find(func(e *lab.Event) bool { return e.Kind == lab.Fault && e.Want == 18 })
			return errors.Join(stopped(o), lab.Expect(waits != nil && goes != nil && waits.At < goes.At, "TERM was not seen pending before CONT"), ended(o, "SIGTERM"),
				lab.Expect(o.WasState("receiver", 'Z', lab.WaitNone), "it was never seen a zombie"))
		}},
}

// mixed judges what was taken of the plan, and in which order.
func mixed(o *lab.Outcome) error {
	var got []int
	var values []uint64
	for i := range o.Events {
		if e := &o.Events[i]; e.Kind == lab.Deliver && e.Ret > 0 {
			got = append(got, int(e.Ret))
			if e.Ret == 36 || e.Ret == 38 {
				values = append(values, e.Word())
			}
		}
	}
	return errors.Join(lab.Expect(slices.Equal(got, []int{usr1, 35, 36, 36, 37, 38, 38, 39, 40}), "taken were %v", got),
		lab.Expect(slices.Equal(values, []uint64{2, 7, 1, 8}), "the values of 36 and 38 came as %v", values), agrees(o))
}

// mask finds the first look at which a signal was in one of the receiver's masks.
func mask(o *lab.Outcome, f lab.Fact, signo int) *lab.Event {
	n := o.Scene.ProcNumber("receiver")
	return o.Find(func(e *lab.Event) bool { return e.Is(f) && e.Proc == n && e.Word()>>(signo-1)&1 == 1 })
}

func taken1(o *lab.Outcome) *lab.Event {
	return o.Find(func(e *lab.Event) bool { return e.Kind == lab.Deliver && e.Ret > 0 })
}

func stopped(o *lab.Outcome) error {
	n := o.Scene.ProcNumber("receiver")
	t := o.Find(func(e *lab.Event) bool { return e.Is(lab.FactState) && e.Proc == n && e.Data[0] == 'T' })
	return lab.Expect(t != nil, "the receiver was never seen stopped")
}

func ended(o *lab.Outcome, signal string) error {
	p := o.Proc("receiver")
	return lab.Expect(p.Exit.Signal == signal && (signal != "" || p.Exit.Code == 0), "the receiver ended with %s", p.Exit)
}

func agrees(o *lab.Outcome) error {
	return lab.Expect(o.Agrees != nil && *o.Agrees, "the calls and the kernel do not agree")
}
