package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// lessonWords lists the names that claims may use of a lab.
func lessonWords(args []string) error {
	flags := flag.NewFlagSet("lesson words", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	var set []string
	flags.Func("set", "`knob=value` that changes who takes part; may be repeated", func(s string) error { set = append(set, s); return nil })
	var id []string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		id, args = args[:1], args[1:]
	}
	if err := parse(flags, args, 1-len(id)); err != nil {
		return err
	}
	id = append(id, flags.Args()...)
	m := mechanisms.Find(id[0])
	if m == nil {
		return badUsage("there is no lab %q: choose %s", id[0], strings.Join(labs(), ", "))
	}
	info := m.Info()
	settings := lab.Settings{}
	for _, s := range set {
		a, err := lab.ParseAction("set "+strings.Replace(s, "=", " = ", 1), &info, &lab.Scene{})
		if err != nil {
			return usageError{err}
		}
		settings[info.Knobs[a.Knob].Name] = a.Value
	}
	settings, err := info.Complete(settings)
	if err != nil {
		return usageError{err}
	}
	scene := m.Scene(settings)
	names := lessons.Vocabulary(&info, &scene)
	if *asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(names)
	}
	return printWords(os.Stdout, names)
}

// printWords writes a table for each type of value.
func printWords(out io.Writer, names []lessons.Name) error {
	fmt.Fprintln(out, "● is read from the kernel, ○ is worked out from the calls that were recorded.")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	of := "?"
	for _, n := range names {
		if n.Of != of {
			of = n.Of
			fmt.Fprintf(w, "\n%s\n", title(of))
		}
		says := n.Says
		if len(n.Words) > 0 {
			says += ": " + strings.Join(n.Words, " ")
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", n.Name, n.Type, n.Source, says)
	}
	return w.Flush()
}

func title(of string) string {
	switch of {
	case "":
		return "Names"
	case "settings":
		return "settings."
	}
	return "Fields of " + of
}
