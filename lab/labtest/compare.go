package labtest

import (
	"fmt"
	"slices"
)

// A Logged call is one as the lab's event log tells it: it began at Call.At and
// took Dur.
type Logged struct {
	Call
	Dur int64
}

// Compare puts the calls that the lab logged beside those that a witness saw, one
// to one and in order for each process, and returns how they differ. A witness's
// time must lie within the call's own; slack is how well the two clocks are known
// against each other, in ns. A call that its process did not survive compares as
// unknown: the witness may know its result or may not have seen it.
func Compare(logged []Logged, seen []Call, slack int64) (differences []string) {
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	log, saw := map[int][]Logged{}, map[int][]Call{}
	for _, c := range logged {
		log[c.PID] = append(log[c.PID], c)
	}
	for _, c := range seen {
		saw[c.PID] = append(saw[c.PID], c)
	}
	for pid := range saw {
		if log[pid] == nil {
			differ("%d: %d calls seen, none logged, the first %v", pid, len(saw[pid]), saw[pid][0])
		}
	}
	for pid, l := range log {
		slices.SortStableFunc(l, func(a, b Logged) int { return int(min(max(a.At-b.At, -1), 1)) })
		s, open := saw[pid], 0
		for i, c := range l {
			if c.Open {
				open++
			}
			switch {
			case i >= len(s) && !c.Open:
				differ("%d: call %d logged as %v, not seen", pid, i, c.Call)
			case i >= len(s):
			case !same(c.Call, s[i]):
				differ("%d: call %d logged as %v, seen as %v", pid, i, c.Call, s[i])
			case s[i].At < c.At-slack || !c.Open && s[i].At > c.At+c.Dur+slack:
				differ("%d: call %d %v seen %d ns after it began, of %d", pid, i, c.Call, s[i].At-c.At, c.Dur)
			}
		}
		if len(s) > len(l) {
			differ("%d: %d calls seen, %d logged, the first of the others %v", pid, len(s), len(l), s[len(l)])
		}
		if open > 1 {
			differ("%d: %d calls of unknown outcome, at most one can be", pid, open)
		}
	}
	return differences
}

func same(a, b Call) bool {
	if a.Name != b.Name || a.Object != b.Object {
		return false
	}
	if a.Want != b.Want && a.Want >= 0 && b.Want >= 0 {
		return false
	}
	return a.Open || b.Open || a.Errno == b.Errno && (a.Ret == b.Ret || a.Errno != "")
}
