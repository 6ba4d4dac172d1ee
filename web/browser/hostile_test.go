package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	labpkg "ipclab/lab"
)

// payload runs where text becomes markup, in an attribute or between tags.
const payload = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'`

// A recording is a file that somebody sent. Whatever it calls its processes, parts,
// knobs and sentences, they are shown as text and nothing of them runs.
func TestHostileRecording(t *testing.T) {
	if chrome == nil {
		t.Skip(ErrNoChromium)
	}
	file := filepath.Join(t.TempDir(), "hostile.ipclab")
	if out, err := exec.Command(binary, "run", "pipe", "--set", "rate=0", "--count", "20", "--record", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := labpkg.ReadRecording(in)
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	poison(reflect.ValueOf(&rec.Header).Elem())
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := labpkg.WriteRecording(out, &rec.Header, rec.Events, rec.Aggregates); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	player, err := Serve(t.Context(), binary, "replay", file)
	if err != nil {
		t.Fatal(err)
	}
	defer player.Close()
	p := visit(t, player, "/play", desk)
	until(t, p, `document.body.innerText.includes('onerror=')`)
	for _, v := range []View{desk, phone} {
		if err := p.Look(v); err != nil {
			t.Fatal(err)
		}
		press(t, p, " ")
		until(t, p, ready)
		if ask[bool](t, p, `window.pwned !== undefined || document.querySelector('img[src=x]') !== null`) {
			t.Fatal("text of a recording became markup")
		}
	}
}

// poison appends the payload to every text that is not of a closed list. Names that
// refer to each other still do.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.String() != "" && !strings.Contains(v.String(), payload) {
			v.SetString(v.String() + payload)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && v.Type().Field(i).Name != "Wall" {
				poison(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	}
}

// A run for which there is no room is refused before anything is started, and the
// page says so, with what there is room for. Four may be watched at once.
func TestRefusedByBudget(t *testing.T) {
	if chrome == nil {
		t.Skip(ErrNoChromium)
	}
	full, err := Serve(t.Context(), binary)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for i := range 5 {
		p, done, err := Open(chrome, strings.Replace(full.URL, "/?", "/bench/pipe?", 1), desk)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		if i < 4 {
			until(t, p, ready)
			continue
		}
		until(t, p, `/4 at once/.test(document.body.innerText)`)
		if ask[bool](t, p, ready) {
			t.Error("the fifth bench shows processes, though it was refused")
		}
	}
}
