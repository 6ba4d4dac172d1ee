package lessons

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is a mistake in a file, and where it is.
type Problem struct {
	File      string
	Line, Col int  // from 1; columns count characters
	Warning   bool // the lesson can be performed all the same
	Text      string
}

func (p Problem) String() string {
	kind := ""
	if p.Warning {
		kind = "warning: "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Col, kind, p.Text)
}

// Problems is all that is wrong with some files.
type Problems []Problem

// Error gives one line for each problem.
func (ps Problems) Error() string {
	var s []string
	for _, p := range ps {
		s = append(s, p.String())
	}
	return strings.Join(s, "\n")
}

// Errors leaves the warnings out.
func (ps Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// Sort puts them in the order of the files.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// findings collects the problems of one file, up to a sensible number.
type findings struct {
	file string
	all  Problems
}

const maxProblems = 100

// full tells that there is no more to find.
func (l *findings) full() bool { return len(l.all) > maxProblems }

func (l *findings) errorf(at place, format string, a ...any) { l.add(at, false, format, a...) }

func (l *findings) warnf(at place, format string, a ...any) { l.add(at, true, format, a...) }

func (l *findings) add(at place, warning bool, format string, a ...any) {
	if l.full() {
		return
	}
	text := fmt.Sprintf(format, a...)
	if len(l.all) == maxProblems {
		text, warning = fmt.Sprintf("there are more than %d mistakes; these are the first", maxProblems), false
	}
	p := Problem{l.file, max(at.line, 1), max(at.col, 1), warning, text}
	if !slices.Contains(l.all, p) {
		l.all = append(l.all, p)
	}
}

// A place is a line and a column of a file, both from 1.
type place struct{ line, col int }

// A span is a part of a line, and where it begins.
type span struct {
	text string
	at   place
}

// words splits a line at its blanks.
func words(line int, s string) []span {
	return wordsFrom(place{line, 1}, s)
}

func wordsFrom(at place, s string) (all []span) {
	col, begin, from := at.col, -1, 0
	for i, r := range s {
		blank := r == ' ' || r == '\t'
		if blank && begin >= 0 {
			all = append(all, span{s[begin:i], place{at.line, from}})
			begin = -1
		} else if !blank && begin < 0 {
			begin, from = i, col
		}
		col++
	}
	if begin >= 0 {
		all = append(all, span{s[begin:], place{at.line, from}})
	}
	return all
}
