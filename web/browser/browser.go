// Package browser opens the pages of a real lab in a real Chromium, for tests and
// for pictures. It knows the lab as a student does: a program that prints an address.
package browser

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that there is no browser on this machine.
var ErrNoChromium = errors.New("no Chromium on this machine: make setup installs it")

// A Lab is a running ipclab.
type Lab struct {
	URL string // with its token
	PID int
	cmd *exec.Cmd
	in  io.Closer
}

var address = regexp.MustCompile(`http://[^\s]+\?token=[0-9a-f]+`)

// Serve starts the lab on a free port of this machine: to serve, if no other
// command is given.
func Serve(ctx context.Context, binary string, command ...string) (*Lab, error) {
	if len(command) == 0 {
		command = []string{"serve"}
	}
	cmd := exec.CommandContext(ctx, binary, append(command, "--open=false", "--listen", "127.0.0.1:0")...)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for what the lab says: %w", err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("start the lab: %w", err)
	}
	lab, said := &Lab{PID: cmd.Process.Pid, cmd: cmd, in: r}, ""
	in := bufio.NewScanner(r)
	for in.Scan() {
		said += in.Text() + "\n"
		if lab.URL = address.FindString(in.Text()); lab.URL != "" {
			go io.Copy(io.Discard, r)
			return lab, nil
		}
	}
	return nil, fmt.Errorf("start the lab: it printed no address but %q (%v)", said, cmd.Wait())
}

// Close ends the lab as Ctrl-C does.
func (l *Lab) Close() error {
	_ = l.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	err := l.cmd.Wait()
	l.in.Close()
	return err
}

// Kill ends the lab as kill -9 does.
func (l *Lab) Kill() { _ = l.cmd.Process.Kill() }

// Launch starts a Chromium that talks to nobody but us.
func Launch(ctx context.Context) (context.Context, context.CancelFunc, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
		ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
		ctx, cancel := chromedp.NewContext(ctx)
		return ctx, func() { cancel(); stop() }, nil
	}
	return nil, nil, ErrNoChromium
}

// A View is how a page is looked at.
type View struct {
	Width, Height int64
	Dark          bool
	Still         bool // reduced motion
}

// A Page is one tab.
type Page struct {
	context.Context
	mu       sync.Mutex
	problems []string
}

// Open opens an address in a new tab and notes whatever its console complains of.
func Open(ctx context.Context, url string, v View) (*Page, context.CancelFunc, error) {
	ctx, cancel := chromedp.NewContext(ctx)
	p := &Page{Context: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type != chromedp.ConsoleError && m.Type != chromedp.ConsoleWarning && !m.IsException() {
				continue
			}
			p.mu.Lock()
			p.problems = append(p.problems, m.String()+" "+m.URL)
			p.mu.Unlock()
		}
	}()
	if err := p.Look(v); err != nil {
		return nil, cancel, err
	}
	// A violation of the policy is an event that no script of the page listens to.
	const listen = `addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))`
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: listen}); err != nil {
		return nil, cancel, fmt.Errorf("listen for violations: %w", err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		return nil, cancel, fmt.Errorf("open %s: %w", url, err)
	}
	return p, cancel, nil
}

// Look changes size, colours and motion.
func (p *Page) Look(v View) error {
	scheme, motion := "light", "no-preference"
	if v.Dark {
		scheme = "dark"
	}
	if v.Still {
		motion = "reduce"
	}
	_, err := chromedp.Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion}}})
	if err == nil {
		err = chromedp.Do(p, chromedp.EmulateViewport(v.Width, v.Height))
	}
	if err != nil {
		return fmt.Errorf("look at %d × %d: %w", v.Width, v.Height, err)
	}
	return nil
}

// Problems gives what the console has complained of so far.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.problems...)
}

// Ask evaluates an expression in the page.
func Ask[T any](p *Page, expression string) (T, error) {
	return chromedp.Run(p, chromedp.Evaluate[T](expression))
}

// AskLater evaluates an expression that is a promise, and waits for it.
func AskLater[T any](p *Page, expression string) (T, error) {
	return chromedp.Run(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Until waits for an expression to hold, also while one page gives way to another.
func (p *Page) Until(expression string, d time.Duration) error {
	for end := time.Now().Add(d); ; time.Sleep(5 * time.Millisecond) {
		holds, err := Ask[bool](p, expression)
		if holds && err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("wait %v until %s: %w", d, expression, cmp.Or(err, context.DeadlineExceeded))
		}
	}
}

// Key presses a key; names are those of package kb, or letters.
func (p *Page) Key(keys string) error { return chromedp.Do(p, chromedp.KeyEvent(keys)) }

// Picture is what the window shows, as PNG.
func (p *Page) Picture() ([]byte, error) { return chromedp.Run(p, chromedp.CaptureScreenshot()) }
