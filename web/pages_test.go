package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"
)

// A page is the same whether it comes compressed or not.
func TestPagesCompressed(t *testing.T) {
	s := serveTest(t)
	for _, path := range []string{"/", "/bench/toy", "/play", "/doctor", "/nothing"} {
		var texts [2]string
		for i, accept := range []string{"identity", "gzip, deflate, br"} {
			r, err := http.NewRequest("GET", "http://"+s.host+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = s.header(Presenter)
			r.Header.Set("Accept-Encoding", accept)
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, packed := io.Reader(resp.Body), resp.Header.Get("Content-Encoding") == "gzip"
			if packed != (i == 1) {
				t.Fatalf("%s with Accept-Encoding %q has Content-Encoding %q", path, accept, resp.Header.Get("Content-Encoding"))
			}
			if packed {
				if body, err = gzip.NewReader(resp.Body); err != nil {
					t.Fatal(err)
				}
			}
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatalf("%s with Accept-Encoding %q: %v", path, accept, err)
			}
			texts[i] = string(b)
		}
		if texts[0] == "" || texts[0] != texts[1] {
			t.Errorf("%s: compressed and plain differ:\n%s\n%s", path, texts[0], texts[1])
		}
	}
}
