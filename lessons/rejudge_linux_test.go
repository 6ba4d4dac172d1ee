package lessons_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ipclab/lab"
	"ipclab/lessons"
)

// kept performs the one step of a lesson and gives its recording.
func kept(t *testing.T, l *lessons.Lesson) []byte {
	t.Helper()
	s, tape := session(t, l), &lessons.Tape{}
	s.Witness = tape
	held(t, perform(t, s, l.Steps[0]))
	folder := t.TempDir()
	if err := tape.Keep(folder, l.Steps[0]); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, l.ID, l.Steps[0].ID+".tape"))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := lessons.OpenTape(b)
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(rec)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const fillPipe = "set rate = 0\nset size = 1024\nstart\nsignal reader STOP\nwait writer.blocked_in == \"pipe_write\" within 20s\nmark full"

// On a recording the same claims hold, with the same values.
func TestRejudge(t *testing.T) {
	l := lesson(t, "pipe", fillPipe+`
--
pipe.bytes == pipe.capacity
writer.calls("write") > 64 and lost == 0
at("full") > 0
--
writer.blocked_in == "pipe_write"`)
	b := kept(t, l)
	r, err := lessons.Rejudge(l.Steps[0], bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	held(t, r)
	if !r.Replay || r.PIDs["writer"] == 0 || len(r.Lines) != 6 || r.Settings["size"] != 1024 {
		t.Errorf("the report of the recording: %+v", r)
	}
	if c := r.Claims[0]; len(c.Sides) == 0 || !strings.HasPrefix(c.Sides[0].Value, "65") {
		t.Errorf("what was measured: %+v", c.Sides)
	}

	// One that asks for something else is not judged on it; nor is a bad one.
	other := lesson(t, "pipe", fillPipe+"\n--\npipe.bytes == 5")
	if _, err := lessons.Rejudge(other.Steps[0], bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), "make recordings") {
		t.Errorf("the recording of another step: %v", err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		bad := bytes.Clone(b)
		bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
		_, _ = lessons.Rejudge(l.Steps[0], bytes.NewReader(bad[:len(bad)-rnd.IntN(2)*rnd.IntN(len(bad))]))
	}
}

// A note that says what cannot be is refused: its numbers lead nowhere.
func TestRejudgeHostile(t *testing.T) {
	l := lesson(t, "pipe", fillPipe+"\n--\npipe.bytes == pipe.capacity")
	b := kept(t, l)
	rr, err := lab.OpenRecording(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := rr.Next(); err != nil || rr.Note() == nil {
		t.Fatalf("a recording of a step begins with a note: %v", err)
	}
	note := bytes.Clone(rr.Note())
	for name, change := range map[string]func(map[string]any){
		"no moment's outcome": func(m map[string]any) { m["moments"].([]any)[0].(map[string]any)["outcome"] = nil },
		"a claim too many":    func(m map[string]any) { m["moments"].([]any)[0].(map[string]any)["claims"] = []int{7} },
		"a negative claim":    func(m map[string]any) { m["moments"].([]any)[0].(map[string]any)["claims"] = []int{-1} },
		"no report":           func(m map[string]any) { m["report"] = nil },
		"fewer claims":        func(m map[string]any) { m["report"].(map[string]any)["claims"] = nil },
		"another format":      func(m map[string]any) { m["format"] = 2 },
	} {
		var m map[string]any
		if err := json.Unmarshal(note, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		changed, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := lab.WriteRecording(&out, &rr.Header, nil, nil, changed); err != nil {
			t.Fatal(err)
		}
		if _, err := lessons.Rejudge(l.Steps[0], &out); err == nil {
			t.Errorf("%s: it was judged", name)
		}
	}
}
