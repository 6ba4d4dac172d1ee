package lab

import "fmt"

// Budget is a refusal: what was asked for is more than there is room for. Nothing
// has been started.
type Budget struct {
	What  string // "processes"
	Asked int64
	Left  int64
	Limit string // where the limit was read: "/proc/sys/kernel/pid_max"
}

func (b *Budget) Error() string {
	return fmt.Sprintf("start %d %s: there is room for %d (%s); ask for fewer", b.Asked, b.What, b.Left, b.Limit)
}

// checkScene refuses a scene that does not fit the tables of a worker's page.
func checkScene(s Scene) (Scene, error) {
	switch {
	case len(s.Procs) == 0 || len(s.Procs) > maxProcs:
		return s, &Budget{"processes", int64(len(s.Procs)), maxProcs, "the lab's own limit for one run"}
	case len(s.Parts) >= maxParts:
		return s, &Budget{"parts", int64(len(s.Parts)), maxParts - 1, "the lab's own limit for one run"}
	}
	return s, nil
}
