package lessons

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"ipclab/lab"
)

// side is a part of an expression whose value a report tells.
type side struct {
	*program
	text   string
	source string
	as     notation
}

// notation is how people write a number: a process id is a name, an address is
// written in sixteens, everything else is a quantity.
type notation int

const (
	quantity notation = iota
	identity
	address
)

func (as notation) write(n int) string {
	switch as {
	case identity:
		return strconv.Itoa(n)
	case address:
		return fmt.Sprintf("%#x", n)
	}
	return lab.Digits(int64(n))
}

// notationOf tells how to write what is compared with each other.
func notationOf(sides ...ast.Node) notation {
	for _, n := range sides {
		if call, ok := n.(*ast.CallNode); ok {
			n = call.Callee
		}
		if m, ok := n.(*ast.MemberNode); ok {
			switch m.Property.String() {
			case `"pid"`:
				return identity
			case `"addr"`:
				return address
			}
		}
	}
	return quantity
}

// told is a part of an expression of which people want to know the value.
type told struct {
	ast.Node
	as notation
}

// comparisons lists what people want to know of an expression: both sides of each
// comparison, and whatever else is true or false by itself.
func comparisons(n ast.Node) (all []told) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return comparisons(n.Node)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "or", "&&", "||":
			return append(comparisons(n.Left), comparisons(n.Right)...)
		case "==", "!=", "<", ">", "<=", ">=", "in", "contains", "startsWith", "endsWith":
			as := notationOf(n.Left, n.Right)
			return []told{{n.Left, as}, {n.Right, as}}
		}
	}
	return append([]told{{n, notationOf(n)}}, elements(n)...)
}

// elements lists, of a condition on all or any of a list, what it compares of each.
func elements(n ast.Node) (all []told) {
	b, ok := n.(*ast.BuiltinNode)
	if !ok || len(b.Arguments) != 2 {
		return nil
	}
	if id, ok := b.Arguments[0].(*ast.IdentifierNode); !ok || id.Value == "events" {
		return nil
	}
	p, ok := b.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return nil
	}
	for _, side := range comparisons(p.Node) {
		if !constant(side.Node) {
			each := &ast.BuiltinNode{Name: "map", Arguments: []ast.Node{b.Arguments[0], &ast.PredicateNode{Node: side.Node}}}
			all = append(all, told{each, side.as})
		}
	}
	return all
}

// constant reports whether a value is written out.
func constant(n ast.Node) bool {
	switch n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
		return true
	}
	return false
}

// Measured writes in one line what was measured; not what the claim itself has written
// out.
func Measured(sides []Side) string {
	var s []string
	for _, side := range sides {
		if side.Source != "" {
			s = append(s, side.Text+" = "+side.Value)
		}
	}
	return strings.Join(s, ", ")
}

// Sides gives the values of both sides of each comparison, as people read them.
func (e *Expr) Sides(v *Values) (all []Side) {
	for _, s := range e.sides {
		if slices.ContainsFunc(all, func(t Side) bool { return t.Text == s.text }) {
			continue
		}
		value := ""
		if out, err := s.run(v); err != nil {
			value = "not known: " + reason(err)
		} else {
			value = s.as.format(out)
		}
		all = append(all, Side{Text: s.text, Value: value, Source: s.source})
	}
	return all
}

// format writes a value for people.
func (as notation) format(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		return strconv.Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return as.write(v)
	case float64:
		return decimal(v)
	case *event:
		if v != nil {
			return v.text()
		}
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		return as.list(r)
	case reflect.Pointer:
		if r.IsNil() {
			return "none"
		}
		return fields(r.Elem())
	case reflect.Struct:
		return fields(r)
	}
	return fmt.Sprint(v)
}

// decimal writes a number with at most three places, grouped as whole ones are.
func decimal(f float64) string {
	if math.IsNaN(f) || math.Abs(f) > 1e15 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	whole, rest, _ := strings.Cut(strconv.FormatFloat(math.Abs(f), 'f', 3, 64), ".")
	n, _ := strconv.ParseInt(whole, 10, 64)
	s := lab.Digits(n)
	if rest = strings.TrimRight(rest, "0"); rest != "" {
		s += "." + rest
	}
	if f < 0 && s != "0" {
		s = "-" + s
	}
	return s
}

// shown is how many elements of a list are written out.
const shown = 8

func (as notation) list(r reflect.Value) string {
	var s []string
	for i := range min(r.Len(), shown) {
		s = append(s, as.format(r.Index(i).Interface()))
	}
	if n := r.Len(); n > shown {
		s = append(s, fmt.Sprintf("… (%s in all)", lab.Digits(int64(n))))
	}
	return "[" + strings.Join(s, ", ") + "]"
}

// fields writes what a struct tells, but no functions and no lists.
func fields(r reflect.Value) string {
	var s []string
	for _, f := range reflect.VisibleFields(r.Type()) {
		name := f.Tag.Get("expr")
		if name == "" || f.Type.Kind() == reflect.Func || f.Type.Kind() == reflect.Slice {
			continue
		}
		v := r.FieldByIndex(f.Index)
		if v.IsZero() {
			continue
		}
		s = append(s, name+" "+fieldNotation(name).format(v.Interface()))
		if len(s) == shown {
			break
		}
	}
	return "{" + strings.Join(s, ", ") + "}"
}

func fieldNotation(name string) notation {
	if name == "pid" {
		return identity
	}
	return quantity
}

// reason is why something has no value.
func reason(err error) string {
	var u *unknown
	var c *ClaimError
	switch {
	case errors.As(err, &u):
		return u.why
	case errors.As(err, &c):
		return c.Text
	}
	return err.Error()
}
