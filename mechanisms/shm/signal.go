package shm

import "ipclab/lab"

// The kinds of processes at a flag.
const (
	waiter    = "waiter"
	signaller = "signaller"
)

// Where the flag lies, and the word on which one of the waiters sleeps.
const (
	flagAt = 0
	bellAt = 64
)

// signalScene: waiter1 sleeps on the bell, a word that never changes, as a condition
// variable is without its mutex; waiter2 sleeps on a semaphore. The signaller tells
// both that it has set the flag.
func signalScene() lab.Scene {
	flag := inPage("flag", lab.Word, flagAt, 8)
	flag.Holds, flag.Law = "flag", lab.Value
	bell := inPage("bell", lab.Futex, bellAt, 8)
	bell.Holds = "nothing"
	sc := lab.Scene{Parts: []lab.Part{{ID: "page", Type: lab.Page, Cap: pageSize, Holds: "bytes"}, flag,
		bell, {ID: "ready", Type: lab.Sem, Title: "semaphore", Holds: "posts"}}}
	add := func(role, kind string, side lab.Group, gates ...string) {
		sc.Procs = append(sc.Procs, lab.Proc{Role: role, Kind: kind, Group: side, Gates: gates})
		sc.Wires = append(sc.Wires, lab.Wire{From: role, To: "page", As: lab.Map})
	}
	add("signaller", signaller, lab.Giver, "store", "signal", "post")
	add("waiter1", waiter, lab.Taker, "test", "sleep")
	add("waiter2", waiter, lab.Taker, "test", "wait")
	sc.Wires = append(sc.Wires, lab.Wire{From: "signaller", To: "ready", As: lab.Raise})
	return sc
}
