package mechanisms_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// eventLog is what --events wrote.
type eventLog struct {
	lines       []line
	workers     map[int]bool
	objects     map[string]bool
	descriptors map[[2]int]string // pid, descriptor → object
	maps        map[int][]mapping // pid → where parts lie
	parts       map[string]lab.Part
	pids        map[string]int
	dropped     int64
}

type mapping struct {
	part       string
	addr, size int64
}

type line struct {
	Seq    uint64   `json:"seq"`
	T      int64    `json:"t"`
	Dur    int64    `json:"dur"`
	Kind   string   `json:"kind"`
	Call   string   `json:"call"`
	Proc   string   `json:"proc"`
	PID    int      `json:"pid"`
	Part   string   `json:"part"`
	Object string   `json:"object"`
	Want   int64    `json:"want"`
	Ret    int64    `json:"ret"`
	Err    string   `json:"err"`
	Level  int64    `json:"level"`
	Data   uint64   `json:"data"`
	Flags  []string `json:"flags"`
}

func readEvents(t *testing.T, m lab.Mechanism, path string) *eventLog {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	log := &eventLog{workers: map[int]bool{}, objects: map[string]bool{}, descriptors: map[[2]int]string{}, maps: map[int][]mapping{}, parts: map[string]lab.Part{}, pids: map[string]int{}}
	log.know(m, nil)
	for _, k := range m.Info().Knobs {
		for i := range k.Values { // some parts are there for some choices only
			chosen := k.Min + int64(i)
			log.know(m, lab.Settings{k.Name: chosen})
			for _, l := range m.Info().Knobs { // or for two of them together
				for j := range l.Values {
					if s := (lab.Settings{l.Name: l.Min + int64(j)}); l.Name != k.Name {
						s[k.Name] = chosen
						log.know(m, s)
					}
				}
			}
		}
	}
	in := bufio.NewScanner(f)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", in.Text(), err)
		}
		log.add(l)
	}
	if in.Err() != nil || len(log.lines) == 0 {
		t.Fatalf("%d events, error %v", len(log.lines), in.Err())
	}
	return log
}

// know notes which other parts there are under some settings.
func (log *eventLog) know(m lab.Mechanism, s lab.Settings) {
	for _, p := range m.Scene(labtest.Settings(m, s)).Parts {
		if _, known := log.parts[p.ID]; !known {
			log.parts[p.ID] = p
		}
	}
}

func (log *eventLog) add(l line) {
	log.lines = append(log.lines, l)
	switch {
	case l.Kind == "spawn":
		log.workers[l.PID], log.pids[l.Proc] = true, l.PID
	case l.Kind == "lost":
		log.dropped += l.Level
	case l.Kind == "state" && l.Call == "sample" && l.Level > 1:
		log.dropped++ // from here on not every call is recorded
	case l.Kind == "state" && l.Call == "fd":
		log.descriptors[[2]int{l.PID, int(l.Ret)}] = l.Object
	case l.Kind == "state" && l.Call == "map":
		log.maps[l.PID] = append(log.maps[l.PID], mapping{l.Part, l.Level, 4096})
	}
	if l.Object != "" && (l.Call == "read" || l.Call == "write") {
		log.objects[l.Object] = true
	}
}

// ours tells whether a call is one that the mechanism made on its own objects: the
// lab's and the Go runtime's are not.
func (log *eventLog) ours(c labtest.Call) bool {
	if !log.workers[c.PID] {
		return false
	}
	switch c.Name {
	case "read", "write":
		return log.objects[c.Object]
	case "futex WAIT", "futex WAKE":
		addr, _ := strconv.ParseInt(c.Object, 0, 64)
		return slices.ContainsFunc(log.maps[c.PID], func(m mapping) bool { return addr >= m.addr && addr < m.addr+m.size })
	case "kill", "rt_sigqueueinfo":
		to, _ := strconv.Atoi(c.Object)
		return log.workers[to] && to != c.PID
	case "wait4": // for whichever child; in the end those that are left are waited for, each by its number
		return c.Object == "-1"
	case "fcntl": // what else it can do is not told
		return c.Want >= 0
	case "rt_sigaction": // it asks for a handler for these; what others do by default is not told
		return c.Want == 9 || c.Want == 19
	case "rt_sigtimedwait", "rt_sigsuspend", "pause", "ppoll", "semop", "semtimedop", "shmget", "shmat", "shmctl", "ftruncate", "unlinkat":
		return true
	}
	return false
}

// siginfo is how many bytes a signalfd gives.
const siginfo = 128

// address is where the word of a part lies in the process's own memory.
func (log *eventLog) address(l line) string {
	part := log.parts[l.Part]
	for _, m := range log.maps[l.PID] {
		if m.part == part.In {
			return fmt.Sprintf("%#x", m.addr+part.Offset)
		}
	}
	return ""
}

func (log *eventLog) calls() (all []labtest.Logged) {
	type start struct {
		pid int
		t   int64
	}
	told := map[start]bool{}
	for _, l := range slices.Backward(log.lines) {
		again := start{l.PID, l.T}
		if l.Kind == "block" && told[again] {
			continue // the call's own record tells it too, once it is over
		}
		told[again] = true
		c := labtest.Call{PID: l.PID, At: l.T, Name: l.Call, Object: l.Object, Want: l.Want, Ret: l.Ret, Errno: l.Err,
			Open: slices.Contains(l.Flags, "open") || slices.Contains(l.Flags, "stopped")}
		switch {
		case !slices.Contains(calls, l.Call) || slices.Contains(l.Flags, "settles"):
			continue
		case l.Call == "futex":
			c.Name = "futex WAIT"
			if l.Kind == "wake" {
				c.Name = "futex WAKE"
			}
			c.Object = log.address(l)
		case l.Kind == "block" || l.Kind == "wake":
			continue // told by the lab, which saw the call sleep
		case l.Call == "fcntl":
			c.Object = ""
		case l.Kind == "signal" && l.Part == "": // it asks for a process by its number
			c.Object = fmt.Sprint(l.Data)
		case l.Kind == "signal":
			c.Object = strconv.Itoa(log.pids[log.parts[l.Part].In])
		case l.Kind == "deliver" && l.Call == "read": // which tells the signal, not the bytes
			c.Want = siginfo
			if l.Err == "" {
				c.Ret = siginfo
			}
		case l.Call == "wait4":
			c.Object, c.Want = "-1", -1
		case l.Call == "shmat", l.Call == "shmctl":
			c.Object = strings.TrimPrefix(l.Object, "shmid ")
		case l.Call == "unlinkat":
			c.Want = -1
		case l.Kind == "deliver", l.Call == "rt_sigaction", l.Call == "ppoll", l.Call == "shmget":
			c.Object, c.Want = "", -1
		}
		all = append(all, labtest.Logged{Call: c, Dur: l.Dur})
	}
	slices.Reverse(all)
	return all
}
