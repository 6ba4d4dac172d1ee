package shm

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ipclab/lab"
)

var experiments = []lab.Experiment{
	{ID: "S1", Name: "lost-update", Title: "A lost update, step by step", Mode: lab.Step,
		Do: steps("1 2 1 1 2 2"), For: 1500 * time.Millisecond,
		Sees: "Both workers load 0 and store 1: two updates, and the counter is 1.",
		Must: func(o *lab.Outcome) error {
			conflict := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Store && e.Flags&lab.Conflict != 0 })
			return errors.Join(counted(o, 1, 2), lab.Expect(conflict != nil, "no store was made over a newer value"), agrees(o))
		}},
	{ID: "S1b", Name: "race", Title: "Lost updates at full speed",
		Set: lab.Settings{"n": 1_000_000}, For: 10 * time.Second, Usually: 0.9,
		Sees: "Two workers on two cores add 1 000 000 each, and the counter ends below 2 000 000.",
		Must: func(o *lab.Outcome) error { return lost(o) }},
	{ID: "S2", Name: "mutex", Title: "A mutex loses nothing",
		Set: lab.Settings{"lock": mutex, "n": 2_000}, For: 10 * time.Second,
		Sees: "Under a futex mutex the counter ends at exactly 4 000; only who finds it taken makes a system call.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(counted(o, 4_000, 4_000), agrees(o))
		}},
	{ID: "S2b", Name: "atomic", Title: "An atomic addition loses nothing",
		Set: lab.Settings{"lock": atomicAdd, "n": 5_000}, For: 10 * time.Second,
		Sees: "One instruction that nobody can come between: exactly 10 000.",
		Must: func(o *lab.Outcome) error { return errors.Join(counted(o, 10_000, 10_000), agrees(o)) }},
	{ID: "S2c", Name: "semaphore", Title: "A semaphore loses nothing",
		Set: lab.Settings{"lock": semaphore, "n": 5_000}, For: 10 * time.Second,
		Sees: "A System V semaphore as lock: exactly 10 000, and two system calls for each.",
		Must: func(o *lab.Outcome) error {
			calls := o.Count(func(e *lab.Event) bool { return (e.Kind == lab.Lock || e.Kind == lab.Unlock) && e.Ret == 0 })
			return errors.Join(counted(o, 10_000, 10_000), lab.Expect(calls == 20_000 || o.Records.Dropped > 0, "%d calls of semop", calls), agrees(o))
		}},
	{ID: "S2d", Name: "forgotten", Title: "One of them forgets the lock",
		Set: lab.Settings{"lock": forgotten, "window": yield, "n": 2_000}, For: 10 * time.Second, Usually: 0.9,
		Sees: "worker1 does not take the mutex that worker2 takes: updates are lost as if there were none.",
		Must: lost},
	{ID: "S2e", Name: "two-locks", Title: "Two locks for one datum",
		Set: lab.Settings{"lock": two, "window": yield, "n": 2_000}, For: 10 * time.Second, Usually: 0.9,
		Sees: "Each worker takes a mutex, but not the same one: updates are lost.",
		Must: lost},
	{ID: "S3", Name: "one-core", Title: "Also with both on one core",
		Set: lab.Settings{"placement": 0, "window": yield, "n": 2_000}, For: 10 * time.Second,
		Sees: "They never run at the same time, yet updates are lost: the other one runs between load and store.",
		Must: lost},
	{ID: "S4", Name: "torn-record", Title: "A torn record, step by step", Mode: lab.Step, Set: lab.Settings{"record": 1},
		Do: steps("1 1 1 1 1 1 1 2 2 2 2"), For: 2200 * time.Millisecond,
		Sees: "worker1 has written three of eight words when worker2 reads: it finds words of two updates.",
		Must: func(o *lab.Outcome) error {
			torn := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Load && e.Flags&lab.Torn != 0 })
			return lab.Expect(torn != nil && o.Totals.Torn == 1, "%d torn records were read", o.Totals.Torn)
		}},
	{ID: "S4b", Name: "whole-record", Title: "A mutex keeps the record whole",
		Set: lab.Settings{"record": 1, "lock": mutex, "n": 500}, For: 10 * time.Second,
		Sees: "Whoever reads under the mutex finds eight words of one update, every time.",
		Must: func(o *lab.Outcome) error {
			return errors.Join(counted(o, 1_000, 1_000), lab.Expect(o.Totals.Torn == 0, "%d torn records were read", o.Totals.Torn))
		}},
	{ID: "S8", Name: "owner-dies", Title: "The owner of a mutex is killed", Mode: lab.Step, Set: lab.Settings{"lock": mutex, "record": 1},
		Do: killOwner, For: 2200 * time.Millisecond,
		Sees: "The lock word still names the dead worker1, and worker2 sleeps for ever.",
		Must: func(o *lab.Outcome) error {
			p, word := o.Proc("worker2"), *o.Part("lock").Level
			return errors.Join(killed(o), lab.Expect(p.BlockedIn == "futex", "worker2 was in %q in the end", p.BlockedIn),
				lab.Expect(word&^(waiters|ownerDied) == int64(o.Proc("worker1").PID), "the lock word is %#x, not that of %d", word, o.Proc("worker1").PID))
		}},
	{ID: "S8b", Name: "robust", Title: "A robust mutex is passed on", Mode: lab.Step, Set: lab.Settings{"lock": robust, "record": 1},
		Do: append(killOwner[:len(killOwner):len(killOwner)], "1500ms step worker2"), For: 2200 * time.Millisecond,
		Sees: "The kernel writes OWNER_DIED into the word and wakes worker2, which takes the lock and learns of it.",
		Must: func(o *lab.Outcome) error {
			n := o.Scene.ProcNumber("worker2")
			took := o.Find(func(e *lab.Event) bool {
				return e.Kind == lab.Lock && e.Proc == n && e.Ret == 1 && e.Flags&lab.OwnerDied != 0
			})
			return errors.Join(killed(o), lab.Expect(took != nil, "worker2 did not take the lock from its dead owner"))
		}},
	{ID: "S8c", Name: "undo", Title: "SEM_UNDO gives a semaphore back", Mode: lab.Step, Set: lab.Settings{"lock": semaphore, "record": 1},
		Do: append(steps("1 1 1 2"), "1300ms kill worker1"), For: 2200 * time.Millisecond,
		Sees: "worker2 sleeps in semop; worker1 is killed, the kernel raises the semaphore again, and worker2 goes on.",
		Must: func(o *lab.Outcome) error {
			n := o.Scene.ProcNumber("worker2")
			took := o.Find(func(e *lab.Event) bool { return e.Kind == lab.Lock && e.Proc == n && e.Ret == 0 })
			return errors.Join(killed(o), lab.Expect(o.Slept("worker2", lab.WaitSem), "worker2 was never seen asleep in semop"),
				lab.Expect(took != nil, "worker2 did not get the semaphore"))
		}},
	{ID: "S11", Name: "busy-wait", Title: "Waiting that burns a core",
		Set: lab.Settings{"lock": spin, "window": asleep, "n": 0}, For: time.Second,
		Sees: "While one holds the spin lock, the other tries again thousands of times a second and never sleeps for it.",
		Must: func(o *lab.Outcome) error {
			n := o.Count(failedTry)
			return errors.Join(lab.Expect(n > 1000, "%d tries failed", n), lab.Expect(!o.Slept("worker1", lab.WaitFutex), "worker1 slept in futex"), lostNone(o))
		}},
	{ID: "S11b", Name: "blocking-wait", Title: "Waiting that costs nothing",
		Set: lab.Settings{"lock": mutex, "window": asleep, "n": 0}, For: time.Second,
		Sees: "While one holds the mutex, the other sleeps: a try, a system call, and no more until it is woken.",
		Must: func(o *lab.Outcome) error {
			tries, updates := o.Count(failedTry), int(o.Totals.Sent)
			waits := o.Count(func(e *lab.Event) bool { return e.Kind == lab.Block && e.Call == lab.CallFutex })
			return errors.Join(lab.Expect(waits > 0, "nobody slept"), lab.Expect(tries <= 4*updates+4, "%d tries failed for %d updates", tries, updates), lostNone(o))
		}},
}

// killOwner lets worker1 take the lock and begin, worker2 fall asleep on it, and
// kills worker1.
var killOwner = append(steps("1 1 1 2 2"), "1000ms kill worker1")

// steps lets the workers go one operation each, in this order, 120 ms apart.
func steps(order string) (all []string) {
	for i, n := range strings.Fields(order) {
		all = append(all, fmt.Sprintf("%dms step worker%s", 200+120*i, n))
	}
	return all
}

func failedTry(e *lab.Event) bool { return e.Kind == lab.Lock && e.Ret == 0 && e.Call == lab.CallNone }

func counted(o *lab.Outcome, counter, expected int64) error {
	t := o.Totals
	return lab.Expect(t.Counter != nil && *t.Counter == counter && *t.Expected == expected, "the counter is %d after %d updates", value(t.Counter), value(t.Expected))
}

func lost(o *lab.Outcome) error {
	return lab.Expect(o.Totals.Lost > 0, "none of %d updates was lost", value(o.Totals.Expected))
}

func lostNone(o *lab.Outcome) error {
	return lab.Expect(o.Totals.Lost == 0, "%d of %d updates were lost", o.Totals.Lost, value(o.Totals.Expected))
}

func killed(o *lab.Outcome) error {
	p := o.Proc("worker1")
	return lab.Expect(p.Exit.Signal == "SIGKILL", "worker1 ended with %s", p.Exit)
}

func agrees(o *lab.Outcome) error {
	return lab.Expect(o.Agrees != nil && *o.Agrees, "the calls and the memory do not agree")
}

func value(v *int64) int64 {
	if v == nil {
		return -1
	}
	return *v
}
