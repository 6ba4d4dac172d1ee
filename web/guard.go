package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Role says what a request may do. It comes from the secret that the request
// carries, never from what it says.
type Role string

// A presenter starts runs and acts on them; a viewer looks on.
const (
	Presenter Role = "presenter"
	Viewer    Role = "viewer"
)

// guard stands before every route, the socket included. Any page that the
// student's browser shows can send requests to this server, so an address and a
// port are no proof of anything: a request must be made to one of our own names,
// by one of our own pages, with a secret that only those who can read the
// terminal know.
type guard struct {
	hosts   map[string]bool // with port, as in the Host header
	home    string          // the address to type, without token
	cookie  string          // its name holds the port: cookies do not know ports
	token   string          // in the printed address
	secrets map[Role]string // in cookies
	wrong   bucket

	mu   sync.Mutex
	once string // opens the first page one time; "" when it is spent
}

func newGuard(addr net.Addr) *guard {
	g := &guard{hosts: map[string]bool{}, token: secret(), secrets: map[Role]string{Presenter: secret(), Viewer: secret()},
		wrong: bucket{size: 5, perSecond: 0.5}}
	host, port, _ := net.SplitHostPort(addr.String())
	g.cookie = "ipclab_" + port
	names := []string{"127.0.0.1", "::1", "localhost"}
	ip := net.ParseIP(host)
	if ip != nil && ip.IsUnspecified() {
		addrs, _ := net.InterfaceAddrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
				names = append(names, n.IP.String())
			}
		}
		host = "127.0.0.1"
	}
	for _, name := range append(names, host) {
		g.hosts[net.JoinHostPort(name, port)] = true
		if port == "80" {
			g.hosts[strings.TrimSuffix(net.JoinHostPort(name, ""), ":")] = true
		}
	}
	g.home = "http://" + net.JoinHostPort(host, port) + "/"
	return g
}

// secret makes 128 random bits.
func secret() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// A refusal is the guard's answer to a request that goes no further.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, a ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, a...)}
}

// admit tells who asks, or why the request is refused.
func (g *guard) admit(w http.ResponseWriter, r *http.Request) (Role, *refusal) {
	if !g.hosts[r.Host] {
		return "", refuse(http.StatusMisdirectedRequest, "this lab does not answer to the name %q: open %s", clip(r.Host), g.home)
	}
	h := r.Header
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead
	origin, upgrade := h.Get("Origin"), h.Get("Upgrade") != ""
	if len(h["Origin"]) > 1 || origin != "http://"+r.Host && (origin != "" || len(h["Origin"]) > 0 || changes || upgrade) {
		return "", refuse(http.StatusForbidden, "the request comes from %q, not from a page of this lab: open %s and use the lab from there", clip(origin), g.home)
	}
	// Ports share a site, so other servers on this machine get our cookie sent along.
	if site := h.Get("Sec-Fetch-Site"); (site == "cross-site" || site == "same-site") && h.Get("Sec-Fetch-Mode") != "navigate" {
		return "", refuse(http.StatusForbidden, "the request was made by a page of another site: open %s and use the lab from there", g.home)
	}
	role, why := g.who(w, r)
	if why != nil {
		return "", why
	}
	if changes && role != Presenter {
		return "", refuse(http.StatusForbidden, "a viewer changes nothing: ask the presenter, or open the address with the token that ipclab printed")
	}
	return role, nil
}

// who finds the role in the cookie, or swaps the token of the printed address for
// a cookie. The token stays valid until the lab ends: a second browser may come.
func (g *guard) who(w http.ResponseWriter, r *http.Request) (Role, *refusal) {
	if token := r.URL.Query().Get("token"); token != "" {
		if same(token, g.token) || g.spend(token) {
			if r.Method == http.MethodGet {
				http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.secrets[Presenter], Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			}
			return Presenter, nil
		}
		// Only wrong tokens wait, so nobody can lock out the one who has the right one.
		if !g.wrong.take() {
			return "", refuse(http.StatusTooManyRequests, "too many wrong tokens: wait ten seconds, then open the address that ipclab printed last")
		}
		return "", refuse(http.StatusUnauthorized, "the token is not that of this lab: each start makes a new one. Open the address that ipclab printed last")
	}
	role := Role("")
	for _, c := range r.CookiesNamed(g.cookie) {
		for each, secret := range g.secrets {
			if same(c.Value, secret) {
				role = each
			}
		}
	}
	if role == "" {
		return "", refuse(http.StatusUnauthorized, "this browser has not opened the lab yet: open the address that ipclab printed in its terminal, %s?token=…", g.home)
	}
	return role, nil
}

// newOnce makes a token for one use: it may be seen by others, as the arguments of
// a program are.
func (g *guard) newOnce() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.once = secret()
	return g.once
}

func (g *guard) spend(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.once == "" || !same(token, g.once) {
		return false
	}
	g.once = ""
	return true
}

// clip keeps foreign text short in our own sentences.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

type roleKey struct{}

// roleOf tells who makes the request.
func roleOf(r *http.Request) Role {
	role, _ := r.Context().Value(roleKey{}).(Role)
	return role
}

const maxBody = 64 << 10

// ServeHTTP is the one way into the server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")

	role, why := s.guard.admit(w, r)
	if why != nil {
		plain(w, why.status, why.text)
		return
	}
	if r.URL.Path != path.Clean(r.URL.Path) {
		plain(w, http.StatusNotFound, "there is no such page: open "+s.guard.home)
		return
	}
	serve, allow := s.find(r)
	switch {
	case serve != nil:
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		serve(w, r.WithContext(context.WithValue(r.Context(), roleKey{}, role)))
	case allow != "":
		h.Set("Allow", allow)
		plain(w, http.StatusMethodNotAllowed, "this address takes "+allow+", not "+clip(r.Method))
	default:
		s.problem(w, r, http.StatusNotFound, "There is no such page", "The lab has nothing at this address.")
	}
}

// plain answers with a sentence.
func plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	body := "ipclab: " + text + "\n"
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write([]byte(body))
}
