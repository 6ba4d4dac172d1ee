package browser

import (
	"strings"
	"testing"
)

// An experiment says that it will be judged, and then what it came to; the drawer
// counts it. Who acts on the run before takes it over.
func TestExperiment(t *testing.T) {
	p := visit(t, lab, "/bench/pipe?experiment=full", desk)
	until(t, p, `document.querySelector('ipc-tries .check.ok')?.innerText.includes('Seen in this run')`)
	if said := ask[string](t, p, `document.getElementById('say').textContent`); !strings.Contains(said, "Seen in this run") {
		t.Errorf("those who listen hear %q", said)
	}
	press := func(key string) {
		t.Helper()
		if err := p.Key(key); err != nil {
			t.Fatal(err)
		}
	}
	press("e")
	until(t, p, `/^\d+ of \d+\s*runs here/.test(document.querySelector('.drawer .rate')?.innerText ?? '')`)
	ask[bool](t, p, `document.querySelector('.drawer').close() === undefined`)
	ask[bool](t, p, `document.querySelector('ipc-tries .pair button').click() === undefined`)
	until(t, p, `document.querySelector('ipc-tries .stands .note')?.innerText.startsWith('Running.')`)
	press("1")
	until(t, p, `document.querySelector('ipc-tries .stands .check.off')?.innerText.includes('you took over')`)
}
