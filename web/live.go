package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pingEvery   = 3 * time.Second
	pongWithin  = 10 * time.Second
	writeWithin = 10 * time.Second
	maxUpstream = 64 << 10
	maxViewers  = 600 // pages on all runs together
)

// The guard has looked at Host, Origin and cookie before a request gets here.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	WriteBufferSize:  4096,
	CheckOrigin:      func(r *http.Request) bool { return r.Header.Get("Origin") == "http://"+r.Host },
}

// live shows a run to one page until either is gone.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	from, errFrom := number(r, "from")
	epoch, errEpoch := number(r, "epoch")
	if err := errors.Join(errFrom, errEpoch); err != nil {
		sayError(w, http.StatusBadRequest, err)
		return
	}
	if !s.viewers.enter(maxViewers) {
		sayError(w, http.StatusServiceUnavailable, errors.New("as many pages watch as this lab can serve: close some of them"))
		return
	}
	defer s.viewers.leave()
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	run, leave, err := s.runs.watch(r.PathValue("id"))
	if err != nil { // a page cannot read the answer to a refused handshake, so it is told here
		conn.SetWriteDeadline(time.Now().Add(writeWithin))
		conn.WriteJSON(map[string]string{"type": "refused", "error": err.Error()})
		conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, ""))
		return
	}
	defer leave()
	v := &viewer{role: roleOf(r), log: run.run.Log(), facts: &run.hub.facts, wake: make(chan struct{}, 1), credit: firstCredit}
	run.hub.join(v, uint32(epoch), uint64(max(from, 1))-1)
	defer run.hub.leave(v)

	gone := make(chan struct{})
	go func() {
		defer close(gone)
		hear(conn, v)
	}()
	tell(conn, v, gone, s.ctx.Done())
	conn.Close()
	<-gone
}

// tell sends frames as soon as they come, one at a time.
func tell(conn *websocket.Conn, v *viewer, gone, over <-chan struct{}) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		for m := v.next(); m.kind != 0; m = v.next() {
			conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if conn.WriteMessage(m.kind, m.data) != nil {
				return
			}
		}
		select {
		case <-v.wake:
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return
			}
		case <-gone:
			return
		case <-over:
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "the lab ends")
			conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
			return
		}
	}
}

// hear takes credits, the only thing that a page says on the socket.
func hear(conn *websocket.Conn, v *viewer) {
	conn.SetReadLimit(maxUpstream)
	conn.SetReadDeadline(time.Now().Add(pongWithin))
	conn.SetPongHandler(func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWithin)) })
	limit := bucket{size: 300, perSecond: 200}
	for {
		_, b, err := conn.ReadMessage()
		if err != nil {
			return
		}
		conn.SetReadDeadline(time.Now().Add(pongWithin))
		n, err := parseCredit(b)
		if err != nil || !limit.take() {
			why := "a page sends {\"credit\":n} with n from 1 to 4096, at most 200 times a second"
			conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, why), time.Now().Add(time.Second))
			return
		}
		v.grant(n)
	}
}

func parseCredit(b []byte) (int, error) {
	var m struct {
		Credit int `json:"credit"`
	}
	if err := strict(json.NewDecoder(bytes.NewReader(b)), &m); err != nil {
		return 0, err
	}
	if m.Credit < 1 || m.Credit > maxCredit {
		return 0, errors.New("credit out of bounds")
	}
	return m.Credit, nil
}

// number reads a query value that must be a whole number below 2^53, as a page
// can say it. An absent one is 0.
func number(r *http.Request, name string) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n >= 1<<53 {
		return 0, errors.New(name + " is " + strconv.Quote(clip(s)) + ", not a whole number from 0 to 2^53-1")
	}
	return n, nil
}
