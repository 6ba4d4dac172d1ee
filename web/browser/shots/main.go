// Command shots makes the pictures of the pages: the README's, static/bench.png,
// and, with a folder as its argument, every page in light and dark, at 1280, 1600
// and 390 pixels, and for the back row.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"ipclab/web/browser"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

// shot is one picture: of which page, how it is looked at, and what to wait for.
type shot struct {
	file, path string
	view       browser.View
}

const (
	drawn    = `/writer|worker|sender/.test(document.querySelector('ipc-stage svg')?.getAttribute('aria-label') ?? 'writer')`
	patience = 20 * time.Second
)

func run(args []string) error {
	dir, err := os.MkdirTemp("", "ipclab-shots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "ipclab")
	if out, err := exec.Command("go", "build", "-o", binary, "ipclab/cmd/ipclab").CombinedOutput(); err != nil {
		return fmt.Errorf("build ipclab: %w\n%s", err, out)
	}
	lab, err := browser.Serve(context.Background(), binary)
	if err != nil {
		return err
	}
	defer lab.Close()
	ctx, cancel, err := browser.Launch(context.Background())
	if err != nil {
		return err
	}
	defer cancel()
	shots := []shot{{"static/bench.png", "/bench/pipe?experiment=full", browser.View{Width: 1280, Height: 800, Still: true}}}
	if len(args) > 0 {
		shots = append(shots, all(args[0])...)
	}
	for _, s := range shots {
		if err := s.take(ctx, lab); err != nil {
			return err
		}
		fmt.Println(s.file)
	}
	return nil
}

func all(folder string) (shots []shot) {
	pages := map[string]string{"home": "/", "pipe": "/bench/pipe?experiment=full", "shm": "/bench/shm", "signals": "/bench/signals", "player": "/play", "doctor": "/doctor"}
	for name, path := range pages {
		for _, width := range []int64{1600, 1280, 390} {
			for _, dark := range []bool{false, true} {
				theme, height := "light", int64(1000)
				if dark {
					theme = "dark"
				}
				if width == 390 {
					height = 2000
				}
				file := filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, theme))
				shots = append(shots, shot{file, path, browser.View{Width: width, Height: height, Dark: dark, Still: true}})
			}
		}
		if strings.HasPrefix(path, "/bench/") {
			shots = append(shots, shot{filepath.Join(folder, name+"-present.png"), path, browser.View{Width: 1600, Height: 1000, Still: true, Present: true}})
		}
	}
	return shots
}

func (s shot) take(ctx context.Context, lab *browser.Lab) error {
	path, query, _ := strings.Cut(s.path, "?")
	p, done, err := browser.Open(ctx, strings.Replace(lab.URL, "/?", path+"?", 1)+"&"+query, s.view)
	if err != nil {
		return err
	}
	defer done()
	if err := p.Until(drawn, patience); err != nil {
		return err
	}
	if s.view.Present {
		if err := p.Key("p"); err != nil {
			return err
		}
	}
	time.Sleep(3 * time.Second) // something has happened by then
	png, err := p.Picture()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.file, png, 0o644)
}
