package shm

import (
	"fmt"
	"strings"

	"ipclab/lab"
)

// copyParts lists a page for each worker, all at the same address, and the word x
// in each of them.
func copyParts(workers int64) (parts []lab.Part) {
	for i := range workers {
		role := fmt.Sprint("worker", i+1)
		page := lab.Part{ID: fmt.Sprint("page", i+1), Type: lab.Page, Title: "page of " + role, Cap: pageSize, Holds: "bytes"}
		x := lab.Part{ID: fmt.Sprint("x", i+1), Type: lab.Word, Title: "x", In: page.ID, Offset: counterAt, Size: 8, Holds: "additions", Law: lab.Value}
		parts = append(parts, page, x)
	}
	return parts
}

// objectParts lists an object of many pages, whose first word counts the rounds.
func objectParts(s lab.Settings) []lab.Part {
	counter := inPage("counter", lab.Word, counterAt, 8)
	counter.Holds, counter.Law = lab.Updates, lab.Value
	title := "shared object"
	if s["object"] == systemV {
		title = "System V segment"
	}
	return []lab.Part{{ID: "page", Type: lab.Page, Title: title, Cap: s["pages"] * pageSize, Holds: "bytes"}, counter}
}

// visitorKind is the kind of a process that comes beside the workers, and its role.
const visitorKind = "visitor"

// visitor looks at the object when all workers have gone, or takes it away from them.
func visitor(s lab.Settings) lab.Proc {
	p := lab.Proc{Role: visitorKind, Kind: visitorKind, Group: lab.Peer, Gates: []string{"load"}}
	switch deed := s["visitor"]; {
	case deed == truncates && s["object"] != systemV:
		p.Gates = []string{"truncate", "leave"}
	case deed == removes && s["object"] != systemV:
		p.Gates = []string{"unlink", "leave"}
	case deed == removes:
		p.Gates = []string{"remove", "find", "attach", "load", "leave"}
	}
	return p
}

// objectSource is what workers and visitor run.
func objectSource(s lab.Settings) string {
	source := []string{object}
	if s["visitor"] > looks && s["object"] != systemV {
		source = append(source, pulled)
	}
	if s["object"] == systemV {
		source = append(source, segments)
	}
	return strings.Join(append(source, work), "\n")
}
