package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"ipclab/lab"
	"ipclab/mechanisms"
)

// report is what doctor --json prints.
type report struct {
	lab.Machine
	Checks []lab.Check `json:"checks"`
}

// marks stand before a check's name in the terminal.
var marks = map[lab.CheckStatus]string{lab.CheckOK: "ok", lab.CheckPart: "½", lab.CheckNo: "no", lab.CheckUnknown: "?"}

var headings = map[string]string{
	lab.GroupMechanisms: "Mechanisms",
	lab.GroupLooking:    "Looking and timing",
	lab.GroupLimits:     "Limits as read",
}

// doctor says what this machine can show.
func doctor(args []string) error {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all := report{Machine: lab.ThisMachine()}
	if *asJSON {
		lab.Doctor(ctx, mechanisms.All, func(c lab.Check) { all.Checks = append(all.Checks, c) })
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	fmt.Printf("%s, %d cores, user %s\n", all.Kernel, all.CPUs, all.User)
	group := ""
	lab.Doctor(ctx, mechanisms.All, func(c lab.Check) {
		if c.Group != group {
			group = c.Group
			fmt.Printf("\n%s\n", headings[group])
		}
		printCheck(c)
	})
	return ctx.Err()
}

func printCheck(c lab.Check) {
	fmt.Printf("  %-2s  ", marks[c.Status])
	if c.Group == lab.GroupLimits {
		fmt.Printf("%-28s %16s", c.Title, c.Value)
	} else {
		fmt.Printf("%-28s %10s  %s", c.Title, c.Took.Round(100*time.Microsecond), c.Says)
	}
	if c.Group == lab.GroupLimits && c.Status != lab.CheckOK {
		fmt.Printf("  %s", c.Says)
	}
	if c.Mend != "" {
		fmt.Printf("\n      to mend it: %s", c.Mend)
	}
	fmt.Println()
}
