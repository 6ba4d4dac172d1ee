package browser

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// stagePage serves the page that draws every scene, from the files as they lie.
func stagePage(t *testing.T) *Page {
	t.Helper()
	if chrome == nil {
		t.Skip(ErrNoChromium)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("../../static")))
	for name, ttf := range map[string][]byte{"go-regular": goregular.TTF, "go-bold": gobold.TTF, "go-mono": gomono.TTF} {
		mux.HandleFunc("/fonts/"+name+".ttf", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(ttf) })
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p, done, err := Open(chrome, s.URL+"/test/stage.html", desk)
	t.Cleanup(done)
	if err == nil {
		err = p.Until(`'checked' in window`, 15*time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestStage draws every scene in every size: no text over text, none outside, none
// too small, no button cut, at most one callout. A picture in which something moves
// costs less than twice one in which nothing does.
func TestStage(t *testing.T) {
	p := stagePage(t)
	got, err := AskLater[struct {
		N   int      `json:"n"`
		Bad []string `json:"bad"`
	}](p, `window.checked`)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range got.Bad {
		t.Error(bad)
	}
	t.Logf("%d pictures", got.N)

	cost, err := AskLater[struct{ Idle, Moving float64 }](p, `window.cost().then(c => ({ Idle: c.idle, Moving: c.moving }))`)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.2f ms a picture, %.2f ms while something moves", cost.Idle, cost.Moving)
	if cost.Moving > 2*cost.Idle+0.2 {
		t.Errorf("a moving picture takes %.2f ms, a standing one %.2f ms", cost.Moving, cost.Idle)
	}
}
