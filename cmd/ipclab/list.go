package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"ipclab/lab"
	"ipclab/lessons"
	"ipclab/mechanisms"
)

// listed is a mechanism, and why it cannot run here.
type listed struct {
	lab.Info
	Experiments []lessons.Experiment `json:"experiments"`
	Cannot      string               `json:"cannot,omitempty"`
}

func list(args []string) error {
	fs := flag.NewFlagSet("list", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	var all []listed
	for _, m := range mechanisms.All {
		es, err := lessons.Experiments(m)
		if err != nil {
			return err
		}
		all = append(all, listed{m.Info(), es, unavailable(m)})
	}
	if *asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, l := range all {
		fmt.Fprintf(w, "%s\t%s\n", l.ID, l.Sentence)
		if l.Cannot != "" {
			fmt.Fprintf(w, "\t%s\n", l.Cannot)
		}
		for _, k := range l.Knobs {
			fmt.Fprintf(w, "  %s\t%s\n", k.Name, describe(k))
		}
		for _, e := range l.Experiments {
			fmt.Fprintf(w, "  %s/%s\t%s: %s\n", l.ID, e.Name, e.ID, e.Title)
		}
	}
	return w.Flush()
}

func describe(k lab.KnobInfo) string {
	s := fmt.Sprintf("%s, %d to %d", k.Label, k.Min, k.Max)
	if len(k.Values) > 0 {
		s = fmt.Sprintf("%s: %s", k.Label, strings.Join(k.Values, ", "))
	}
	if k.Unit != "" {
		s += " " + k.Unit
	}
	if k.Zero != "" {
		s += " (0 " + k.Zero + ")"
	}
	if k.Restart {
		s += ", from the next start on"
	}
	return s
}

// parse reads flags, and refuses what is left over beyond n arguments.
func parse(fs *flag.FlagSet, args []string, n int) error {
	fs.SetOutput(os.Stderr)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(0)
		}
		return usageError{err}
	}
	if fs.NArg() != n {
		return badUsage("%s takes %d arguments, not %d: %s", fs.Name(), n, fs.NArg(), strings.Join(fs.Args(), " "))
	}
	return nil
}
