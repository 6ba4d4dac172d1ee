package lessons

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"ipclab/lab"
)

// check refuses texts that a value can never be: such a claim would always fail, or
// always hold.
func (l *lexicon) check(n ast.Node) (err error) {
	ast.Walk(&n, visit(func(n ast.Node) {
		if err != nil {
			return
		}
		switch n := n.(type) {
		case *ast.BinaryNode:
			switch n.Operator {
			case "==", "!=", "in", "??":
				err = l.agree(n.Left, n.Right)
				if err == nil {
					err = l.agree(n.Right, n.Left)
				}
			}
		case *ast.CallNode:
			err = l.arguments(n)
		}
	}))
	return err
}

// agree checks the texts that a value is compared with.
func (l *lexicon) agree(value, with ast.Node) error {
	words := l.wordsOf(value)
	if words == "" {
		return nil
	}
	if list, ok := with.(*ast.ArrayNode); ok {
		for _, n := range list.Nodes {
			if err := l.allowed(n, words); err != nil {
				return err
			}
		}
		return nil
	}
	return l.allowed(with, words)
}

// wordsOf names the words that a value is one of, or a list of.
func (l *lexicon) wordsOf(n ast.Node) string {
	if c, ok := n.(*ast.ChainNode); ok {
		n = c.Node
	}
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return ""
	}
	if p, ok := m.Property.(*ast.StringNode); ok {
		f, _ := fieldOf(m.Node.Type(), p.Value)
		return f.words
	}
	return l.wordsOf(m.Node) // an element of a list
}

func (l *lexicon) allowed(n ast.Node, words string) error {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return nil
	}
	known := l.domains[words]
	switch {
	case slices.Contains(known, s.Value):
		return nil
	case words == "signal":
		if _, ok := signalNumber(s.Value); ok { // a real-time one
			return nil
		}
	}
	mean := didYouMean(s.Value, known)
	if slices.Contains(known, "SIG"+s.Value) {
		mean = "; did you mean SIG" + s.Value + "?"
	}
	if mean == "" && len(known) <= 20 {
		mean = ": choose " + strings.Join(known, ", ")
	}
	return &ClaimError{Col: s.Location().From + 1, Text: fmt.Sprintf("%q is no %s%s", s.Value, words, mean)}
}

// arguments checks the texts that a function is called with.
func (l *lexicon) arguments(n *ast.CallNode) error {
	var f field
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		f = l.fields[callee.Value]
	case *ast.MemberNode:
		if p, ok := callee.Property.(*ast.StringNode); ok {
			f, _ = fieldOf(callee.Node.Type(), p.Value)
		}
	}
	for i, words := range f.args {
		if i < len(n.Arguments) && words != "mark" {
			if err := l.allowed(n.Arguments[i], words); err != nil {
				return err
			}
		}
	}
	return nil
}

// domains lists, for each sort of text, what it may be.
func domains(scene *lab.Scene) map[string][]string {
	d := map[string][]string{
		"state":  states,
		"how":    {"reads", "writes", "both"},
		"errno":  append([]string{""}, errnos[1:]...),
		"role":   {""},
		"gate":   {""},
		"part":   {""},
		"signal": {""},
	}
	for n := range len(signalNames) {
		if n > 0 {
			d["signal"] = append(d["signal"], "SIG"+signalNames[n])
		}
	}
	for _, p := range scene.Procs {
		d["role"] = append(d["role"], p.Role)
		for _, g := range p.Gates {
			if !slices.Contains(d["gate"], g) {
				d["gate"] = append(d["gate"], g)
			}
		}
	}
	for _, p := range scene.Parts {
		d["part"] = append(d["part"], p.ID)
	}
	for k := lab.Kind(1); k.String() != "?"; k++ {
		if k != lab.State && k != lab.Knob && k != lab.Lost { // which no process does
			d["kind"] = append(d["kind"], k.String())
		}
	}
	for c := lab.Call(0); c.String() != "?"; c++ {
		d["call"] = append(d["call"], c.String())
	}
	for w := lab.Wait(0); w.String() != "?"; w++ {
		d["place"] = append(d["place"], w.String())
	}
	return d
}

// states are what a process can be seen doing.
var states = []string{"running", "sleeping", "stopped", "zombie", "gone", "held"}
