package lessons_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

func TestMain(m *testing.M) { labtest.Main(m, mechanisms.All...) }

// lesson reads a lesson whose steps are written as do lines, "--", and claims.
func lesson(t *testing.T, lab string, steps ...string) *lessons.Lesson {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "---\nid: try\ntitle: Try\nmechanism: %s\nlab: %s\nlevel: 1\nminutes: 1\n---\n\n:::hook\nWhat happens?\n:::\n", lab, lab)
	for i, s := range steps {
		do, claims, _ := strings.Cut(s, "--")
		fmt.Fprintf(&b, "\n## Step %d {#s%d}\n\n:::do\n%s\n:::\n", i+1, i+1, strings.TrimSpace(do))
		for c := range strings.SplitSeq(claims, "--") {
			mods, exprs, _ := strings.Cut(c, "\n")
			fmt.Fprintf(&b, "\n:::claim %s\n%s\n:::\n", strings.TrimSpace(mods), strings.TrimSpace(exprs))
		}
	}
	l, bad := lessons.Parse("try.md", []byte(b.String()))
	for _, p := range append(bad, lessons.Check([]*lessons.Lesson{l}, mechanisms.All)...) {
		if !p.Warning {
			t.Fatalf("%s\n%s", p, b.String())
		}
	}
	return l
}

// session performs lessons on real processes.
func session(t *testing.T, l *lessons.Lesson) *lessons.Session {
	t.Helper()
	s := lessons.NewSession(l, mechanisms.Find(l.Lab), func(_ context.Context, o lab.Options) (lessons.Run, error) {
		return lab.Start(context.WithoutCancel(t.Context()), mechanisms.Find(l.Lab), o)
	}, nil)
	t.Cleanup(s.Close)
	return s
}

func perform(t *testing.T, s *lessons.Session, step *lessons.Step) *lessons.Report {
	t.Helper()
	r, err := s.Perform(t.Context(), step, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// held requires that everything a step claims held.
func held(t *testing.T, r *lessons.Report) {
	t.Helper()
	if r.State != lessons.Judged {
		t.Fatalf("step %s is %s: %s", r.Step, r.State, r.Why)
	}
	for _, c := range r.Claims {
		if !c.Held || c.Error != "" {
			t.Errorf("step %s: %s: held %t, %s %v", r.Step, c.Text, c.Held, c.Error, c.Sides)
		}
	}
}

// A step without a start goes on with what the step before has left, or performs
// that first.
func TestStepsGoOn(t *testing.T) {
	l := lesson(t, "pipe", `
set rate = 0
set size = 1024
start
signal reader STOP
wait writer.blocked_in == "pipe_write" within 10s
--
pipe.bytes == pipe.capacity and reader.state == "stopped"
--
writer.blocked_in == "pipe_write"`, `
mark go
signal reader CONT
wait received > 64 within 10s
-- within 5s
lost == 0 and received > 64 and at("go") > 0`)
	s := session(t, l)
	first := perform(t, s, l.Steps[0])
	held(t, first)
	pid := first.PIDs["writer"]
	next := perform(t, s, l.Steps[1])
	held(t, next)
	if next.PIDs["writer"] != pid {
		t.Error("the second step did not go on with the processes of the first")
	}
	again := perform(t, s, l.Steps[1])
	held(t, again)
	if again.PIDs["writer"] == pid {
		t.Error("performed again, it did not begin with new processes")
	}
	alone := session(t, l)
	held(t, perform(t, alone, l.Steps[1]))
}

// What a person has set holds instead of what the lesson sets.
func TestOver(t *testing.T) {
	l := lesson(t, "pipe", "set size = 1024\nset rate = 0\nmode step\nstart\nsignal reader STOP\nmode full\nwait writer.blocked_in == \"pipe_write\" within 10s\n--\npipe.bytes == pipe.capacity")
	s := session(t, l)
	r, err := s.Perform(t.Context(), l.Steps[0], lab.Settings{"size": 1000})
	if err != nil || r.State != lessons.Judged {
		t.Fatal(err, r.Why)
	}
	if c := r.Claims[0]; c.Held || len(c.Sides) != 2 || c.Sides[0].Value != "64\u00a0000" { // four in each page, and the rest of it empty
		t.Errorf("with 1 000 bytes: %+v", c)
	}
	held(t, perform(t, s, l.Steps[0]))
}

// All orders are tried with real processes: of six, four lose an update.
func TestExplore(t *testing.T) {
	l := lesson(t, "shm", "set n = 1\nexplore worker1 load store, worker2 load store\n--\nlen(schedules) == 6\ncount(schedules, .counter == 1) == 4\ncount(schedules, .lost == 0) == 2")
	r := perform(t, session(t, l), l.Steps[0])
	held(t, r)
	if !strings.HasPrefix(r.Schedules[0].Order, "worker1.load worker1.store worker2.load") || r.Schedules[0].Lost != 0 {
		t.Errorf("one after the other: %+v", r.Schedules[0])
	}
}

// A worker is killed at each of its gates: a robust mutex lets the other one go on,
// a plain one does not once it was taken.
func TestExploreKill(t *testing.T) {
	for lock, ends := range map[string]string{"robust": "all(schedules, .ended)", "futex": "any(schedules, not .ended) and any(schedules, .ended)"} {
		l := lesson(t, "shm", "set n = 1\nset lock = "+lock+"\nexplore kill worker1\n--\nlen(schedules) == 5\n"+ends)
		held(t, perform(t, session(t, l), l.Steps[0]))
	}
}

func TestGateAndRepeat(t *testing.T) {
	l := lesson(t, "shm", "mode step\nset n = 1\nstart\ngate worker1 store\nstep worker2 2\n--\nworker1.gate == \"store\" and worker2.gate == \"store\" and counter == 0",
		"repeat 3\nset n = 5\nset lock = futex\nmode full\nstart\nwait counter == 10 within 10s\n--\nlen(samples) == 3 and all(samples, .lost == 0) and runs_lost == 0")
	s := session(t, l)
	held(t, perform(t, s, l.Steps[0]))
	held(t, perform(t, s, l.Steps[1]))
}

// What does not come true is told with what was seen last, and nothing is judged.
func TestWaitInVain(t *testing.T) {
	l := lesson(t, "pipe", "start\nwait pipe.bytes == 3 within 300ms\n--\nlost == 0")
	r := perform(t, session(t, l), l.Steps[0])
	if r.State != lessons.Failed || len(r.Claims) != 0 || r.Lines[1].State != "failed" || !strings.Contains(r.Why, "pipe.bytes = ") {
		t.Errorf("%+v", r)
	}
}

// What must hold for a time is watched for that time.
func TestHoldFor(t *testing.T) {
	l := lesson(t, "pipe", "start\nrun 200ms\n-- hold 600ms\nseconds < 0.7\n-- hold 200ms\nlost == 0\n-- within 3s\nreceived > 10")
	r := perform(t, session(t, l), l.Steps[0])
	if r.State != lessons.Judged || r.Claims[0].Held || !r.Claims[1].Held || !r.Claims[2].Held {
		t.Errorf("%s %+v", r.Why, r.Claims)
	}
}

// A run that somebody ends or restarts is nobody's to judge.
func TestTaken(t *testing.T) {
	l := lesson(t, "pipe", "start\nrun 20s\n--\nlost == 0")
	for _, what := range []string{"stop", "restart", "cancel"} {
		s := session(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for s.Run() == nil {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond)
			if what == "cancel" {
				cancel()
			} else if err := s.Run().Do(what); err != nil {
				t.Error(err)
			}
		}()
		r, err := s.Perform(ctx, l.Steps[0], nil)
		if err != nil || r.State != lessons.Taken {
			t.Errorf("%s: %v %+v", what, err, r)
		}
	}
}

// Held processes stand at their first gates until the step is performed.
func TestHold(t *testing.T) {
	l := lesson(t, "pipe", "set size = 100\nstart\nwait received > 0 within 20s\n--\nreceived > 0 and settings.size == 100")
	s := session(t, l)
	if err := s.Hold(t.Context(), l.Steps[0], nil); err != nil {
		t.Fatal(err)
	}
	for {
		all, err := s.Run().Stands()
		if err != nil {
			t.Fatal(err)
		}
		if all[0].Gate == "write" && all[1].Gate == "read" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if h := s.Run().Header(); h.Settings["size"] != 100 {
		t.Errorf("it is held with size %d", h.Settings["size"])
	}
	held(t, perform(t, s, l.Steps[0]))
}

// The lesson in the guide has no mistakes, and holds.
func TestGuideLesson(t *testing.T) {
	_, src, _ := strings.Cut(lessons.Format, "```lesson\n")
	src, _, _ = strings.Cut(src, "```")
	l, found := lessons.Parse("guide", []byte(src))
	if found = append(found, lessons.Check([]*lessons.Lesson{l}, mechanisms.All)...); len(found) > 0 {
		t.Fatal(found)
	}
	for _, step := range l.Steps {
		if r := perform(t, session(t, l), step); !r.Holds() {
			t.Errorf("%s %s %q", r.State, r.Why, r.Misses())
		}
	}
}
