package mechanisms_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "ipclab/"

// Imports point one way: a package may import only those that stand right of it in
// cmd → web → templates → lessons → mechanisms → lab, and no mechanism another.
func TestImportsPointOneWay(t *testing.T) {
	may := map[string]string{ // a package's first path element → what it may import of ours
		"lab":        "lab",
		"mechanisms": "lab mechanisms",
		"lessons":    "lab",
		"static":     "",
		"templates":  "lab lessons static",
		"web":        "lab lessons templates static web",
		"cmd":        "lab mechanisms lessons web templates static",
	}
	for line := range strings.Lines(goList(t, "-f", `{{.ImportPath}}: {{join .Imports " "}}`, module+"...")) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		from, _, _ := strings.Cut(strings.TrimPrefix(pkg, module), "/")
		allowed, known := may[from]
		if !known {
			t.Errorf("%s is in none of the known folders", pkg)
		}
		for imp := range strings.FieldsSeq(imports) {
			rest, ours := strings.CutPrefix(imp, module)
			to, _, _ := strings.Cut(rest, "/")
			if ours && !slices.Contains(strings.Fields(allowed), to) {
				t.Errorf("%s imports %s: %s may import only %q", pkg, imp, from, allowed)
			}
			if ours && to == "mechanisms" && strings.HasPrefix(pkg, module+"mechanisms/") {
				t.Errorf("%s imports %s: mechanisms do not know each other", pkg, imp)
			}
		}
	}
}

// A profiler or a page of counters that registers itself by import would be
// served to everybody.
func TestNoHiddenHandlers(t *testing.T) {
	deps := strings.Fields(goList(t, "-deps", module+"..."))
	for _, bad := range []string{"net/http/pprof", "expvar", "golang.org/x/net/trace"} {
		if slices.Contains(deps, bad) {
			t.Errorf("%s is linked in: it registers handlers by being imported", bad)
		}
	}
}

var (
	sinks  = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|setHTMLUnsafe|createContextualFragment|srcdoc|templ\.Raw|setAttribute\(\s*['"](style|on)`)
	inline = regexp.MustCompile(`(?i)\s(style|on[a-z]+)=["{]|javascript:`)
	homes  = regexp.MustCompile(`/(home|Users)/[a-z]+/|/root/|[A-Z]:\\Users`)
)

// Text never becomes markup or code, and nothing in the tree knows on whose
// machine it was written.
func TestSources(t *testing.T) {
	for path, text := range sources(t) {
		for i, line := range strings.Split(text, "\n") {
			where := func(what string) { t.Errorf("%s:%d: %s: %s", path, i+1, what, strings.TrimSpace(line)) }
			browser := strings.HasPrefix(path, "static/js/") || strings.HasSuffix(path, ".templ")
			if browser && sinks.MatchString(line) {
				where("turns text into markup or code")
			}
			if strings.HasSuffix(path, ".templ") && inline.MatchString(line) {
				where("the content security policy forbids inline styles and handlers")
			}
			if path != "mechanisms/arch_test.go" && homes.MatchString(line) {
				where("a path of one machine")
			}
		}
		lines := strings.Count(text, "\n")
		switch generated := strings.HasPrefix(text, "// Code generated"); {
		case generated:
		case lines > 500 && !strings.HasSuffix(path, ".md"):
			t.Errorf("%s has %d lines: would two ideas live better apart?", path, lines)
		case lines > 400, lines > 300 && strings.HasSuffix(path, ".go"):
			t.Logf("%s has %d lines", path, lines)
		}
	}
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		exit, _ := errors.AsType[*exec.ExitError](err)
		t.Fatalf("go list: %v: %s", err, exit.Stderr)
	}
	return string(out)
}

// sources reads every file of the project that people write, by its path from
// the module's root.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all, root := map[string]string{}, os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		known := []string{".go", ".js", ".css", ".templ", ".md", ".json", ".s", "", ".mod"}
		if !d.Type().IsRegular() || !slices.Contains(known, filepath.Ext(path)) || d.Name() == "package-lock.json" {
			return nil
		}
		b, err := fs.ReadFile(root, path)
		if !bytes.Contains(b, []byte{0}) {
			all[path] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
