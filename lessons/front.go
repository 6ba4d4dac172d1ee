package lessons

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"ipclab/lab"
)

// maxFront is how many bytes the front matter may have: the reader of YAML may need a
// time that grows with the square of it.
const maxFront = 4000

// front reads the front matter, and gives the index of the line after it.
func (p *reader) front() int {
	if strings.TrimSpace(p.lines[0]) != "---" {
		p.errorf(place{1, 1}, "the file begins with front matter: a line ---, then id, title and so on, then a line ---")
		return 0
	}
	end := 1
	for end < len(p.lines) && strings.TrimRight(p.lines[end], " \t") != "---" {
		end++
	}
	if end == len(p.lines) {
		p.errorf(place{1, 1}, "the front matter has no end: close it with a line ---")
		return end
	}
	// The first line stays empty, so that the reader counts lines as the file does.
	text := "\n" + strings.Join(p.lines[1:end], "\n") + "\n"
	if len(text) > maxFront {
		p.errorf(place{1, 1}, "the front matter has %d bytes: at most %d", len(text), maxFront)
		return end + 1
	}
	node, err := readYAML(text)
	var at yaml.Error
	switch {
	case errors.As(err, &at):
		p.errorf(p.placeOfToken(at.GetToken()), "front matter: %s; write lines of the form key: value, from the first column", at.GetMessage())
	case err != nil:
		p.errorf(place{2, 1}, "front matter: %v", err)
	default:
		p.mapping(node, "front matter", func(k span, v ast.Node) { p.key(k, v) })
		p.required()
	}
	return end + 1
}

// readYAML gives the one thing in a text. The reader of YAML is not ours: should it
// fail on some odd text, that is a mistake in the text as well.
func readYAML(text string) (n ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is not YAML (%v): write lines of the form key: value", r)
		}
	}()
	f, err := yamlparser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, err
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return nil, errors.New("it is empty")
	}
	return f.Docs[0].Body, nil
}

// mapping calls f for each key of a map.
func (p *reader) mapping(n ast.Node, what string, f func(span, ast.Node)) {
	m, ok := n.(ast.MapNode)
	if !ok {
		p.errorf(p.placeOf(n), "%s: write lines of the form key: value", what)
		return
	}
	for it := m.MapRange(); it.Next(); {
		key, ok := it.Key().(*ast.StringNode)
		if !ok || !oneWord.MatchString(key.Value) {
			p.errorf(p.placeOf(it.Key()), "%s: a key is a word", what)
			continue
		}
		f(span{key.Value, p.placeOf(key)}, it.Value())
	}
}

// placeOf is where a node begins.
func (p *reader) placeOf(n ast.Node) place {
	if n == nil {
		return place{1, 1}
	}
	return p.placeOfToken(n.GetToken())
}

// placeOfToken is within the file, also where the reader of YAML lost count.
func (p *reader) placeOfToken(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	line := min(max(t.Position.Line, 1), len(p.lines))
	return place{line, min(t.Position.Column, utf8.RuneCountInString(p.lines[line-1])+1)}
}

// The keys of the front matter, and how each value is read.
var frontKeys = map[string]func(*reader, span, ast.Node){
	"id":             func(p *reader, k span, n ast.Node) { p.text(k, n, &p.l.ID, ident, "small letters, digits and hyphens") },
	"number":         func(p *reader, k span, n ast.Node) { p.text(k, n, &p.l.Number, lessonNumber, "it as L03, L15b or C1") },
	"title":          func(p *reader, k span, n ast.Node) { p.text(k, n, &p.l.Title, anyText, "a line of text") },
	"mechanism":      func(p *reader, k span, n ast.Node) { p.text(k, n, &p.l.Mechanism, anyText, "a mechanism") },
	"lab":            func(p *reader, k span, n ast.Node) { p.text(k, n, &p.l.Lab, anyText, "the name of a lab") },
	"level":          func(p *reader, k span, n ast.Node) { p.l.Level = int(p.number(k, n, 1, 3, true)) },
	"minutes":        func(p *reader, k span, n ast.Node) { p.l.Minutes = int(p.number(k, n, 1, 240, true)) },
	"pace":           func(p *reader, k span, n ast.Node) { p.l.Pace = p.number(k, n, 0.1, 1000, false) },
	"needs":          func(p *reader, k span, n ast.Node) { p.l.Needs = p.texts(k, n) },
	"requires":       func(p *reader, k span, n ast.Node) { p.l.Requires = p.texts(k, n) },
	"misconceptions": func(p *reader, k span, n ast.Node) { p.l.Misconceptions = p.texts(k, n) },
	"mode":           (*reader).mode,
	"params":         (*reader).paramsOf,
}

var (
	lessonNumber = regexp.MustCompile(`^[LC][0-9]{1,2}[a-z]?$`)
	anyText      = regexp.MustCompile(`\S`)
	oneWord      = regexp.MustCompile(`^[A-Za-z0-9_>=-][A-Za-z0-9_>= -]{0,59}$`)
)

func (p *reader) key(k span, v ast.Node) {
	read, known := frontKeys[k.text]
	switch {
	case p.l.Apart && k.text != "lab":
		p.errorf(k.at, "front matter: experiments have the key lab only, not %q", k.text)
	case !known:
		p.errorf(k.at, "front matter: there is no key %q%s", k.text, orChoose(k.text, keys(frontKeys)))
	default:
		p.keys[k.text] = k.at
		read(p, k, v)
	}
}

// required names the keys that are missing.
func (p *reader) required() {
	want := []string{"id", "title", "mechanism", "level", "minutes"}
	if p.l.Apart {
		want = []string{"lab"}
	}
	for _, k := range want {
		if _, ok := p.keys[k]; !ok {
			p.errorf(place{1, 1}, "front matter: the key %s is missing", k)
		}
	}
	if p.l.Lab == "" {
		p.l.Lab = p.l.Mechanism
	}
	if p.l.Apart {
		p.l.Mechanism = p.l.Lab
	}
}

// scalar gives the one value of a node as it is written.
func (p *reader) scalar(k span, n ast.Node) (span, bool) {
	switch v := n.(type) {
	case *ast.NullNode:
		p.errorf(k.at, "front matter: %s has no value", k.text)
		return span{}, false
	case *ast.StringNode:
		return span{v.Value, p.placeOf(n)}, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return span{n.GetToken().Value, p.placeOf(n)}, true
	}
	p.errorf(p.placeOf(n), "front matter: %s is one plain value", k.text)
	return span{}, false
}

func (p *reader) text(k span, n ast.Node, to *string, form *regexp.Regexp, as string) {
	v, ok := p.scalar(k, n)
	if !ok {
		return
	}
	if !form.MatchString(v.text) || len(v.text) > 200 || strings.ContainsAny(v.text, "\n") || strings.ContainsFunc(v.text, hidden) {
		p.errorf(v.at, "front matter: %s %q: write %s", k.text, v.text, as)
		return
	}
	*to = v.text
}

func (p *reader) number(k span, n ast.Node, least, most float64, whole bool) float64 {
	v, ok := p.scalar(k, n)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || !(f >= least && f <= most) || whole && f != float64(int(f)) {
		kind := "number"
		if whole {
			kind = "whole number"
		}
		p.errorf(v.at, "front matter: %s %q: give a %s from %g to %g", k.text, v.text, kind, least, most)
		return 0
	}
	return f
}

func (p *reader) texts(k span, n ast.Node) (all []string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		p.errorf(p.placeOf(n), "front matter: %s is a list: write %s: [one, two]", k.text, k.text)
		return nil
	}
	for _, e := range seq.Values {
		v, ok := p.scalar(k, e)
		switch {
		case !ok:
		case !oneWord.MatchString(v.text):
			p.errorf(v.at, "front matter: %s: %q is not a name", k.text, v.text)
		case slices.Contains(all, v.text):
			p.errorf(v.at, "front matter: %s names %s twice", k.text, v.text)
		default:
			all = append(all, v.text)
			p.keys[k.text+" "+v.text] = v.at
		}
	}
	return all
}

func (p *reader) mode(k span, n ast.Node) {
	v, ok := p.scalar(k, n)
	if !ok {
		return
	}
	m, err := lab.ParseMode(v.text)
	if err != nil {
		p.errorf(v.at, "front matter: mode %q%s", v.text, orChoose(v.text, []string{"full", "slow", "step"}))
	}
	p.l.Mode = m
}

func (p *reader) paramsOf(k span, n ast.Node) {
	p.mapping(n, "params", func(name span, n ast.Node) {
		if v, ok := p.scalar(name, n); ok {
			p.params = append(p.params, param{name, v})
		}
	})
}

// keys gives the names in a table, in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
