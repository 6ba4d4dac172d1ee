package shm

import (
	"fmt"

	"ipclab/lab"
)

// sequenceAt is where the counter lies, in another cache line than the record.
const sequenceAt = 0

// tallies are the words in which a reader counts, in memory of its own.
var tallies = [...]struct{ id, holds string }{{"retries", "retries"}, {"accepted", "accepted"}, {"torn_accepted", "torn, accepted"}}

// sequenceParts lists the counter and the record that worker1 writes, and what each of
// the others counts.
func sequenceParts(workers int64) []lab.Part {
	counter, all := inPage("sequence", lab.Word, sequenceAt, 8), inPage("record", lab.Record, recordAt, 8*words)
	counter.Holds = "steps"
	parts := []lab.Part{counter, all}
	for i := int64(2); i <= workers; i++ {
		for k, t := range tallies {
			p := lab.Part{ID: fmt.Sprint(t.id, i), Type: lab.Word, In: fmt.Sprint("worker", i), Offset: int64(8 * k), Size: 8}
			p.Holds = t.holds
			parts = append(parts, p)
		}
	}
	return parts
}

// sequenceGates lists the operations of one round: of the writer, or of one attempt of
// a reader.
func sequenceGates(worker int64) []string {
	if worker == 1 {
		return []string{"odd", "write", "even"}
	}
	return []string{"begin", "read", "check"}
}
