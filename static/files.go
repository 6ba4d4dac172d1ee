package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Files serves a set of static files and knows their addresses.
type Files struct {
	byURL map[string]*file
	url   map[string]string // "js/bench.js" → its address
	needs map[string][]string
	names json.RawMessage
}

type file struct {
	kind        string
	plain, gzip []byte
}

// kinds are the files that are served, and where they lie.
var kinds = map[string]struct{ folder, content string }{
	".css": {"css", "text/css; charset=utf-8"},
	".js":  {"js", "text/javascript; charset=utf-8"},
	".svg": {"img", "image/svg+xml"},
	".ttf": {"fonts", "font/ttf"},
}

var (
	imports = regexp.MustCompile(`(?m)^\s*(?:import|export)\b[^'"\n]*['"]#ipclab/([\w/-]+\.js)['"]|^\} from ['"]#ipclab/([\w/-]+\.js)['"]`)
	fontURL = regexp.MustCompile(`url\(/fonts/([\w.-]+)\)`)
)

// sheets are the styles in the order in which they are read. A browser gets them as
// one file, Styles: that is one request instead of five before a page can be painted.
var sheets = []string{"tokens", "layout", "stage", "panels", "pages"}

// Styles is the name of the file with all styles.
const Styles = "css/ipclab.css"

// New reads the folders css, img and js of fsys and adds the fonts.
func New(fsys fs.FS) (*Files, error) {
	f := &Files{byURL: map[string]*file{}, url: map[string]string{}, needs: map[string][]string{}}
	for name, data := range fonts {
		if err := f.add("fonts/"+name, data); err != nil {
			return nil, err
		}
	}
	var styles []byte
	for _, name := range sheets {
		data, err := fs.ReadFile(fsys, "css/"+name+".css")
		if err != nil {
			return nil, fmt.Errorf("read styles: %w", err)
		}
		styles = append(styles, data...)
	}
	if err := f.add(Styles, styles); err != nil {
		return nil, err
	}
	if err := f.addOwn(fsys); err != nil {
		return nil, err
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		top, _, _ := strings.Cut(name, "/")
		if top != kinds[path.Ext(name)].folder || top == "css" {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read static file: %w", err)
		}
		return f.add(name, data)
	})
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for name, url := range f.url {
		if module, ok := strings.CutPrefix(name, "js/"); ok {
			names["#ipclab/"+module] = url
		}
	}
	f.names, err = json.Marshal(map[string]any{"imports": names})
	return f, err
}

// addOwn adds the styles that one page has besides those of all: css/lesson.css.
func (f *Files) addOwn(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "css/*.css")
	if err != nil {
		return fmt.Errorf("list styles: %w", err)
	}
	for _, name := range names {
		if slices.Contains(sheets, strings.TrimSuffix(path.Base(name), ".css")) {
			continue
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read styles: %w", err)
		}
		if err := f.add(name, data); err != nil {
			return err
		}
	}
	return nil
}

func (f *Files) add(name string, data []byte) error {
	switch path.Ext(name) {
	case ".css":
		data = lean(data)
		data = fontURL.ReplaceAllFunc(data, func(m []byte) []byte {
			return []byte("url(" + f.URL("fonts/"+string(fontURL.FindSubmatch(m)[1])) + ")")
		})
	case ".js":
		for _, m := range imports.FindAllSubmatch(data, -1) {
			f.needs[name] = append(f.needs[name], "js/"+string(m[1])+string(m[2]))
		}
		data = lean(data)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:8])
	url := "/static/" + hash + "/" + name
	if font, ok := strings.CutPrefix(name, "fonts/"); ok {
		url = "/fonts/" + hash + "/" + font
	}
	f.url[name] = url
	f.byURL[url] = &file{kinds[path.Ext(name)].content, data, packed.Bytes()}
	return nil
}

// aside is a comment within a line of code: a type, or a remark at its end.
var aside = regexp.MustCompile("/\\*\\* ?@[^*]*\\*/ ?|[ \t]+// [^'\"`]*$")

// lean leaves out what is for people: comments and indentation. It knows lines
// only, so a module must not have a text of several lines; a test looks.
func lean(text []byte) []byte {
	out := make([]byte, 0, len(text))
	comment := false
	for line := range bytes.Lines(text) {
		line = bytes.TrimLeft(line, " \t")
		trimmed := bytes.TrimSpace(line)
		switch {
		case comment || bytes.HasPrefix(line, []byte("/*")):
			end := bytes.Index(trimmed, []byte("*/"))
			if comment = end < 0; comment || end == len(trimmed)-2 {
				continue
			}
			if !bytes.HasPrefix(line, []byte("/*")) {
				line = append(trimmed[end+2:], '\n')
			}
		case bytes.HasPrefix(line, []byte("//")), len(trimmed) == 0:
			continue
		}
		out = append(append(out, aside.ReplaceAll(bytes.TrimRight(line, "\r\n"), nil)...), '\n')
	}
	return out
}

// URL gives the address of a file such as "js/bench.js", or "" if there is none.
func (f *Files) URL(name string) string { return f.url[name] }

// ImportMap gives the content of the page's import map.
func (f *Files) ImportMap() json.RawMessage { return f.names }

// ImportMapHash is the import map's entry in script-src: 'sha256-…'. A page shows
// the map with a newline at its end, as an encoder of JSON writes it.
func (f *Files) ImportMapHash() string {
	sum := sha256.Sum256(append(bytes.Clone(f.names), '\n'))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Modules lists the addresses of a module such as "js/bench.js" and of all that it
// needs, for the page to load at once instead of one layer after the other.
func (f *Files) Modules(entry string) []string {
	seen, queue := map[string]bool{entry: true}, []string{entry}
	var urls []string
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if url := f.url[name]; url != "" {
			urls = append(urls, url)
		}
		for _, need := range f.needs[name] {
			if !seen[need] {
				seen[need] = true
				queue = append(queue, need)
			}
		}
	}
	sort.Strings(urls[min(1, len(urls)):]) // the entry first
	return urls
}

// ServeHTTP answers /static/… and /fonts/….
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	it, ok := f.byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", it.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := it.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = it.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
