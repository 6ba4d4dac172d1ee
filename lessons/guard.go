package lessons

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// builtins are the functions of the language that claims may call: none of them can
// make much out of little.
var builtins = map[string]bool{"all": true, "any": true, "none": true, "one": true, "count": true, "sum": true,
	"min": true, "max": true, "len": true, "abs": true, "bitand": true, "map": true, "filter": true}

// operators are those of the language that claims may use.
var operators = map[string]bool{"and": true, "or": true, "not": true, "&&": true, "||": true, "!": true, "==": true, "!=": true,
	"<": true, ">": true, "<=": true, ">=": true, "+": true, "-": true, "*": true, "/": true, "%": true, "in": true,
	"contains": true, "startsWith": true, "endsWith": true, "??": true}

// refuse says what in an expression claims may not use: whatever could take long or
// much memory, and what nobody needs to say what was measured.
func refuse(n ast.Node) error {
	g := &guard{}
	g.walk(n, 0)
	return g.err
}

type guard struct{ err error }

func (g *guard) no(n ast.Node, format string, args ...any) {
	if g.err == nil {
		g.err = &ClaimError{Col: n.Location().From + 1, Text: fmt.Sprintf(format, args...)}
	}
}

// walk looks at a node and those below it; within counts the predicates around it.
func (g *guard) walk(n ast.Node, within int) {
	if n == nil || g.err != nil {
		return
	}
	switch n := n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.PointerNode:
	case *ast.IdentifierNode:
		if n.Value == "$env" || n.Value == "/" {
			g.no(n, "%s means nothing here", n.Value)
		}
	case *ast.StringNode:
		if len(n.Value) > maxString {
			g.no(n, "a text has %d bytes, at most %d are allowed", len(n.Value), maxString)
		}
	case *ast.UnaryNode:
		g.operator(n, n.Operator)
		g.walk(n.Node, within)
	case *ast.BinaryNode:
		g.operator(n, n.Operator)
		g.walk(n.Left, within)
		g.walk(n.Right, within)
	case *ast.ChainNode:
		g.walk(n.Node, within)
	case *ast.MemberNode:
		g.walk(n.Node, within)
		g.walk(n.Property, within)
	case *ast.CallNode:
		g.walk(n.Callee, within)
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && within > 0 && id.Value != "before" {
			g.no(n, "%s cannot be asked for each element: ask it once, outside", id.Value)
		}
		for _, a := range n.Arguments {
			g.walk(a, within)
		}
	case *ast.BuiltinNode:
		if !builtins[n.Name] {
			g.no(n, "there is no %s", n.Name)
		}
		for _, a := range n.Arguments {
			g.walk(a, within)
		}
	case *ast.PredicateNode:
		if within > 0 {
			g.no(n, "a condition on each element stands within another one: that can take very long")
		}
		g.walk(n.Node, within+1)
	case *ast.ArrayNode:
		if len(n.Nodes) > maxArray {
			g.no(n, "a list has %d elements, at most %d are allowed", len(n.Nodes), maxArray)
		}
		for _, e := range n.Nodes {
			g.walk(e, within)
		}
	default:
		g.no(n, "%s cannot be used in a claim", strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "Node")))
	}
}

func (g *guard) operator(n ast.Node, op string) {
	if !operators[op] {
		g.no(n, "%s cannot be used in a claim", op)
	}
}

// divisions lets a function divide: by nothing is an error, not infinitely much.
func divisions(n ast.Node) ast.Node {
	ast.Walk(&n, divider{})
	return n
}

type divider struct{}

func (divider) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BinaryNode); ok && b.Operator == "/" {
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: "/"}, Arguments: []ast.Node{b.Left, b.Right}})
	}
}

// ref is a name or a field that an expression reads.
type ref struct {
	name  string       // of the environment; empty if the value may be any of a type
	typ   reflect.Type // of the value that has the field
	field string       // empty: the name itself
	col   int
}

// refs lists what an expression reads, and its words.
func (l *lexicon) refs(n ast.Node, words map[string]bool) (all []ref) {
	ast.Walk(&n, visit(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.IdentifierNode:
			words[n.Value] = true
			all = append(all, ref{name: n.Value, typ: n.Type(), col: n.Location().From + 1})
		case *ast.MemberNode:
			p, ok := n.Property.(*ast.StringNode)
			if !ok {
				return
			}
			words[p.Value] = true
			r := ref{typ: n.Node.Type(), field: p.Value, col: p.Location().From + 1}
			if id, ok := n.Node.(*ast.IdentifierNode); ok {
				r.name = id.Value
			}
			all = append(all, r)
		}
	}))
	return all
}

// visit calls a function for each node.
type visit func(ast.Node)

// Visit does so.
func (v visit) Visit(n *ast.Node) { v(*n) }

// source joins the marks of all that is read.
func (l *lexicon) source(refs []ref) string {
	var all []string
	for _, r := range refs {
		from := ""
		if r.field != "" {
			if f, ok := fieldOf(r.typ, r.field); ok {
				from = f.from
			} else if r.name == "settings" {
				from = "○ lab"
			}
		} else {
			f := l.fields[r.name]
			from = f.from
		}
		if from != "" && !slices.Contains(all, from) {
			all = append(all, from)
		}
	}
	return strings.Join(all, ", ")
}
