package templates

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The generated files are those that the pinned tool makes of the components. It
// runs from a module's root, for paths are part of what it writes.
func TestGenerated(t *testing.T) {
	root := t.TempDir()
	copyTo := func(from, to string) {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, to), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	components, err := filepath.Glob("*.templ")
	if err != nil || len(components) == 0 {
		t.Fatalf("no components here: %v", err)
	}
	if err := os.Mkdir(filepath.Join(root, "templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyTo("../go.mod", "go.mod")
	copyTo("../go.sum", "go.sum")
	for _, c := range components {
		copyTo(c, "templates/"+c)
	}
	tool := exec.Command("go", "tool", "templ", "generate")
	tool.Dir = root
	if out, err := tool.CombinedOutput(); err != nil {
		t.Fatalf("templ generate: %v\n%s", err, out)
	}
	for _, c := range components {
		name := c[:len(c)-len(".templ")] + "_templ.go"
		want, err := os.ReadFile(filepath.Join(root, "templates", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what templ makes of %s: run make generate (%v)", name, c, err)
		}
	}
	stale, _ := filepath.Glob("*_templ.go")
	for _, name := range stale {
		if _, err := os.Stat(name[:len(name)-len("_templ.go")] + ".templ"); err != nil {
			t.Errorf("%s has no component any more", name)
		}
	}
}
