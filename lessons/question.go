package lessons

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (p *reader) predict(b *block) {
	if p.step.Predict != nil {
		p.errorf(b.at, "a step has one predict: begin another step, or use reflect")
		return
	}
	if len(b.args) == 0 {
		p.errorf(b.at, "predict needs an id: write :::predict q1")
		b.args = []span{{"q", b.at}}
	}
	p.step.Predict = p.question(b, b.args[0], b.args[1:])
}

func (p *reader) reflect(b *block) {
	id, args := span{fmt.Sprint("reflect", p.reflects()+1), b.at}, b.args
	if len(args) > 0 && !isKind(args[0].text) {
		id, args = args[0], args[1:]
	}
	p.step.Reflect = append(p.step.Reflect, p.question(b, id, args))
}

func (p *reader) reflects() (n int) {
	for _, s := range p.l.Steps {
		n += len(s.Reflect)
	}
	return n
}

func isKind(s string) bool {
	return s == string(Multi) || s == string(Order) || s == string(Number)
}

// question reads a text and the answers below it.
func (p *reader) question(b *block, id span, args []span) *Question {
	q := &Question{ID: id.text, Kind: Choice, Line: b.at.line}
	if !ident.MatchString(id.text) {
		p.errorf(id.at, "id %q: use small letters, digits and hyphens, as in q1", id.text)
	}
	p.kind(q, args)
	first := b.from // the line of the first answer
	for first < b.to && !p.isAnswer(q, first) {
		if fence(p.lines[first]) != "" {
			first = min(p.skipFence(first), b.to)
			continue
		}
		first++
	}
	q.Text = p.prose(p.pieces(b.from, first))
	if len(q.Text) == 0 {
		p.errorf(b.at, "%s has no question: write it before the answers", b.text)
	}
	switch {
	case q.Kind == Number:
		p.numberAnswer(q, b, first)
	case first == b.to:
		p.errorf(b.at, "%s has no answers: write one on each line, %s", b.text, forms[q.Kind])
	default:
		p.options(q, b, first)
	}
	return q
}

var forms = map[QuestionKind]string{
	Choice: "as - [ ] text, the right one as - [x] text",
	Multi:  "as - [ ] text, the right ones as - [x] text",
	Order:  "as - text, in the right order",
	Number: "as = 64000",
}

// kind reads what follows the id.
func (p *reader) kind(q *Question, args []span) {
	if len(args) == 0 {
		return
	}
	kind := QuestionKind(args[0].text)
	if !isKind(args[0].text) {
		p.errorf(args[0].at, "there is no kind of question %q%s", args[0].text, orChoose(args[0].text, []string{"multi", "order", "number"}))
		return
	}
	q.Kind, args = kind, args[1:]
	if kind == Number && len(args) > 0 {
		off := ""
		for _, a := range args {
			off += a.text
		}
		off = strings.TrimPrefix(strings.TrimPrefix(off, "±"), "+-")
		f, err := strconv.ParseFloat(off, 64)
		if err != nil || !(f >= 0 && f <= 1e15) {
			p.errorf(args[0].at, "number: say how far off is still right, as in number ±500")
		}
		q.Within = f
	} else if len(args) > 0 {
		p.errorf(args[0].at, "%s takes nothing after it: remove %q", kind, args[0].text)
	}
}

var (
	task  = regexp.MustCompile(`^[-*] \[([ xX])\](?:[ \t]+|$)`)
	item  = regexp.MustCompile(`^[-*][ \t]+`)
	boxed = regexp.MustCompile(`^[ \t]*[-*+]?[ \t]*\[[ xX]*\]`)
	value = regexp.MustCompile(`^=`)
)

// isAnswer tells whether the answers begin on a line; also if it is meant so, but
// not well written.
func (p *reader) isAnswer(q *Question, i int) bool {
	switch line := p.lines[i]; q.Kind {
	case Number:
		return value.MatchString(line)
	case Order:
		return item.MatchString(line)
	default:
		return task.MatchString(line) || boxed.MatchString(line)
	}
}

func (p *reader) numberAnswer(q *Question, b *block, i int) {
	if i == b.to {
		p.errorf(b.at, "%s has no answer: write the number on a line of its own, %s", b.text, forms[Number])
		return
	}
	text := strings.TrimSpace(p.lines[i][1:])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > -1e15 && f < 1e15) {
		p.errorf(p.start(i), "read the answer %q: write a number without blanks or units, %s", text, forms[Number])
	}
	q.Number = f
	p.nothing(b, i+1, "the answer")
}

// nothing makes sure that only blank lines follow.
func (p *reader) nothing(b *block, i int, after string) {
	for ; i < b.to; i++ {
		if strings.TrimSpace(p.lines[i]) != "" {
			p.errorf(p.start(i), "text after %s: put it before, or in a block of its own", after)
			return
		}
	}
}

// options reads the answers, each with the lines that go on with it.
func (p *reader) options(q *Question, b *block, i int) {
	mark := task
	if q.Kind == Order {
		mark = item
	}
	for i < b.to {
		m := mark.FindString(p.lines[i])
		if m == "" {
			if strings.TrimSpace(p.lines[i]) == "" {
				i++
				continue
			}
			if !boxed.MatchString(p.lines[i]) && !item.MatchString(p.lines[i]) {
				p.nothing(b, i, "the answers")
				return
			}
			p.errorf(p.start(i), "write the answer %s", forms[q.Kind])
			m = boxed.FindString(p.lines[i])
		}
		lines := []piece{{p.lines[i][len(m):], place{i + 1, utf8.RuneCountInString(m) + 1}}}
		o := &Option{Line: i + 1, Right: strings.ContainsAny(m, "xX")}
		for i++; i < b.to && p.goesOn(i); i++ {
			blank := len(p.lines[i]) - len(strings.TrimLeft(p.lines[i], " \t"))
			lines = append(lines, piece{p.lines[i][blank:], place{i + 1, blank + 1}})
		}
		p.tag(q, o, &lines[len(lines)-1])
		o.Text = p.paragraph(lines)
		if len(o.Text) == 0 {
			p.errorf(place{o.Line, 1}, "the answer is empty")
		}
		if len(q.Options) == maxOptions {
			p.errorf(place{o.Line, 1}, "more than %d answers", maxOptions)
			return
		}
		o.Letter = string(rune('A' + len(q.Options)))
		q.Options = append(q.Options, o)
	}
}

// goesOn tells whether a line belongs to the answer above it.
func (p *reader) goesOn(i int) bool {
	line := p.lines[i]
	return strings.TrimSpace(line) != "" && !item.MatchString(line) && !boxed.MatchString(line)
}

var (
	tagStart = regexp.MustCompile(`\{[ \t]*[A-Za-z]{1,4}-?[0-9]{1,3}\b[^}:]*[}:]`)
	tagID    = regexp.MustCompile(`^[A-Z]{2}-[0-9]{1,2}$`)
)

// tag takes {PI-2, PI-3: expression} off the end of an answer.
func (p *reader) tag(q *Question, o *Option, last *piece) {
	text := strings.TrimRight(last.text, " \t")
	at := tagStart.FindStringIndex(text)
	if at == nil {
		return
	}
	where := place{last.at.line, last.at.col + utf8.RuneCountInString(text[:at[0]])}
	if !strings.HasSuffix(text, "}") || text[at[1]-1] == '}' && at[1] != len(text) {
		p.errorf(where, "a tag stands once, at the end of the answer: {PI-1, PI-2} or {PI-1: expression}")
		last.text = text[:at[0]]
		return
	}
	inner := text[at[0]+1 : len(text)-1]
	ids, expr, says := strings.Cut(inner, ":")
	for _, id := range wordsFrom(place{where.line, where.col + 1}, strings.ReplaceAll(ids, ",", " ")) {
		if !tagID.MatchString(id.text) {
			p.errorf(id.at, "%q is not the id of a misconception: write it as PI-2", id.text)
			id.text = strings.ToUpper(id.text)
		}
		o.Misconceptions = append(o.Misconceptions, id.text)
	}
	if says {
		o.Wrong = exprAt(place{where.line, where.col + 2 + utf8.RuneCountInString(ids)}, expr)
		if o.Wrong.Source == "" {
			p.errorf(where, "after the colon stands what would have to be so, as in {PI-2: pipe.bytes == 65536}")
			o.Wrong = nil
		}
	}
	switch {
	case q.Kind == Order:
		p.errorf(where, "answers to be put in order have no tags")
	case o.Right:
		p.errorf(where, "a right answer has no misconception behind it: remove the tag")
	}
	last.text = text[:at[0]]
}

// exprAt is an expression that begins at a place, or after the blanks there.
func exprAt(at place, s string) *Expr {
	trimmed := strings.TrimLeft(s, " \t")
	return &Expr{Source: strings.TrimRight(trimmed, " \t"), Line: at.line, Col: at.col + len(s) - len(trimmed)}
}
