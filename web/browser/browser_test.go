package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

var (
	lab    *Lab            // that all tests look at
	chrome context.Context // in one browser
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, cancel, err := Launch(context.Background())
	if errors.Is(err, ErrNoChromium) {
		return m.Run(), nil // each test is skipped and says why
	}
	defer cancel()
	chrome = ctx
	dir, err := os.MkdirTemp("", "ipclab-browser-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "ipclab")
	if out, err := exec.Command("go", "build", "-o", binary, "ipclab/cmd/ipclab").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build ipclab: %w\n%s", err, out)
	}
	if lab, err = Serve(context.Background(), binary); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, lab.Close()
}

var binary string

// visit opens a page of the lab; its problems fail the test when it ends.
func visit(t *testing.T, l *Lab, path string, v View) *Page {
	t.Helper()
	if chrome == nil {
		t.Skip(ErrNoChromium)
	}
	at, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(path, "?")
	at.Path = path
	at.RawQuery += "&" + query
	p, done, err := Open(chrome, at.String(), v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, problem := range p.Problems() {
			t.Error(problem)
		}
		done()
	})
	return p
}

func ask[T any](t *testing.T, p *Page, expression string) T {
	t.Helper()
	v, err := Ask[T](p, expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func until(t *testing.T, p *Page, expression string) {
	t.Helper()
	if err := p.Until(expression, 15*time.Second); err != nil {
		text, _ := Ask[string](p, `document.body.innerText`)
		t.Fatalf("%v; the page says: %s", err, text)
	}
}

var (
	desk  = View{Width: 1600, Height: 1000}
	phone = View{Width: 390, Height: 844}
)

// ready is true once a bench has drawn what its processes do.
const ready = `/writer|worker|sender/.test(document.querySelector('ipc-stage svg')?.getAttribute('aria-label') ?? '')`

var pages = []struct{ name, path, ready string }{
	{"home", "/", ready},
	{"pipe", "/bench/pipe", ready},
	{"shm", "/bench/shm", ready},
	{"signals", "/bench/signals", ready},
	{"player", "/play", `document.querySelector('main') !== null`},
	{"lessons", "/lessons", `document.querySelectorAll('[data-how-far]').length > 10`},
	{"doctor", "/doctor", `document.querySelectorAll('[data-limits] tr').length > 10`},
}

// Every page opens with the final security headers, without a word from the
// console, and is usable by those who cannot see it or see it differently.
func TestPages(t *testing.T) {
	axe, err := os.ReadFile("../../static/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Log("axe-core is not installed (make setup does): accessibility is not checked")
	}
	for _, page := range pages {
		t.Run(page.name, func(t *testing.T) {
			p := visit(t, lab, page.path, desk)
			until(t, p, page.ready)
			for _, v := range []View{desk, {Width: 1280, Height: 800, Dark: true}, phone, {Width: 390, Height: 844, Dark: true}} {
				if err := p.Look(v); err != nil {
					t.Fatal(err)
				}
				if wide := ask[int64](t, p, `document.documentElement.scrollWidth`); wide > v.Width {
					t.Errorf("%d × %d: the page is %d wide", v.Width, v.Height, wide)
				}
				if len(axe) > 0 {
					checkAxe(t, p, string(axe), v)
				}
			}
		})
	}
}

func checkAxe(t *testing.T, p *Page, axe string, v View) {
	t.Helper()
	ask[bool](t, p, axe+"\n;true")
	found, err := AskLater[[]string](p, `axe.run({ preload: false }).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target + ': ' + n.failureSummary)))`)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%d × %d, dark %v: %s", v.Width, v.Height, v.Dark, f)
	}
}

// The check of accessibility sees what is wrong.
func TestAxe(t *testing.T) {
	axe, err := os.ReadFile("../../static/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skip("axe-core is not installed: make setup does")
	}
	p := visit(t, lab, "/play", desk)
	ask[bool](t, p, string(axe)+"\n;document.querySelector('main').append(document.createElement('img')), true")
	n, err := AskLater[int](p, `axe.run({ preload: false }).then(r => r.violations.filter(v => v.id === 'image-alt').length)`)
	if err != nil || n != 1 {
		t.Errorf("a picture without words was found %d times, error %v", n, err)
	}
}

const stage = `document.querySelector('ipc-stage svg').getAttribute('aria-label')`

// Without a mouse: choose Step, let the workers go, one operation at a time.
func TestKeyboard(t *testing.T) {
	p := visit(t, lab, "/bench/pipe", View{Width: 1600, Height: 1000, Still: true})
	until(t, p, ready)
	press(t, p, "1")
	until(t, p, `document.querySelector('ipc-transport [aria-pressed=true]').textContent === 'Step'`)
	const operations = `[...document.querySelectorAll('ipc-log')].map(l => l.innerText.match(/write puts/g)?.length ?? 0)[0]`
	before := ask[int](t, p, operations)
	const inTools, onStep = `document.activeElement.closest('[aria-label^="writer:"]') !== null`, `/^Step/.test(document.activeElement.textContent)`
	for i := 0; i < 100 && !ask[bool](t, p, inTools); i++ {
		press(t, p, kb.Tab)
	}
	for i := 0; i < 8 && !ask[bool](t, p, onStep); i++ { // a card is one stop; within it one goes by arrows
		press(t, p, kb.ArrowRight)
	}
	if !ask[bool](t, p, onStep) {
		t.Fatalf("keys do not lead to the writer's Step, but to %q", ask[string](t, p, `document.activeElement.outerHTML`))
	}
	press(t, p, kb.Enter)
	until(t, p, operations+` > `+strconv.Itoa(before))
}

func press(t *testing.T, p *Page, key string) {
	t.Helper()
	if err := p.Key(key); err != nil {
		t.Fatalf("press %q: %v", key, err)
	}
}

// kill -9 of a worker is shown within 200 ms: the best of a few, for the machine
// may be busy with other things.
func TestKillIsShown(t *testing.T) {
	best := time.Hour
	for try := 0; try < 5 && best > 200*time.Millisecond; try++ {
		p := visit(t, lab, "/bench/pipe", desk)
		until(t, p, ready)
		until(t, p, `/starts as process \d+/.test(document.querySelector('ipc-log').innerText)`)
		pid := ask[int](t, p, `Number(document.querySelector('ipc-log').innerText.match(/starts as process (\d+)/)[1])`)
		begin := time.Now()
		worker, err := os.FindProcess(pid)
		if err == nil {
			err = worker.Kill()
		}
		if err != nil {
			t.Fatal(err)
		}
		until(t, p, `/writer (gone|killed|dead|ended)/.test(`+stage+`)`)
		best = min(best, time.Since(begin))
	}
	t.Logf("shown after %v", best)
	if best > 200*time.Millisecond {
		t.Errorf("a killed worker was shown after %v, want 200 ms", best)
	}
}
