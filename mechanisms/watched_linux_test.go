package mechanisms_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"ipclab/lab"
	"ipclab/lab/labtest"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// watched is a run, and the book that is kept of it.
type watched struct {
	*testing.T
	run  *lab.Run
	info lab.Info
	book *lessons.Book
	tape *labtest.Tape
	now  *lessons.Values // as they were when until was satisfied
	o    *lab.Outcome
	es   []lab.Event // what had been told by then
}

func watch(t *testing.T, id string, o lab.Options, do ...string) *watched {
	t.Helper()
	m := mechanisms.Find(id)
	possible(t, m)
	run, err := lab.Start(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Stop()
		<-run.Done()
	})
	w := &watched{T: t, run: run, info: m.Info(), book: lessons.NewBook(), tape: &labtest.Tape{}}
	run.Attach(w.book)
	run.Attach(w.tape)
	for _, action := range do {
		w.do(action)
	}
	return w
}

func (w *watched) do(action string) {
	w.Helper()
	if err := w.run.Do(action); err != nil {
		w.Fatal(err)
	}
}

func (w *watched) compile(source string) *lessons.Expr {
	w.Helper()
	h := w.run.Header()
	e := &lessons.Expr{Source: source}
	if err := lessons.Compile(e, &w.info, &h.Scene); err != nil {
		w.Fatalf("%s: %v", source, err)
	}
	return e
}

// until waits until all of it holds in several looks, so that nothing moves any more.
func (w *watched) until(sources ...string) {
	w.Helper()
	e := w.compile(strings.Join(sources, " and "))
	held := 0
	for end := time.Now().Add(time.Minute); held < 4; time.Sleep(40 * time.Millisecond) {
		err := w.run.Examine(func(o *lab.Outcome) { w.now, w.o, w.es = w.book.Values(o, lessons.Extra{}), o, w.tape.Events })
		if err != nil {
			w.Fatal(err)
		}
		so, err := e.Eval(w.now)
		if held++; !so || err != nil {
			held = 0
		}
		if time.Now().After(end) {
			w.Fatalf("%s: %t, %v; %v", e.Source, so, err, e.Sides(w.now))
		}
	}
}

// holds checks claims on what was so at last, and that the recording of it says the
// same without an outcome; not of those that need one.
func (w *watched) holds(sources ...string) {
	w.Helper()
	for name, v := range map[string]*lessons.Values{"live": w.now, "recorded": w.recorded()} {
		for _, source := range sources {
			if e := w.compile(source); name == "live" || !e.Mentions("reordered") && !e.Mentions("duplicated") {
				if so, err := e.Eval(v); !so || err != nil {
					w.Errorf("%s: %s: %t, %v; %v", name, source, so, err, e.Sides(v))
				}
			}
		}
	}
}

// recorded tells what the recording of the run says, up to the same moment.
func (w *watched) recorded() *lessons.Values {
	w.Helper()
	h := w.run.Header()
	var file bytes.Buffer
	if err := lab.WriteRecording(&file, &h, w.es, nil); err != nil {
		w.Fatal(err)
	}
	rec, err := lab.OpenRecording(&file)
	if err != nil {
		w.Fatal(err)
	}
	book := lessons.NewBook()
	book.Start(&rec.Header)
	for {
		es, _, err := rec.Next()
		if err == io.EOF {
			return book.Values(nil, lessons.Extra{})
		}
		if err != nil {
			w.Fatal(err)
		}
		book.Records(es)
	}
}

// proc reads a file of a process; field is a line's beginning, or empty.
func (w *watched) proc(role, file, field string) string {
	w.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", w.o.Proc(role).PID, file))
	if err != nil {
		w.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			return strings.TrimSpace(rest)
		}
	}
	w.Fatalf("/proc of %s: no %q in %s", role, field, b)
	return ""
}

// syscall is the number of the call in which a process sleeps, and its first argument.
func (w *watched) syscall(role string) (nr, arg int) {
	w.Helper()
	f := strings.Fields(w.proc(role, "syscall", ""))
	if len(f) < 2 {
		w.Skipf("/proc/PID/syscall says %q", f)
	}
	nr, _ = strconv.Atoi(f[0])
	n, _ := strconv.ParseInt(f[1], 0, 64)
	return nr, int(n)
}

// fd is the descriptor of a role.
func (w *watched) fd(role string) int {
	w.Helper()
	for n := range 64 {
		if so, err := w.compile(fmt.Sprintf(`%s.fd(%d) != nil`, role, n)).Eval(w.now); err == nil && so {
			return n
		}
	}
	w.Fatalf("%s has no descriptor", role)
	return 0
}

func (w *watched) link(role string, fd int) string {
	w.Helper()
	s, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", w.o.Proc(role).PID, fd))
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// same checks every number and text that both the run and its recording know.
func (w *watched) same() {
	w.Helper()
	h := w.run.Header()
	recorded, compared := w.recorded(), 0
	for _, p := range h.Scene.Procs {
		w.sameOf("process", p.Role, recorded, &compared)
	}
	for _, p := range h.Scene.Parts {
		w.sameOf(string(p.Type), p.ID, recorded, &compared)
	}
	w.sameOf("", "", recorded, &compared)
	if compared < 30 {
		w.Errorf("only %d values could be compared", compared)
	}
}

func (w *watched) sameOf(typ, name string, recorded *lessons.Values, compared *int) {
	w.Helper()
	h := w.run.Header()
	for _, n := range lessons.Vocabulary(&w.info, &h.Scene) {
		full := n.Name
		if name != "" {
			full = name + "." + n.Name
		}
		if n.Of != typ || n.Name == "seconds" || n.Type != "number" && n.Type != "text" && n.Type != "yes or no" || strings.Contains(n.Name, "(") {
			continue
		}
		e := &lessons.Expr{Source: full + ` == ` + full}
		if err := lessons.Compile(e, &w.info, &h.Scene); err != nil {
			continue // the part has another name
		}
		live, then := e.Sides(w.now)[0], e.Sides(recorded)[0]
		if strings.HasPrefix(live.Value, "not known") || strings.HasPrefix(then.Value, "not known") {
			continue
		}
		if *compared++; !reflect.DeepEqual(live, then) {
			w.Errorf("%s is %s in the run, %s in its recording", full, live.Value, then.Value)
		}
	}
}

// stepTo lets a worker go until it waits at a gate.
func (w *watched) stepTo(role, gate string) {
	w.Helper()
	at := func() string {
		stands, err := w.run.Stands()
		if err != nil {
			w.Fatal(err)
		}
		for _, s := range stands {
			if s.Role == role {
				return s.Gate
			}
		}
		return ""
	}
	for end := time.Now().Add(time.Minute); at() == ""; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not come to a gate", role)
		}
	}
	for end := time.Now().Add(time.Minute); at() != gate; time.Sleep(2 * time.Millisecond) {
		if at() != "" {
			w.do("step " + role)
		}
		if time.Now().After(end) {
			w.Fatalf("%s does not come to the gate %s", role, gate)
		}
	}
}

// w3 makes settings of names and values.
func w3(pairs ...any) lab.Settings {
	s := lab.Settings{}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i].(string)] = int64(pairs[i+1].(int))
	}
	return s
}
