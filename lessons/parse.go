package lessons

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a file may have at most. No lesson comes near; a file that does is a mistake
// or an attempt to keep the reader busy.
const (
	maxFile     = 256 << 10
	maxLine     = 4000 // bytes
	maxSteps    = 50
	maxCommands = 200 // of a step
	maxClaims   = 50  // of a step
	maxOptions  = 12
)

// source is a file as it was written: what messages point at.
type source struct {
	lines  []string
	keys   map[string]place // where the front matter says what
	params []param
}

// A param is a setting in the front matter; what it means the lab knows.
type param struct{ name, value span }

// Parse reads a lesson. It knows the format, not the labs: see Check. The lesson is
// nil only if the file cannot be read at all.
func Parse(file string, src []byte) (*Lesson, Problems) { return parse(file, src, false) }

// ParseExperiments reads the experiments of a mechanism: one is a step.
func ParseExperiments(file string, src []byte) (*Lesson, Problems) { return parse(file, src, true) }

type reader struct {
	findings
	*source
	l    *Lesson
	step *Step // the present one; nil before the first
}

func parse(file string, src []byte, experiments bool) (*Lesson, Problems) {
	p := &reader{findings: findings{file: file}, source: &source{keys: map[string]place{}}}
	p.split(src)
	if len(p.all) > 0 {
		return nil, p.all
	}
	sum := sha256.Sum256([]byte(strings.Join(p.lines, "\n")))
	p.l = &Lesson{File: file, Hash: hex.EncodeToString(sum[:8]), src: p.source, Apart: experiments}
	p.body(p.front())
	p.all.Sort()
	return p.l, p.all
}

// split makes lines, and refuses what no text has.
func (p *reader) split(src []byte) {
	if len(src) > maxFile {
		p.errorf(place{}, "the file has %d bytes: a lesson has at most %d", len(src), maxFile)
		return
	}
	text := strings.TrimPrefix(string(src), "\ufeff")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		p.lines = append(p.lines, line)
		if len(line) > maxLine {
			p.errorf(place{i + 1, maxLine}, "the line has %d bytes: break it, at most %d", len(line), maxLine)
		}
		col := 0
		for at, r := range line {
			col++
			if r == utf8.RuneError && !strings.HasPrefix(line[at:], "\ufffd") {
				p.errorf(place{i + 1, col}, "byte 0x%02x is not UTF-8: save the file as UTF-8", line[at])
				break
			} else if hidden(r) {
				p.errorf(place{i + 1, col}, "the invisible character %U may not stand in a lesson: remove it", r)
				break
			}
		}
	}
}

// hidden tells of characters that do something to the text around them without
// being seen: control characters, line separators, and those that turn it around.
func hidden(r rune) bool {
	return r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// A block is the lines between ":::name arguments" and ":::".
type block struct {
	span
	args     []span
	from, to int // indexes of its lines, to is that of its end
}

// kinds of blocks: how each is read, and whether it is prose, in which ``` hides
// what looks like the end.
var blocks = map[string]struct {
	read  func(*reader, *block)
	prose bool
}{
	"hook":     {(*reader).hook, true},
	"predict":  {(*reader).predict, true},
	"do":       {(*reader).do, false},
	"claim":    {(*reader).claim, false},
	"explain":  {(*reader).explain, true},
	"reflect":  {(*reader).reflect, true},
	"terminal": {(*reader).terminal, false},
	"modify":   {(*reader).modify, true},
	"note":     {(*reader).note, true},
	"ref":      {(*reader).ref, false},
}

// body reads steps, blocks and the prose around them, from a line on.
func (p *reader) body(i int) {
	begin := i // of the prose
	flush := func() {
		if text := p.prose(p.pieces(begin, i)); p.step != nil {
			p.step.Prose = append(p.step.Prose, text...)
		} else {
			p.l.Intro = append(p.l.Intro, text...)
		}
	}
	for i < len(p.lines) && !p.full() {
		switch line := p.lines[i]; {
		case fence(line) != "":
			i = p.skipFence(i)
		case isStep(line):
			flush()
			p.heading(i)
			i++
			begin = i
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), ":::"):
			flush()
			i = p.block(i)
			begin = i
		default:
			i++
		}
	}
	flush()
}

var fenceMark = regexp.MustCompile("^[ \t]*(```+[^`]*|~~~+.*)$")

// fence gives the mark that begins (or ends) a block of code, or "".
func fence(line string) string {
	if !fenceMark.MatchString(line) {
		return ""
	}
	line = strings.TrimLeft(line, " \t")
	return line[:len(line)-len(strings.TrimLeft(line, line[:1]))]
}

// skipFence gives the index after the end of a block of code.
func (p *reader) skipFence(i int) int {
	mark := fence(p.lines[i])
	for j := i + 1; j < len(p.lines); j++ {
		if end := strings.TrimSpace(p.lines[j]); strings.HasPrefix(end, mark) && strings.Trim(end, mark[:1]) == "" {
			return j + 1
		}
	}
	p.errorf(p.start(i), "the code that begins here has no end: close it with %s", mark)
	return len(p.lines)
}

func isStep(line string) bool {
	return strings.HasPrefix(line, "##") && !strings.HasPrefix(line, "###")
}

var (
	headed = regexp.MustCompile(`^##[ \t]+(.*?)[ \t]*\{#([^{}]*)\}[ \t]*$`)
	ident  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

// heading begins a step.
func (p *reader) heading(i int) {
	at, title := place{i + 1, 1}, strings.TrimSpace(strings.TrimLeft(p.lines[i], "#"))
	p.step = &Step{Lesson: p.l, Title: title, Line: i + 1}
	m := headed.FindStringSubmatch(p.lines[i])
	if m == nil {
		p.step.ID = slug(title)
		p.errorf(at, "a step needs an id: write ## %s {#%s}", title, p.step.ID)
	} else {
		p.step.Title = m[1]
		names := words(i+1, m[2])
		for k := range names {
			names[k].at.col = p.colOf(i+1, names[k].text)
		}
		p.names(at, m[2], names)
	}
	if p.step.Title == "" {
		p.errorf(at, "a step needs a title: write ## Title {#%s}", p.step.ID)
	}
	if len(p.l.Steps) == maxSteps {
		p.errorf(at, "more than %d steps: make two files of it", maxSteps)
	}
	if len(p.l.Steps) < maxSteps {
		p.l.Steps = append(p.l.Steps, p.step)
	}
}

// names reads what stands in {#…}: an id, and of an experiment its number.
func (p *reader) names(at place, text string, names []span) {
	if len(names) == 0 {
		p.step.ID = slug(p.step.Title)
		p.errorf(at, "the id is empty: write {#%s}", p.step.ID)
		return
	}
	p.step.ID = names[0].text
	switch {
	case p.l.Apart && len(names) == 2:
		p.step.Number = names[1].text
	case p.l.Apart:
		p.errorf(names[0].at, "an experiment has an id and a number: write {#%s P1}", p.step.ID)
	case len(names) > 1:
		p.step.ID = text
	}
	if !ident.MatchString(p.step.ID) {
		p.errorf(names[0].at, "id %q: use small letters, digits and hyphens, as in %s", p.step.ID, slug(p.step.ID))
	}
}

// slug makes an id of a title.
func slug(title string) string {
	id := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(title), "-"), "-")
	if id = strings.Trim(id[:min(len(id), 40)], "-"); id == "" {
		return "id"
	}
	return id
}

// block reads one block and gives the index of the line after it.
func (p *reader) block(i int) int {
	line := p.lines[i]
	at := p.start(i)
	if line[0] != ':' {
		p.errorf(at, "a block begins in the first column: remove the blanks before :::")
	}
	mark := strings.TrimLeft(line, " \t")
	rest := strings.TrimLeft(mark, ":")
	if len(mark)-len(rest) > 3 {
		p.errorf(at, "a block begins with three colons, not %d", len(mark)-len(rest))
	}
	args := wordsFrom(place{i + 1, utf8.RuneCountInString(line[:len(line)-len(rest)]) + 1}, rest)
	if len(args) == 0 {
		p.errorf(at, "::: closes a block, but none is open here")
		return i + 1
	}
	b := &block{span: args[0], args: args[1:], from: i + 1}
	kind, known := blocks[b.text]
	b.to = p.end(b, kind.prose)
	switch {
	case !known:
		p.errorf(b.at, "there is no block %q%s", b.text, orChoose(b.text, keys(blocks)))
	case p.step == nil && b.text != "hook":
		p.errorf(b.at, "%s stands before the first step: begin a step with ## Title {#id}", b.text)
	default:
		kind.read(p, b)
	}
	if b.to < len(p.lines) && strings.TrimSpace(p.lines[b.to]) == ":::" {
		return b.to + 1
	}
	return b.to
}

// end finds the line that ends a block, or the one before which its end is missing.
func (p *reader) end(b *block, prose bool) int {
	for j := b.from; j < len(p.lines); j++ {
		line := p.lines[j]
		switch {
		case prose && fence(line) != "":
			j = p.skipFence(j) - 1
		case strings.TrimSpace(line) == ":::":
			return j
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), ":::"), isStep(line):
			p.errorf(b.at, "block %s has no end: put ::: before line %d", b.text, j+1)
			return j
		}
	}
	p.errorf(b.at, "block %s has no end: put ::: after its last line", b.text)
	return len(p.lines)
}

// orChoose ends a message about an unknown word: the one that was meant, or all.
func orChoose(word string, known []string) string {
	if s := didYouMean(word, known); s != "" {
		return s
	}
	return ": choose " + strings.Join(known, ", ")
}

// start is the place of the first letter of a line.
func (s *source) start(i int) place {
	line := s.lines[i]
	return place{i + 1, 1 + len(line) - len(strings.TrimLeft(line, " \t"))}
}

// colOf gives the column at which a word begins in a line, or that of its first letter.
func (s *source) colOf(line int, word string) int {
	text := s.lines[line-1]
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return s.start(line - 1).col
		}
		at += from
		if alone(text, at, at+len(word)) {
			return utf8.RuneCountInString(text[:at]) + 1
		}
		from = at + 1
	}
}

// alone tells whether the word is not a part of a longer one.
func alone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	return !part(before) && !part(after)
}

// at is the place of a word in a line.
func (s *source) at(line int, word string) place { return place{line, s.colOf(line, word)} }
