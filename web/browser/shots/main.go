// Command shots makes the pictures of the pages: the README's, static/bench.png,
// and, with a folder as its argument, every page in light and dark, at 1280, 1600
// and 390 pixels, and for the back row.
package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	keys       string // to be pressed before
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
	shots := []shot{{"static/bench.png", "/bench/pipe?experiment=full", browser.View{Width: 1440, Height: 900, Still: true}, "2"}}
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
	pages := map[string]string{"home": "/", "lesson": "/lessons/pipe-backpressure", "pipe": "/bench/pipe?experiment=full", "shm": "/bench/shm", "signals": "/bench/signals", "player": "/play", "lessons": "/lessons", "doctor": "/doctor"}
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
				shots = append(shots, shot{file, path, browser.View{Width: width, Height: height, Dark: dark, Still: true}, ""})
			}
		}
		if strings.HasPrefix(path, "/bench/") {
			shots = append(shots, shot{filepath.Join(folder, name+"-present.png"), path, browser.View{Width: 1600, Height: 1000, Still: true}, "p"})
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
	time.Sleep(2 * time.Second) // something has happened by then
	if s.keys != "" {
		if err := p.Key(s.keys); err != nil {
			return err
		}
		time.Sleep(time.Second)
	}
	small, err := shrink(p.Picture())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.file, small, 0o644)
}

// shrink gives each pixel the nearest of 256 colours: the most frequent ones that
// are not nearly the same. A page has few, and the edges of its letters.
func shrink(picture []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	count, size := map[color.Color]int{}, img.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			count[img.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	few := image.NewPaletted(size, nil)
	for _, c := range colours {
		if len(few.Palette) < 256 && !slices.ContainsFunc(few.Palette, func(d color.Color) bool { return alike(c, d) }) {
			few.Palette = append(few.Palette, c)
		}
	}
	index := map[color.Color]uint8{}
	for _, c := range colours {
		index[c] = uint8(few.Palette.Index(c))
	}
	for y := range size.Dy() {
		for x := range size.Dx() {
			few.SetColorIndex(x, y, index[img.At(x, y)])
		}
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few)
	return b.Bytes(), err
}

func alike(a, b color.Color) bool {
	r, g, b1, _ := a.RGBA()
	s, h, b2, _ := b.RGBA()
	near := func(x, y uint32) bool { return max(x, y)-min(x, y) < 10<<8 }
	return near(r, s) && near(g, h) && near(b1, b2)
}
