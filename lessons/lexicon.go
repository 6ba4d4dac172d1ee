package lessons

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"

	"ipclab/lab"
)

// A Name is a name that claims may use, or a field of a value.
type Name struct {
	Of     string   `json:"of,omitempty"` // the type whose field it is: "process"; empty if the name stands alone
	Name   string   `json:"name"`         // "sent", "calls(call)"
	Type   string   `json:"type"`         // "number", "text", "list of process", …
	Says   string   `json:"says"`
	Source string   `json:"source,omitempty"` // "● FIONREAD": read from the kernel; "○ calls": worked out; empty if that depends on its fields
	Words  []string `json:"words,omitempty"`  // what a text can be
}

// Vocabulary lists all names that claims may use of a mechanism in a scene, and then
// the fields of each type of value.
func Vocabulary(info *lab.Info, scene *lab.Scene) []Name { return newLexicon(info, scene).names() }

// lexicon knows the names of one scene.
type lexicon struct {
	info     *lab.Info
	scene    *lab.Scene
	types    map[string]any      // for the compiler: a value of each name's type
	fields   map[string]field    // of totals and functions
	standing []field             // the names that stand alone, in order
	domains  map[string][]string // the words that texts may be
}

// field is what the tags say.
type field struct {
	name, from, says, words string
	args                    []string
	typ                     reflect.Type
	index                   []int
}

var kinds = map[reflect.Type]string{
	reflect.TypeFor[int]():        "number",
	reflect.TypeFor[float64]():    "number",
	reflect.TypeFor[string]():     "text",
	reflect.TypeFor[bool]():       "yes or no",
	reflect.TypeFor[*process]():   "process",
	reflect.TypeFor[*exit]():      "exit",
	reflect.TypeFor[*answer]():    "answer",
	reflect.TypeFor[*openFile]():  "descriptor",
	reflect.TypeFor[*event]():     "event",
	reflect.TypeFor[*edge]():      "edge",
	reflect.TypeFor[*Schedule]():  "schedule",
	reflect.TypeFor[*Sample]():    "sample",
	reflect.TypeFor[*pipe]():      "pipe",
	reflect.TypeFor[*memory]():    "page",
	reflect.TypeFor[*word]():      "word",
	reflect.TypeFor[*record]():    "record",
	reflect.TypeFor[*futex]():     "futex",
	reflect.TypeFor[*semaphore](): "semaphore",
	reflect.TypeFor[*signalSet](): "signals",
	reflect.TypeFor[*children]():  "children",
	reflect.TypeFor[*fileLock]():  "file lock",
}

// newPart makes the value of a part, empty.
func newPart(t lab.PartType) any {
	switch t {
	case lab.Pipe:
		return &pipe{}
	case lab.Page:
		return &memory{}
	case lab.Word:
		return &word{}
	case lab.Record:
		return &record{}
	case lab.Futex:
		return &futex{}
	case lab.Sem:
		return &semaphore{}
	case lab.Signals:
		return &signalSet{}
	case lab.Children:
		return &children{}
	case lab.FileLock:
		return &fileLock{}
	}
	return nil
}

// fieldsOf reads the tags of a struct, or of what a pointer or a list leads to.
func fieldsOf(t reflect.Type) (all []field) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		name := f.Tag.Get("expr")
		if name == "" || f.Tag.Get("says") == "-" {
			continue
		}
		all = append(all, field{name, f.Tag.Get("from"), f.Tag.Get("says"), f.Tag.Get("words"), strings.Fields(f.Tag.Get("args")), f.Type, f.Index})
	}
	return all
}

func fieldOf(t reflect.Type, name string) (field, bool) {
	all := fieldsOf(t)
	i := slices.IndexFunc(all, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return all[i], true
}

// partName is how claims call a part: its id, or with its type behind it where the
// id already means a total.
func partName(p *lab.Part) string {
	if _, taken := fieldOf(reflect.TypeFor[totals](), p.ID); taken {
		return p.ID + "_" + string(p.Type)
	}
	return p.ID
}

// listName is how claims call all processes of a kind.
func listName(kind string) string { return kind + "s" }

func newLexicon(info *lab.Info, scene *lab.Scene) *lexicon {
	l := &lexicon{info: info, scene: scene, types: map[string]any{}, fields: map[string]field{}, domains: domains(scene)}
	put := func(name, says string, v any) {
		if _, taken := l.types[name]; !taken {
			l.types[name] = v
			l.standing = append(l.standing, field{name: name, says: says, typ: reflect.TypeOf(v)})
		}
	}
	updates := slices.ContainsFunc(scene.Parts, func(p lab.Part) bool { return p.Holds == lab.Updates })
	for _, s := range []any{totals{}, functions{}} {
		v := reflect.ValueOf(s)
		for _, f := range fieldsOf(v.Type()) {
			if (f.name == "counter" || f.name == "expected") && !updates {
				continue
			}
			l.types[f.name], l.fields[f.name] = v.FieldByIndex(f.index).Interface(), f
			l.standing = append(l.standing, f)
		}
	}
	l.types["/"] = functions{}.Divide
	for _, p := range scene.Procs {
		put(p.Role, "this process", &process{})
	}
	for _, p := range scene.Procs {
		put(listName(p.Kind), "all processes of this kind, in order", []*process{})
	}
	for i := range scene.Parts {
		if v := newPart(scene.Parts[i].Type); v != nil {
			put(partName(&scene.Parts[i]), "this part", v)
		}
	}
	set := types.Map{}
	for _, k := range info.Knobs {
		set[k.Name] = types.Int
	}
	l.types["settings"] = set
	return l
}

// names lists everything.
func (l *lexicon) names() (all []Name) {
	var structs []reflect.Type // in the order in which they were met
	meet := func(t reflect.Type) {
		for t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() == reflect.Pointer && !slices.Contains(structs, t) {
			structs = append(structs, t)
		}
	}
	add := func(of string, f field) {
		meet(f.result())
		all = append(all, Name{of, f.call(), typeName(f.result()), f.says, f.from, l.few(f.words)})
	}
	for _, f := range l.standing {
		add("", f)
	}
	for i := 0; i < len(structs); i++ { // which may meet more
		for _, f := range fieldsOf(structs[i]) {
			add(typeName(structs[i]), f)
		}
	}
	for _, k := range l.info.Knobs {
		all = append(all, Name{"settings", k.Name, "number", k.Label, "○ lab", nil})
	}
	return all
}

// few lists the words that a text can be, if they are not too many to read.
func (l *lexicon) few(words string) (all []string) {
	for _, w := range l.domains[words] {
		if w != "" {
			all = append(all, w)
		}
	}
	if len(all) > 24 {
		return nil
	}
	return all
}

// call is how a field is written: with its arguments, if it is a function.
func (f *field) call() string {
	if f.typ.Kind() != reflect.Func {
		return f.name
	}
	args := f.args
	for len(args) < f.typ.NumIn() {
		t := f.typ.In(len(args))
		args = append(slices.Clone(args), typeName(t))
	}
	return f.name + "(" + strings.Join(args, ", ") + ")"
}

// result is the type of the value, or of what a function gives.
func (f *field) result() reflect.Type {
	if f.typ.Kind() == reflect.Func {
		return f.typ.Out(0)
	}
	return f.typ
}

// typeName is how people call a type.
func typeName(t reflect.Type) string {
	if k, ok := kinds[t]; ok {
		return k
	}
	if t.Kind() == reflect.Slice {
		return "list of " + typeName(t.Elem())
	}
	return t.String()
}

// article puts "a" or "an" before a word.
func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// kind says what a node is, for a message.
func (l *lexicon) kind(n ast.Node) string {
	if n.Nature().Nil {
		return "nothing"
	}
	return article(typeName(n.Type()))
}

var (
	goType       = regexp.MustCompile(`\*?lessons\.\w+`)
	unknownName  = regexp.MustCompile(`^unknown name (\S+)`)
	unknownField = regexp.MustCompile(`^(?:type (\S+) has no (?:field|method)|unknown field) (\S+)`)
	unexpected   = regexp.MustCompile(`unexpected token (?:\w+\("(.*)"\)|EOF)`)
)

// explain turns an error of the compiler into one for people.
func (l *lexicon) explain(err error) error {
	var f *file.Error
	if !errors.As(err, &f) {
		return &ClaimError{Col: 1, Text: err.Error()}
	}
	text := goType.ReplaceAllStringFunc(f.Message, func(typ string) string {
		for t, name := range kinds {
			if t.String() == "*"+strings.TrimPrefix(typ, "*") {
				return name
			}
		}
		return typ
	})
	if m := unknownName.FindStringSubmatch(f.Message); m != nil {
		text = fmt.Sprintf("unknown name %s%s", m[1], didYouMean(m[1], l.all()))
	} else if m := unknownField.FindStringSubmatch(f.Message); m != nil {
		known, what := l.known(m[1])
		text = fmt.Sprintf("%s has no %s%s", what, m[2], didYouMean(m[2], known))
	} else if m := unexpected.FindStringSubmatch(f.Message); m != nil {
		switch m[1] {
		case "":
			text = "it breaks off: something is missing at the end"
		case "=":
			text = "= compares nothing: write =="
		default:
			text = fmt.Sprintf("%s is not expected here", m[1])
		}
	}
	return &ClaimError{Col: f.Column + 1, Text: text}
}

// all lists the names that stand alone.
func (l *lexicon) all() []string {
	all := slices.Collect(maps.Keys(l.types))
	for b := range builtins {
		all = append(all, b)
	}
	slices.Sort(all)
	return all
}

// known lists the fields of a type, which is named as Go does.
func (l *lexicon) known(typ string) (names []string, what string) {
	if typ == "" { // the only map there is
		for _, k := range l.info.Knobs {
			names = append(names, k.Name)
		}
		return names, "settings"
	}
	for t, name := range kinds {
		if strings.TrimPrefix(t.String(), "*") == strings.TrimPrefix(typ, "*") {
			for _, f := range fieldsOf(t) {
				names = append(names, f.name)
			}
			return names, article(name)
		}
	}
	return nil, typ
}
