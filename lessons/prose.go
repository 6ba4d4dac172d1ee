package lessons

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// How deep lists and quotes may lie in each other, and how long a paragraph may be.
const (
	maxDepth     = 6
	maxParagraph = 2000 // bytes
)

// A piece is a part of a line, and where it begins.
type piece = span

// pieces gives whole lines.
func (p *reader) pieces(from, to int) (all []piece) {
	for i := from; i < to; i++ {
		all = append(all, piece{p.lines[i], place{i + 1, 1}})
	}
	return all
}

// markdown is CommonMark with tables. A heading is written with ###: a line of
// dashes below a paragraph is not one.
var markdown = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewHTMLBlockParser(), 900),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(parser.DefaultInlineParsers()...),
	parser.WithParagraphTransformers(util.Prioritized(extension.NewTableParagraphTransformer(), 200)),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

// sentences is Markdown without blocks: a paragraph, also where it begins with "2000."
var sentences = parser.NewParser(
	parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1000)),
	parser.WithInlineParsers(parser.DefaultInlineParsers()...),
)

var markers = regexp.MustCompile(`^(?:[ \t]*(?:>|[-*+]|[0-9]{1,9}[.)])[ \t]*)+`)

// prose reads Markdown. Its reader may need a time that grows with the square of a
// paragraph's length, so that is bounded.
func (p *reader) prose(lines []piece) Prose { return p.markdown(lines, markdown) }

// paragraph reads Markdown that is one paragraph, such as an answer.
func (p *reader) paragraph(lines []piece) Prose { return p.markdown(lines, sentences) }

func (p *reader) markdown(lines []piece, by parser.Parser) Prose {
	var all strings.Builder
	size := 0 // of the lines since the last empty one
	for _, l := range lines {
		if size += len(l.text); strings.TrimSpace(l.text) == "" {
			size = 0
		} else if size > maxParagraph {
			p.errorf(l.at, "the paragraph has more than %d bytes: break it with an empty line", maxParagraph)
			return nil
		}
		if m := markers.FindString(l.text); len(strings.Fields(strings.ReplaceAll(m, ">", "> "))) > maxDepth {
			p.errorf(l.at, "lists and quotes lie more than %d deep in each other", maxDepth)
			return nil
		}
		all.WriteString(l.text)
		all.WriteByte('\n')
	}
	if strings.TrimSpace(all.String()) == "" {
		return nil
	}
	c := &converter{p: p, src: []byte(all.String()), lines: lines}
	return c.blocks(by.Parse(text.NewReader(c.src)), 0)
}

// converter makes Prose of what the reader of Markdown found.
type converter struct {
	p     *reader
	src   []byte
	lines []piece
	last  int // offset of the newest text, for what does not say where it is
}

// at translates an offset in the text to a place in the file.
func (c *converter) at(offset int) place {
	for _, l := range c.lines {
		if offset <= len(l.text) {
			return place{l.at.line, l.at.col + utf8.RuneCountInString(l.text[:max(offset, 0)])}
		}
		offset -= len(l.text) + 1
	}
	return c.lines[len(c.lines)-1].at
}

// place is where a node begins.
func (c *converter) place(n ast.Node) place {
	if at := n.Pos(); at >= 0 && at < len(c.src) {
		return c.at(at)
	}
	return c.at(c.last)
}

func (c *converter) blocks(parent ast.Node, depth int) (all Prose) {
	if depth > maxDepth {
		c.p.errorf(c.place(parent), "lists and quotes lie more than %d deep in each other", maxDepth)
		return nil
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Paragraph, *ast.TextBlock:
			all = append(all, Block{Kind: Para, Text: c.inlines(n)})
		case *ast.Heading:
			if n.Level < 3 {
				c.p.errorf(c.place(n), "a heading within a step begins with ###; the title stands in the front matter, and ## in the first column begins a step")
			}
			all = append(all, Block{Kind: Head, Text: c.inlines(n)})
		case *ast.List:
			b := Block{Kind: List}
			if n.IsOrdered() {
				b.Kind = Numbered
			}
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				b.Items = append(b.Items, c.blocks(item, depth+1))
			}
			all = append(all, b)
		case *ast.Blockquote:
			all = append(all, Block{Kind: Quote, Items: []Prose{c.blocks(n, depth+1)}})
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			all = append(all, Block{Kind: Code, Code: strings.TrimRight(string(n.Lines().Value(c.src)), "\n")})
		case *tables.Table:
			b := Block{Kind: Table}
			for row := n.FirstChild(); row != nil; row = row.NextSibling() {
				var cells [][]Inline
				for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
					cells = append(cells, c.inlines(cell))
				}
				b.Rows = append(b.Rows, cells)
			}
			all = append(all, b)
		case *ast.HTMLBlock:
			c.p.errorf(c.place(n), "HTML is not shown: write it in `…`, or leave it out")
		default:
			c.p.errorf(c.place(n), "a line of dashes or stars has no meaning here: leave it out")
		}
	}
	return all
}

func (c *converter) inlines(n ast.Node) []Inline {
	var all []Inline
	c.inline(n, Inline{}, &all)
	if len(all) > 0 {
		last := &all[len(all)-1]
		last.Text = strings.TrimRight(last.Text, " ")
	}
	return all
}

// inline adds what lies in a node, in the style and with the link of as.
func (c *converter) inline(parent ast.Node, as Inline, all *[]Inline) {
	add := func(s string) {
		as.Text = s
		if last := len(*all) - 1; last >= 0 && (*all)[last].Style == as.Style && (*all)[last].Link == as.Link {
			(*all)[last].Text += s
		} else if s != "" {
			*all = append(*all, as)
		}
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		inner := as
		switch n := n.(type) {
		case *ast.Text:
			c.last = n.Segment.Start
			raw := string(n.Segment.Value(c.src))
			if as.Style == Mono {
				add(strings.ReplaceAll(raw, "\n", " "))
				continue
			}
			s := unescape(raw)
			if i := strings.IndexFunc(s, hidden); i >= 0 {
				r, _ := utf8.DecodeRuneInString(s[i:])
				c.p.errorf(c.at(c.last), "the invisible character %U may not stand in a lesson: remove it", r)
			}
			if n.SoftLineBreak() || n.HardLineBreak() {
				s += " "
			}
			add(s)
		case *ast.CodeSpan:
			inner.Style = Mono
			c.inline(n, inner, all)
		case *ast.Emphasis:
			inner.Style = Em
			if n.Level > 1 {
				inner.Style = Strong
			}
			c.inline(n, inner, all)
		case *ast.Link:
			inner.Link = c.address(n, unescape(string(n.Destination)))
			c.inline(n, inner, all)
		case *ast.AutoLink:
			inner.Link = c.address(n, string(n.URL(c.src)))
			inner.Text = string(n.Label(c.src))
			*all = append(*all, inner)
		case *ast.Image:
			c.p.errorf(c.place(n), "an image cannot stand in a lesson: the stage draws what happens")
		case *ast.RawHTML:
			s := string(n.Segments.Value(c.src))
			c.last = n.Segments.At(0).Start
			c.p.errorf(c.at(c.last), "HTML is not shown: write `%s`, or leave it out", s)
		default:
			c.p.errorf(c.place(n), "this cannot stand in a lesson")
		}
	}
}

// address passes an address within ipclab, or https.
func (c *converter) address(n ast.Node, s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || strings.ContainsAny(s, "\\\t\n") || strings.ContainsFunc(s, hidden):
	case u.Scheme == "https" && u.Host != "" && u.User == nil:
		return s
	case u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//"):
		return s
	}
	c.p.errorf(c.place(n), "link to %q: give an address that begins with https:// or, within ipclab, with /", s)
	return ""
}

// unescape resolves \* and &amp; as Markdown does, each once.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]):
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			end := strings.IndexByte(s[i:], ';')
			if end < 0 || end > 40 {
				b.WriteByte('&')
				continue
			}
			b.Write(util.ResolveEntityNames(util.ResolveNumericReferences([]byte(s[i : i+end+1]))))
			i += end
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
