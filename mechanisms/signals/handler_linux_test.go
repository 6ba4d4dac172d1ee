package signals

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
)

// Wherever it interrupts the main program, the handler runs once for each signal that
// was accepted, and the oldest first.
func TestHandlerRuns(t *testing.T) {
	if !lab.CanHandle {
		t.Skip("no handler for this kind of processor")
	}
	for name, sleep := range map[string]int64{"read": inRead, "poll": inPoll, "pause": inPause, "sigsuspend": inSuspend} {
		t.Run(name, func(t *testing.T) {
			set := lab.Settings{"signal": 41, "receiver": handles, "sleep": sleep, "sa_restart": sleep % 2, "limit": 1000}
			o := labtest.Record(t, Mechanism, lab.Options{Settings: set, Count: 3000}, 20*time.Second).Outcome
			var last, runs, stores uint64
			for i := range o.Events {
				e := &o.Events[i]
				switch {
				case e.Flags&lab.Handler == 0:
				case e.Kind == lab.Store:
					stores++
				case e.Kind == lab.Deliver:
					runs++
					if v := e.Word(); v <= last || e.Ret != 41 {
						t.Fatalf("event %d: signal %d with value %d after %d", e.Seq, e.Ret, v, last)
					}
					last = e.Word()
				}
			}
			want := runs
			if sleep == inRead || sleep == inPoll {
				want = 0 // nothing waits for a flag
			}
			s, r, dropped := o.Proc("sender").Sent, o.Proc("receiver").Received, o.Records.Dropped
			if r != s || runs == 0 || runs > s || runs < s && dropped == 0 || stores != want || o.Totals.Lost != 0 {
				t.Errorf("%d accepted, %d taken, the handler ran %d times and stored %d times, %d lost, %d records dropped", s, r, runs, stores, o.Totals.Lost, dropped)
			}
			if dropped > 0 {
				return // then nothing can be compared
			}
			if o.Agrees == nil || !*o.Agrees {
				t.Error("the calls and the kernel do not agree")
			}
		})
	}
}

// A receiver leaves no child behind, whether it ends by itself or is killed.
func TestChildrenEnd(t *testing.T) {
	if !lab.CanHandle {
		t.Skip("no handler for this kind of processor")
	}
	for name, do := range map[string][]string{"ended": nil, "killed": {"1s kill receiver"}} {
		t.Run(name, func(t *testing.T) {
			set := lab.Settings{"receiver": handles, "sleep": inPause, "children": 6, "count": 0}
			run := labtest.Record(t, Mechanism, lab.Options{Settings: set}, 2*time.Second, do...)
			parent := run.Outcome.Proc("receiver").PID
			for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				left := group(t, parent)
				if len(left) == 0 {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("of the group of %d are left: %v", parent, left)
				}
			}
		})
	}
}

// group lists the processes of a group that have not ended.
func group(t *testing.T, of int) (left []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatalf("list processes: %v", err)
	}
	for _, name := range stats {
		b, _ := os.ReadFile(name) // it may have ended meanwhile
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(f) > 2 && f[0] != "Z" && f[2] == strconv.Itoa(of) {
			left = append(left, name)
		}
	}
	return left
}
