package browser

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const phase = `document.querySelector('main').dataset.phase`

// beyond names what stands out of the page.
const beyond = `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 60)).join('; ')`

// A whole lesson is done by keyboard alone and with reduced motion, on a desk and on
// a phone: predict, run, say what was seen, and be told. In every phase the page is
// usable by those who cannot see it, and nobody's console complains.
func TestLesson(t *testing.T) {
	axe, err := os.ReadFile("../../static/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Log("axe-core is not installed (make setup does): accessibility is not checked")
	}
	for _, v := range []View{{Width: 1600, Height: 940, Still: true}, {Width: 390, Height: 844, Dark: true, Still: true}} {
		t.Run(fmt.Sprint(v.Width), func(t *testing.T) {
			p := visit(t, lab, "/lessons/pipe-backpressure", v)
			s := student{t, p, func() {
				t.Helper()
				if wide := ask[int64](t, p, `document.documentElement.scrollWidth`); wide > v.Width {
					t.Errorf("%s: the page is %d wide: %s", ask[string](t, p, phase), wide, ask[string](t, p, beyond))
				}
				if len(axe) > 0 {
					checkAxe(t, p, string(axe), v)
				}
			}}
			until(t, p, ready)
			ask[bool](t, p, `localStorage.removeItem('ipclab-progress') === undefined`)
			if ask[bool](t, p, `document.querySelector('[data-recall]:not([hidden])') !== null`) {
				s.look()
				press(t, p, "n")
			}
			steps := ask[int](t, p, `document.querySelectorAll('[data-step]').length`)
			for i := range steps {
				s.step(i)
			}
			until(t, p, `document.activeElement === document.querySelector('[data-end] h2')`)
			s.look()
			if got := ask[int](t, p, `document.querySelectorAll('[data-results] tr').length`); got != steps {
				t.Errorf("the end tells of %d steps, not %d", got, steps)
			}
			kept := ask[string](t, p, `localStorage.getItem('ipclab-progress')`)
			if n := strings.Count(kept, `"done":true`); n != steps {
				t.Errorf("%d steps are kept as done, not %d: %s", n, steps, kept)
			}
		})
	}
}

// Where it cannot run, the lesson's own recording is played, says so, and is judged.
func TestLessonReplay(t *testing.T) {
	p := visit(t, lab, "/play", View{Width: 1280, Height: 800, Still: true})
	const cannot = `const parse = JSON.parse; JSON.parse = text => { const d = parse(text); if (d?.hash && d.steps) d.unavailable = 'pipe2 answers ENOSYS.'; return d }`
	if _, err := chromedp.Call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: cannot}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(p, chromedp.Navigate(strings.Replace(lab.URL, "/?", "/lessons/pipe-backpressure?", 1))); err != nil {
		t.Fatal(err)
	}
	until(t, p, `document.querySelector('[data-pill-text]')?.innerText.startsWith('REPLAY') || document.querySelector('[data-recall]:not([hidden])') !== null`)
	ask[bool](t, p, `localStorage.removeItem('ipclab-progress') === undefined`)
	press(t, p, "n")
	s := student{t, p, func() {}}
	for i := range ask[int](t, p, `document.querySelectorAll('[data-step]').length`) {
		until(t, p, ready)
		if pill := ask[string](t, p, `document.querySelector('[data-pill-text]').innerText`); !strings.HasPrefix(pill, "REPLAY") {
			t.Errorf("step %d: it says %q", i+1, pill)
		}
		s.step(i)
	}
}

// A student has a keyboard.
type student struct {
	t    *testing.T
	p    *Page
	look func()
}

// when waits for a phase; a busy machine takes its time.
func (s student) when(name string) {
	s.t.Helper()
	if err := s.p.Until(phase+` === '`+name+`'`, time.Minute); err != nil {
		text, _ := Ask[string](s.p, `document.querySelector('[data-step]:not([hidden])').innerText`)
		s.t.Fatalf("%v; the page says: %s", err, text)
	}
}

// step does one: predicts rightly, and says on the second to have seen something else.
func (s student) step(i int) {
	t, p := s.t, s.p
	t.Helper()
	question := fmt.Sprintf(`JSON.parse(document.querySelector('#data').textContent).steps[%d].question`, i)
	right := ask[string](t, p, question+`?.right[0].toLowerCase() ?? ''`)
	if right != "" {
		s.when("predict")
		s.look()
		if ask[bool](t, p, `[...document.querySelectorAll('[data-act=run]')].some(b => b.checkVisibility())`) {
			t.Error("it can be run before a prediction is made")
		}
		press(t, p, right)
		press(t, p, kb.Enter)
		if got := ask[string](t, p, phase); got != "predict" {
			t.Errorf("without a word on how sure one is: %s", got)
		}
		press(t, p, kb.Tab)
		press(t, p, " ")
		press(t, p, kb.Enter)
	}
	s.when("ready")
	s.look()
	press(t, p, kb.Enter)
	if right != "" {
		s.when("report")
		s.look()
		if ask[bool](t, p, `document.querySelector('[data-step]:not([hidden]) .claim') !== null`) {
			t.Error("the claims are shown before one has said what was seen")
		}
		saw := right
		if i == 1 {
			saw = string("ba"[strings.Count("b", right)])
		}
		press(t, p, saw)
		press(t, p, kb.Enter)
	}
	s.when("why")
	s.look()
	if text := ask[string](t, p, `document.querySelector('[data-step]:not([hidden]) .claims').innerText`); strings.Contains(text, "Did not hold") || !strings.Contains(text, "must hold") {
		t.Errorf("step %d: the claims are %q", i+1, text)
	}
	if flag := ask[bool](t, p, `document.querySelector('[data-step]:not([hidden]) [data-flag]:not([hidden])') !== null`); flag != (right != "" && i == 1) {
		t.Errorf("step %d: that something else was seen is told: %v", i+1, flag)
	}
	if said := ask[string](t, p, `document.querySelector('#say').innerText`); !strings.Contains(said, "claims held") {
		t.Errorf("those who listen hear %q", said)
	}
	press(t, p, "n")
}
