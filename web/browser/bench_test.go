package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// BenchmarkFirstLoad loads a page as a browser does that has never seen it. The
// control is a page of one word, from a server that does nothing else.
func BenchmarkFirstLoad(b *testing.B) {
	if chrome == nil {
		b.Skip(ErrNoChromium)
	}
	one := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>control</title><p>control`)
	}))
	defer one.Close()
	for _, page := range pages[:2] {
		b.Run(page.name, func(b *testing.B) {
			var usable, control []float64
			var w weight
			for b.Loop() {
				for range 5 {
					control = append(control, load(b, one.URL, `document.querySelector('p') !== null`, nil))
					usable = append(usable, load(b, strings.Replace(lab.URL, "/?", page.path+"?", 1), page.ready, &w))
				}
			}
			b.ReportMetric(median(usable), "ms-usable")
			b.ReportMetric(median(control), "ms-control")
			b.ReportMetric(w.Code/1000, "kB-code+style")
			b.ReportMetric(w.Fonts/1000, "kB-fonts")
			b.ReportMetric(w.Files, "files")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// weight is what a page transfers, in bytes.
type weight struct{ Code, Fonts, Files float64 }

// load opens an address with nothing kept and gives the time until it is usable, in
// ms since the navigation began.
func load(b *testing.B, url, ready string, w *weight) float64 {
	b.Helper()
	p, done, err := Open(chrome, "about:blank", desk)
	defer done()
	if err == nil {
		_, err = chromedp.Call(p, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	}
	if err == nil {
		err = chromedp.Do(p, chromedp.Navigate(url))
	}
	if err == nil {
		err = p.Until(ready, 15*time.Second)
	}
	if err != nil {
		b.Fatal(err)
	}
	ms, err := Ask[float64](p, `performance.now()`)
	if err != nil {
		b.Fatal(err)
	}
	if w != nil {
		const sum = `(f => performance.getEntriesByType('resource').filter(e => f.test(e.name)).reduce((s, e) => s + e.encodedBodySize, 0))`
		w.Code, _ = Ask[float64](p, sum+`(/\.(js|css)$/)`)
		w.Fonts, _ = Ask[float64](p, sum+`(/\.ttf$/)`)
		w.Files, _ = Ask[float64](p, `performance.getEntriesByType('resource').length`)
	}
	return ms
}

// BenchmarkFrame steps back and forth through a run that stands still and gives the
// browser's work for one picture: of a pipe with a thousand messages, and, as its
// control, of one that is nearly empty. What a bench costs at which nothing moves
// is given in ms of work a second, beside a page of one word.
func BenchmarkFrame(b *testing.B) {
	if chrome == nil {
		b.Skip(ErrNoChromium)
	}
	for b.Loop() {
		full, idle := frame(b, `{rate: 0, drain: 500, size: 64, read_size: 64}`)
		empty, _ := frame(b, `{rate: 500, drain: 0, size: 64, read_size: 64}`)
		p, done, err := Open(chrome, "about:blank", desk)
		if err != nil {
			b.Fatal(err)
		}
		before := work(b, p)
		time.Sleep(2 * time.Second)
		control := (work(b, p) - before) / 2
		done()
		b.ReportMetric(full, "ms-1000-messages")
		b.ReportMetric(empty, "ms-nearly-empty")
		b.ReportMetric(full/empty, "full/empty")
		b.ReportMetric(idle, "ms/s-paused")
		b.ReportMetric(control, "ms/s-control")
	}
	b.ReportMetric(0, "ns/op")
}

func frame(b *testing.B, settings string) (each, idle float64) {
	b.Helper()
	p, done, err := Open(chrome, lab.URL, desk)
	defer done()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(err)
	id, err := AskLater[string](p, `fetch('/runs', {method: 'POST', headers: {'Content-Type': 'application/json'},
		body: JSON.stringify({mechanism: 'pipe', mode: 'full', settings: `+settings+`})}).then(r => r.json()).then(r => r.id)`)
	must(err)
	must(chromedp.Do(p, chromedp.Navigate(strings.Replace(lab.URL, "/?", "/bench/pipe?run="+id+"&", 1))))
	must(p.Until(ready, 15*time.Second))
	time.Sleep(2 * time.Second)
	must(p.Key("1"))
	time.Sleep(time.Second)
	before := work(b, p)
	time.Sleep(2 * time.Second)
	idle = (work(b, p) - before) / 2
	const pictures = 60
	before = work(b, p)
	for i := range pictures {
		must(p.Key(string(",,.."[i%4])))
		time.Sleep(30 * time.Millisecond)
	}
	return (work(b, p) - before) / pictures, idle
}

// work is how long the page's main thread has worked, in ms.
func work(b *testing.B, p *Page) float64 {
	b.Helper()
	_, err := chromedp.Call(p, performance.Enable, performance.EnableParams{})
	if err != nil {
		b.Fatal(err)
	}
	got, err := chromedp.Call(p, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range got.Metrics {
		if m.Name == "TaskDuration" {
			return m.Value * 1000
		}
	}
	b.Fatal("the browser does not tell its TaskDuration")
	return 0
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
