package web

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipclab/lab"
)

// A rawPage watches a run as a process of its own would: with a blocking socket,
// read by one thread, so that what is measured holds nothing of this process's
// scheduler on the reading side.
type rawPage struct {
	fd  int
	buf []byte
}

func openRawPage(t testing.TB, s *testServer, id string) *rawPage {
	t.Helper()
	fd := dialRaw(t, s.listener.Addr().(*net.TCPAddr).Port)
	p := &rawPage{fd: fd}
	h := s.header(Presenter)
	ask := fmt.Sprintf("GET /runs/%s/live HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", id, s.host, h.Get("Origin"), h.Get("Cookie"))
	if _, err := unix.Write(fd, []byte(ask)); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(string(p.buf), "\r\n\r\n") {
		p.more(t)
	}
	head, rest, _ := strings.Cut(string(p.buf), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 101") {
		t.Fatal(head)
	}
	p.buf = []byte(rest)
	return p
}

func (p *rawPage) more(t testing.TB) {
	var b [64 << 10]byte
	n, err := unix.Read(p.fd, b[:])
	for err == unix.EINTR {
		n, err = unix.Read(p.fd, b[:])
	}
	if err != nil || n == 0 {
		t.Fatalf("read the socket: %d bytes, %v", n, err)
	}
	p.buf = append(p.buf, b[:n]...)
}

// credit sends a masked text frame; the mask is 0.
func (p *rawPage) credit(t testing.TB, n int) {
	text := fmt.Sprintf(`{"credit":%d}`, n)
	if _, err := unix.Write(p.fd, append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)); err != nil {
		t.Fatal(err)
	}
}

// events waits for the next frame of records; at is when it was read.
func (p *rawPage) events(t testing.TB) (es []lab.Event, at int64) {
	for {
		if n, head, ok := frameLength(p.buf); ok && len(p.buf) >= head+n {
			kind, payload := p.buf[0]&15, p.buf[head:head+n]
			if kind == 2 && payload[0] == lab.FrameRecords {
				es = lab.DecodeEvents(nil, payload[lab.FrameHeader:])
			}
			p.buf = append([]byte(nil), p.buf[head+n:]...)
			if es != nil {
				return es, at
			}
			continue
		}
		p.more(t)
		at = monotonic()
	}
}

func frameLength(b []byte) (n, head int, ok bool) {
	switch {
	case len(b) < 2:
		return 0, 0, false
	case b[1] == 126 && len(b) >= 4:
		return int(binary.BigEndian.Uint16(b[2:])), 4, true
	case b[1] == 127 && len(b) >= 10:
		return int(binary.BigEndian.Uint64(b[2:])), 10, true
	}
	return int(b[1]), 2, b[1] < 126
}

// loopback measures half of the round trip of one frame over loopback between two
// threads that sleep in read: what no program that sends over a socket could save.
func loopback(b *testing.B) (took []int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	there := dialRaw(b, l.Addr().(*net.TCPAddr).Port)
	far, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	f, err := far.(*net.TCPConn).File() // a blocking descriptor
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	here := int(f.Fd())
	frame, answer := make([]byte, 100), make([]byte, 100)
	go func() {
		for {
			if n, _ := unix.Read(there, answer); n <= 0 {
				return
			}
			if n, _ := unix.Write(there, answer); n <= 0 {
				return
			}
		}
	}()
	for range 500 {
		time.Sleep(2 * time.Millisecond) // as idle as a page between two events
		start := monotonic()
		_, _ = unix.Write(here, frame)
		_, _ = unix.Read(here, frame)
		took = append(took, (monotonic()-start)/2)
	}
	_ = unix.Shutdown(there, unix.SHUT_RDWR)
	return took
}

func dialRaw(t testing.TB, port int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// Whatever bytes arrive on an open socket, the server goes on and the run is not told
// anything.
func FuzzSocket(f *testing.F) {
	s := serveTest(f)
	run, _ := s.start(f, lab.Options{Mode: lab.Step})
	f.Add([]byte{0x81, 0x80, 0, 0, 0, 0})
	f.Add([]byte{0x89, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x01, 0x81, 1, 2, 3, 4, 5, 0x88, 0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p := openRawPage(t, s, run.id)
		_, _ = unix.Write(p.fd, b)
		_ = unix.Shutdown(p.fd, unix.SHUT_WR)
		var rest [4096]byte
		for n := 1; n > 0; {
			n, _ = unix.Read(p.fd, rest[:])
		}
		if len(run.did) > 0 {
			t.Errorf("the run was told %q", run.did)
		}
	})
}
