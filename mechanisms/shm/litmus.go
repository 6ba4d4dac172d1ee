package shm

import "ipclab/lab"

// Where the words of this test lie, each in a cache line of its own. The last three
// are for the workers to agree about a round, and no part of the picture.
const (
	xAt       = 0
	yAt       = line
	zerosAt   = 2 * line // rounds in which both found 0
	roundsAt  = 3 * line // rounds that are over
	arrivedAt = 10 * line
	foundAt   = 11 * line // of worker1, and in the next line of worker2
)

// litmusParts lists the words of the store-buffer test. Only some of what happens to
// them is recorded: the lab looks at them.
func litmusParts() []lab.Part {
	x, y := inPage("x", lab.Word, xAt, 8), inPage("y", lab.Word, yAt, 8)
	zeros, rounds := inPage("zeros", lab.Word, zerosAt, 8), inPage("rounds", lab.Word, roundsAt, 8)
	x.Holds, y.Holds, rounds.Holds = "flag", "flag", "rounds"
	zeros.Title, zeros.Holds, zeros.Law = "both found 0", lab.Updates, lab.Value
	return []lab.Part{x, y, zeros, rounds}
}
