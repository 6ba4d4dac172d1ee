package static

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func files(t *testing.T) *Files {
	t.Helper()
	f, err := New(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestServe(t *testing.T) {
	f := files(t)
	for name, url := range f.url {
		r := httptest.NewRequest("GET", url, nil)
		plain := httptest.NewRecorder()
		f.ServeHTTP(plain, r)
		r.Header.Set("Accept-Encoding", "gzip, br")
		packed := httptest.NewRecorder()
		f.ServeHTTP(packed, r)
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(b, plain.Body.Bytes()) || len(b) == 0 {
			t.Errorf("%s: compressed and plain differ (%v)", name, err)
		}
		if c := plain.Header().Get("Cache-Control"); !strings.Contains(c, "immutable") {
			t.Errorf("%s: Cache-Control is %q", name, c)
		}
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/static/0000000000000000/js/bench.js", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("an address of other content answers %d", w.Code)
	}
}

func TestStylesNameFonts(t *testing.T) {
	f := files(t)
	css := f.byURL[f.URL(Styles)].plain
	for name := range fonts {
		if !bytes.Contains(css, []byte("url("+f.URL("fonts/"+name)+")")) {
			t.Errorf("the styles do not load %s by its address", name)
		}
	}
	there, err := fs.Glob(Embedded(), "css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there { // those that are not of all pages are of one
		page := strings.TrimSuffix(path.Base(name), ".css")
		if !slices.Contains(sheets, page) && (f.URL(name) == "" || f.URL("js/"+page+".js") == "") {
			t.Errorf("no page loads the styles %s", name)
		}
	}
}

// Every name that a module imports is in the map, and every module is reached
// from a page within few steps.
func TestModules(t *testing.T) {
	f := files(t)
	var m struct{ Imports map[string]string }
	if err := json.Unmarshal(f.ImportMap(), &m); err != nil {
		t.Fatal(err)
	}
	for name, needs := range f.needs {
		for _, need := range needs {
			if f.URL(need) == "" {
				t.Errorf("%s imports %s, which is not there", name, need)
			}
		}
	}
	// Each is a request, all made at once. Fewer would have to be longer than can be
	// read at a stretch; with these a bench is ready within a second on a busy machine.
	const most, deepest = 35, 3
	for _, entry := range []string{"bench", "lesson", "home", "player", "doctor", "keys"} {
		got := f.Modules("js/" + entry + ".js")
		if len(got) == 0 || got[0] != f.URL("js/"+entry+".js") {
			t.Errorf("%s: modules are %q", entry, got)
		}
		depth, seen, wave := -1, map[string]bool{}, []string{"js/" + entry + ".js"}
		for ; len(wave) > 0; depth++ {
			var next []string
			for _, name := range wave {
				for _, need := range f.needs[name] {
					if !seen[need] {
						seen[need] = true
						next = append(next, need)
					}
				}
			}
			wave = next
		}
		if len(got) > most || depth > deepest {
			t.Errorf("%s loads %d modules, at most %d, the last after %d others, at most %d", entry, len(got), most, depth, deepest)
		}
	}
}

// What a page loads stays under 120 kB of scripts and styles as they are sent, and
// 220 kB of fonts.
func TestBudget(t *testing.T) {
	f := files(t)
	letters := 0
	for name := range fonts {
		letters += len(f.byURL[f.URL("fonts/"+name)].gzip)
	}
	t.Logf("fonts: %d bytes", letters)
	if letters > 220_000 {
		t.Errorf("fonts have %d bytes compressed, at most 220 000", letters)
	}
	own := map[string]string{"player": "bench", "lessons": "home"} // styles of another page
	for _, entry := range []string{"bench", "lesson", "home", "lessons", "player", "doctor"} {
		modules := f.Modules("js/" + entry + ".js")
		size := 0
		for _, url := range append(modules, f.URL(Styles), f.URL("css/"+cmp.Or(own[entry], entry)+".css"), f.URL("js/theme.js"), f.URL("img/icon.svg")) {
			if url != "" {
				size += len(f.byURL[url].gzip)
			}
		}
		t.Logf("%s: %d modules, with styles %d bytes", entry, len(modules), size)
		if size > 120_000 {
			t.Errorf("%s loads %d bytes of scripts and styles, at most 120 000", entry, size)
		}
	}
}

func TestLean(t *testing.T) {
	const source = `/* whole
   comment */
a { /* kept */ b }

// gone
  /** @type {x} */ (y)
  /** gone */
  f() // gone
  g('http://x // y')
/*
 */ g()
`
	const want = "a { /* kept */ b }\n(y)\nf()\ng('http://x // y')\n g()\n"
	if got := string(lean([]byte(source))); got != want {
		t.Errorf("lean gives\n%s, not\n%s", got, want)
	}
	class := regexp.MustCompile(`\[[\^"/][^\]]*\]`) // of characters, in a regular expression
	for name := range files(t).url {
		if path.Ext(name) != ".js" {
			continue
		}
		b, err := fs.ReadFile(Embedded(), name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if strings.Count(class.ReplaceAllString(line, ""), "`")%2 != 0 {
				t.Errorf("%s:%d: a text of several lines would lose its indentation", name, i+1)
			}
		}
	}
}

// Text becomes markup nowhere, and styles are set by properties alone.
func TestNoSinks(t *testing.T) {
	bad := regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(['"]style|cssText|DOMParser|createContextualFragment)`)
	f := files(t)
	for name, url := range f.url {
		if path.Ext(name) != ".js" {
			continue
		}
		if m := bad.Find(f.byURL[url].plain); m != nil {
			t.Errorf("%s uses %s", name, m)
		}
	}
}
