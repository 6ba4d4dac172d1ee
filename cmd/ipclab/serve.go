package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
	"ipclab/web"
)

// serving is what serve and replay have in common.
type serving struct {
	listen string
	open   bool
}

func (s *serving) flags(f *flag.FlagSet) {
	f.StringVar(&s.listen, "listen", "127.0.0.1:7777", "address and port")
	f.BoolVar(&s.open, "open", true, "open the browser")
}

// serve starts the lab and answers browsers until Ctrl-C.
func serve(args []string) error {
	var s serving
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	s.flags(f)
	if err := parse(f, args, 0); err != nil {
		return err
	}
	return s.run(web.Options{})
}

func (s *serving) run(o web.Options) error {
	root := os.Geteuid() == 0
	l, moved, err := listen(s.listen, root)
	if err != nil {
		return err
	}
	if o.Home, err = openHome(); err != nil && !errors.Is(err, lab.ErrUnavailable) {
		l.Close()
		return err
	}
	o.Mechanisms = mechanisms.All
	if o.Lessons, err = lessons.Shipped(o.Mechanisms); err != nil {
		fmt.Fprintln(os.Stderr, "ipclab: there are no lessons this time:", err)
	}
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := web.New(l, o)
	if err != nil {
		l.Close()
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	fmt.Printf("ipclab is at %s\n", server.URL())
	if moved != "" {
		fmt.Printf("  %s is taken by another program, so it is %s this time\n", moved, l.Addr())
	}
	if root {
		fmt.Println("  you are root: the processes of the lab are too. An ordinary user suffices for everything")
	}
	if !loopback(l.Addr()) {
		fmt.Println("  whoever has this address, in this network, can use the lab; what they send is not encrypted")
	}
	fmt.Println("  Ctrl-C ends it, with all its processes")
	if s.open && !root {
		if err := openBrowser(server.OnceURL()); err != nil {
			fmt.Printf("  no browser could be opened (%v): open the address yourself\n", err)
		}
	}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		stop() // a second Ctrl-C ends it at once
		fmt.Println("\nipclab ends")
	}
	server.Close()
	return err
}

// listen takes the address, or the next free port after it; moved says which one
// was wanted then.
func listen(addr string, root bool) (l net.Listener, moved string, err error) {
	host, port, err := net.SplitHostPort(addr)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 0 || n > 65535 {
		return nil, "", badUsage("listen on %q: give an address and a port, such as 127.0.0.1:7777", addr)
	}
	if host == "" {
		host = "127.0.0.1" // all addresses only for those who say so: 0.0.0.0
	}
	first, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil && n > 0 {
		for next := n + 1; next <= min(n+50, 65535); next++ {
			if l, more := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(next))); more == nil {
				first, moved, err = l, addr, nil
				break
			}
		}
	}
	if err != nil {
		return nil, "", badUsage("listen on %q: %v: give another address", addr, err)
	}
	if root && !loopback(first.Addr()) {
		first.Close()
		return nil, "", badUsage("listen on %q: as root the lab listens on 127.0.0.1 or [::1] only: start it as an ordinary user", addr)
	}
	return first, moved, nil
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// openBrowser hands the address to the desktop. Other users of this machine can
// read a program's arguments, so it is one that works once.
func openBrowser(url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" && os.Getenv("BROWSER") == "" {
			return fmt.Errorf("there is no desktop")
		}
	}
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait()
	return nil
}
