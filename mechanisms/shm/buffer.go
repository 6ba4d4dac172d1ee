package shm

import (
	"fmt"

	"ipclab/lab"
)

// The kinds of processes at a ring of slots.
const (
	producer = "producer"
	consumer = "consumer"
)

// Where the ring lies: how many items were put and how many were taken, the slots, and
// which semaphores there are.
const (
	putAt   = 0
	takenAt = 8
	slotAt  = 128
	mutexAt = semAt
	emptyAt = semAt + 8
	fullAt  = semAt + 16
)

// bufferScene: producers left, consumers right, a ring of slots in the page, and three
// semaphores. Two of them count slots; who raises one is who makes such slots.
func bufferScene(s lab.Settings) lab.Scene {
	put, taken := inPage("put", lab.Word, putAt, 8), inPage("taken", lab.Word, takenAt, 8)
	put.Law, taken.Law = lab.Value, lab.Value
	sc := lab.Scene{Parts: []lab.Part{{ID: "page", Type: lab.Page, Cap: pageSize, Holds: "bytes"}, put, taken}}
	for i := range s["slots"] {
		p := inPage(fmt.Sprint("slot", i+1), lab.Word, slotAt+8*i, 8)
		p.Holds, p.Law = lab.Items, lab.Value
		sc.Parts = append(sc.Parts, p)
	}
	sc.Parts = append(sc.Parts,
		lab.Part{ID: "empty", Type: lab.Sem, Title: "empty slots", Cap: s["slots"], Holds: "slots"},
		lab.Part{ID: "full", Type: lab.Sem, Title: "full slots", Cap: s["slots"], Holds: "slots"},
		lab.Part{ID: "mutex", Type: lab.Sem, Title: "mutex", Cap: 1})
	add := func(kind string, n int64, side lab.Group, raises string, gates ...string) {
		if s["work"] == swapped {
			gates[0], gates[1] = gates[1], gates[0]
		}
		for i := range n {
			role := fmt.Sprint(kind, i+1)
			sc.Procs = append(sc.Procs, lab.Proc{Role: role, Kind: kind, Group: side, Gates: gates})
			sc.Wires = append(sc.Wires, lab.Wire{From: role, To: "page", As: lab.Map}, lab.Wire{From: role, To: raises, As: lab.Raise})
		}
	}
	add(producer, s["workers"], lab.Giver, "full", "wait-empty", "wait-mutex", "put", "post-mutex", "post-full")
	add(consumer, s["consumers"], lab.Taker, "empty", "wait-full", "wait-mutex", "take", "post-mutex", "post-empty")
	return sc
}
