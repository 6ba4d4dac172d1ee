package shm

import (
	"fmt"

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
func objectParts(pages int64) []lab.Part {
	counter := inPage("counter", lab.Word, counterAt, 8)
	counter.Holds, counter.Law = lab.Updates, lab.Value
	return []lab.Part{{ID: "page", Type: lab.Page, Title: "shared object", Cap: pages * pageSize, Holds: "bytes"}, counter}
}

// visitor is a process that comes when all workers have gone.
var visitor = lab.Proc{Role: "visitor", Kind: "visitor", Group: lab.Peer, Gates: []string{"load"}}
