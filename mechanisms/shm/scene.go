package shm

import (
	"fmt"

	"ipclab/lab"
)

// Scene: the workers in a row, below them the page with its words.
func (mechanism) Scene(s lab.Settings) lab.Scene {
	switch s["work"] {
	case buffer, swapped:
		return bufferScene(s)
	case signal:
		return signalScene()
	}
	sc := lab.Scene{Parts: []lab.Part{{ID: "page", Type: lab.Page, Cap: pageSize, Holds: "bytes"}}}
	workers := s["workers"]
	switch s["work"] {
	case copies:
		sc.Parts = copyParts(workers)
	case pages:
		sc.Parts = objectParts(s)
	case own, apart:
		sc.Parts = append(sc.Parts, ownParts(workers, s["work"], "additions")...)
	case litmus, fenced:
		sc.Parts = append(sc.Parts, litmusParts()...)
		workers = 2
	case bySequence:
		sc.Parts = append(sc.Parts, sequenceParts(workers)...)
	default:
		sc.Parts = append(sc.Parts, countParts(s, workers)...)
	}
	for i := range workers {
		role := fmt.Sprint("worker", i+1)
		sc.Procs = append(sc.Procs, lab.Proc{Role: role, Kind: "worker", Group: lab.Peer, Gates: gates(s, i+1), Linger: s["lock"] == ownerPID})
		page := "page"
		if s["work"] == copies {
			page += fmt.Sprint(i + 1)
		}
		sc.Wires = append(sc.Wires, lab.Wire{From: role, To: page, As: lab.Map})
	}
	if s["work"] == pages && s["visitor"] != 0 {
		sc.Procs = append(sc.Procs, visitor(s))
		sc.Wires = append(sc.Wires, lab.Wire{From: visitorKind, To: "page", As: lab.Map})
	}
	return sc
}

// countParts lists what workers need who count together.
func countParts(s lab.Settings, workers int64) (parts []lab.Part) {
	lock := s["lock"]
	counter := inPage("counter", lab.Word, counterAt, 8)
	counter.Holds, counter.Law = lab.Updates, lab.Value
	first := inPage("lock", lab.Futex, lockAt, 8)
	first.Off = lock == none || lock == atomicAdd || isSemaphore(lock)
	if lock == recordLock {
		first = lab.Part{ID: "lock", Type: lab.FileLock, Title: "record lock on the page"}
	}
	parts = append(parts, counter, first)
	if lock == two || lock == ordered || lock == crossed {
		parts = append(parts, inPage("lock2", lab.Futex, lock2At, 8))
	}
	parts = append(parts, ownParts(workers, own, "")...)
	all := inPage("record", lab.Record, recordAt, 8*words)
	all.Off = s["record"] == 0
	parts = append(parts, all)
	if s["record"] == withJournal {
		note := inPage("note", lab.Word, noteAt, 8)
		note.Holds, note.Law = "note", lab.Value
		parts = append(parts, note)
	}
	if isSemaphore(lock) {
		parts = append(parts, lab.Part{ID: "sem", Type: lab.Sem, Cap: s["permits"]})
	}
	return parts
}

// ownParts lists the workers' own counters.
func ownParts(workers, work int64, holds string) (parts []lab.Part) {
	for i := range workers {
		p := inPage(fmt.Sprint("own", i+1), lab.Word, ownPlace(int(i), work), 8)
		p.Holds = holds
		parts = append(parts, p)
	}
	return parts
}

// ownPlace is where the counter of the i-th worker lies, from 0.
func ownPlace(i int, work int64) int64 {
	if work == apart {
		return int64(apartAt + line*i)
	}
	return int64(ownAt + 8*i)
}

func inPage(id string, t lab.PartType, at, size int64) lab.Part {
	return lab.Part{ID: id, Type: t, In: "page", Offset: at, Size: size}
}

// lockOf tells what a worker uses: one of them may do otherwise than the rest.
func lockOf(lock int64, worker int64) int64 {
	switch {
	case lock == forgotten && worker == 1:
		return none
	case lock == forgotten || lock == two:
		return mutex
	}
	return lock
}

func isSemaphore(lock int64) bool { return lock == semaphore || lock == noUndo }

// gates lists the operations of one round.
func gates(s lab.Settings, worker int64) (g []string) {
	switch s["work"] {
	case own, apart:
		return []string{"add"}
	case litmus, fenced:
		return []string{"begin", "store", "load", "clear"}
	case copies:
		return []string{"load", "add", "store"}
	case pages:
		return []string{"touch"}
	case bySequence:
		return sequenceGates(worker)
	}
	lock, journal := lockOf(s["lock"], worker), s["record"] == withJournal
	switch lock {
	case mutex:
		g = []string{"try", "sleep"}
	case ordered, crossed:
		g = []string{"try", "sleep", "try2", "sleep2"}
	case robust:
		g = []string{"try", "sleep"}
		if journal {
			g = append(g, "repair")
		}
	case spin, semaphore, noUndo, recordLock:
		g = []string{"try"}
	case ownerPID:
		g = []string{"try", "ask", "seize"}
	}
	if lock != atomicAdd {
		g = append(g, "load", "add")
	}
	g = append(g, "store")
	if s["record"] != 0 {
		g = append(g, "read")
		if journal {
			g = append(g, "note")
		}
		g = append(g, "write")
		if journal {
			g = append(g, "clear")
		}
	}
	switch lock {
	case mutex, robust:
		g = append(g, "unlock", "wake")
	case ordered, crossed:
		g = append(g, "unlock2", "wake2", "unlock", "wake")
	case spin, semaphore, noUndo, recordLock, ownerPID:
		g = append(g, "unlock")
	}
	return g
}
