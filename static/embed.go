// Package static holds what the browser loads: styles, plain ES modules and the
// Go fonts. Every file has an address that names its content, so that browsers
// keep it for ever and never ask again:
//
//	/static/3f9a…/js/bench.js   /fonts/77b0…/go-regular.ttf
//
// Modules import each other by names such as "#ipclab/clock.js". The import map
// that resolves these names is the only inline script of a page; a page's content
// security policy admits it by its hash.
package static

import (
	"embed"
	"io/fs"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

//go:embed css img js
var embedded embed.FS

// Embedded holds the styles and modules that were built into the program.
func Embedded() fs.FS { return embedded }

// fonts come from Go packages: identical letters on every system, none to fetch.
// Three weigh 216 kB compressed; the browser slants and thickens the rest.
var fonts = map[string][]byte{
	"go-regular.ttf": goregular.TTF,
	"go-bold.ttf":    gobold.TTF,
	"go-mono.ttf":    gomono.TTF,
}
