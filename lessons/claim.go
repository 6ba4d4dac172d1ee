package lessons

import (
	"errors"
	"fmt"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"ipclab/lab"
)

// An Expr is one expression of a lesson, checked against the names that it may use.
type Expr struct {
	Source string
	Line   int
	Col    int
	Shown  bool // it may be a number or a text: its value is told, nothing must hold of it

	test  *program
	sides []*side
}

// program is an expression that can be evaluated, or one side of it.
type program struct {
	vm    *vm.Program
	refs  []ref           // what it reads
	words map[string]bool // the names and fields in it
}

// What an expression may cost.
const (
	maxSource = 1000 // bytes
	maxNodes  = 200
	maxString = 200 // bytes of one text
	maxArray  = 50  // elements written out
	deadline  = time.Second
)

// A ClaimError says what is wrong with an expression, and where.
type ClaimError struct {
	Col   int // in the expression, from 1
	Text  string
	cause error
}

func (e *ClaimError) Error() string { return fmt.Sprintf("claim: %s (column %d)", e.Text, e.Col) }

// Compile checks that an expression speaks of what there is in a scene, is true or
// false, and cannot take long; then it can be evaluated.
func Compile(e *Expr, info *lab.Info, scene *lab.Scene) (err error) {
	defer func() {
		if r := recover(); r != nil { // of the parser, which others wrote
			err = &ClaimError{Col: 1, Text: fmt.Sprintf("cannot be read: %v", r)}
		}
	}()
	if len(e.Source) > maxSource {
		return &ClaimError{Col: 1, Text: fmt.Sprintf("it has %d bytes, at most %d are allowed: split it into several lines", len(e.Source), maxSource)}
	}
	words := newLexicon(info, scene)
	config := conf.New(words.types)
	config.MaxNodes = maxNodes
	for name := range config.Builtins {
		if !builtins[name] {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	tree, err := parser.ParseWithConfig(e.Source, config)
	if err != nil {
		return words.explain(err)
	}
	if err := refuse(tree.Node); err != nil {
		return err
	}
	if _, err := checker.Check(tree, config); err != nil {
		return words.explain(err)
	}
	if nt := tree.Node.Nature(); !e.Shown && (nt.IsUnknown(&config.NtCache) || !nt.IsBool()) {
		return &ClaimError{Col: 1, Text: fmt.Sprintf("%s is %s; write what must hold of it, as in … == 3", tree.Node, words.kind(tree.Node))}
	}
	if err := words.check(tree.Node); err != nil {
		return err
	}
	build := func(n ast.Node) (*program, error) {
		p := &program{words: map[string]bool{}}
		p.refs = words.refs(n, p.words)
		n = divisions(n)
		t := &parser.Tree{Node: n, Source: tree.Source}
		if _, err := checker.Check(t, config); err != nil {
			return nil, words.explain(err)
		}
		p.vm, err = compiler.Compile(t, config)
		if err != nil {
			return nil, words.explain(err)
		}
		return p, nil
	}
	var sides []*side
	for _, n := range comparisons(tree.Node) {
		text := n.String()
		p, err := build(n.Node)
		if err != nil {
			return err
		}
		sides = append(sides, &side{program: p, text: text, source: words.source(p.refs), as: n.as})
	}
	test, err := build(tree.Node)
	if err != nil {
		return err
	}
	e.test, e.sides = test, sides
	return nil
}

// Eval tells whether the expression holds. What cannot be known is an error.
func (e *Expr) Eval(v *Values) (bool, error) {
	if e.test == nil {
		return false, &ClaimError{Col: 1, Text: "it was not checked before"}
	}
	out, err := e.test.run(v)
	if err != nil {
		return false, err
	}
	so, ok := out.(bool)
	if e.Shown && !ok {
		return true, nil
	}
	if !ok {
		return false, &ClaimError{Col: 1, Text: fmt.Sprintf("it is %s, neither true nor false", quantity.format(out))}
	}
	return so, nil
}

// Mentions reports whether a name or a field stands in the expression.
func (e *Expr) Mentions(name string) bool { return e.test != nil && e.test.words[name] }

func (e *ClaimError) Unwrap() error { return e.cause }

// run evaluates a program within the deadline.
func (p *program) run(v *Values) (any, error) {
	for _, r := range p.refs {
		if err := v.unknown(r); err != nil {
			return nil, &ClaimError{Col: r.col, Text: err.Error(), cause: err}
		}
	}
	env := v.env
	if p.words["events"] {
		env = v.withEvents()
	}
	type result struct {
		out any
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- result{nil, fmt.Errorf("%v", r)}
			}
		}()
		out, err := vm.Run(p.vm, env)
		done <- result{out, err}
	}()
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.out, plain(r.err)
	case <-timer.C:
		return nil, &ClaimError{Col: 1, Text: fmt.Sprintf("it takes longer than %v: ask for less", deadline)}
	}
}

// plain says in few words what went wrong within an evaluation.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var own *ClaimError
	if errors.As(err, &own) {
		return own
	}
	var f *file.Error
	if errors.As(err, &f) {
		var inner *unknown
		if errors.As(err, &inner) {
			return &ClaimError{Col: f.Column + 1, Text: inner.Error(), cause: inner}
		}
		return &ClaimError{Col: f.Column + 1, Text: f.Message}
	}
	return &ClaimError{Col: 1, Text: err.Error()}
}
