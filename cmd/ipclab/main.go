// Command ipclab shows how processes communicate: it starts real ones, records
// every call, and draws what happened in a browser.
package main

import (
	"errors"
	"fmt"
	"os"

	"ipclab/lab"
	"ipclab/mechanisms"
)

const usage = `ipclab shows how processes communicate.

    ipclab [serve] [--listen 127.0.0.1:7777] [--open=false]
    ipclab list [--json]
    ipclab run MECHANISM[/EXPERIMENT] [--set knob=value]... [--mode full|slow|step]
               [--for 2s | --count N] [--do '500ms signal reader STOP']...
               [--trace full|counters|off] [--events FILE|-] [--record FILE] [--json]
    ipclab replay FILE
    ipclab lesson check [FILE|FOLDER]...
    ipclab lesson format
    ipclab lesson new ID [--lab pipe]
    ipclab lesson run [FILE|ID]... [-j N] [--step ID] [--times N] [--json] [--junit FILE]
               [--record FOLDER] [--stale]
    ipclab lesson words LAB [--set knob=value]... [--json]
    ipclab lesson handout ID|FILE... [--for student|lecturer] [--out FOLDER] [--pdf]
    ipclab doctor [--json]
    ipclab clean [--dry-run]
`

var commands = map[string]func(args []string) error{
	"serve":  serve,
	"list":   list,
	"run":    run,
	"replay": replay,
	"lesson": lesson,
	"doctor": doctor,
	"clean":  clean,
}

func main() {
	switch {
	case lab.IsWorker():
		exit(lab.RunWorker(mechanisms.All))
	case lab.IsJanitor():
		exit(lab.RunJanitor())
	}
	exit(dispatch(os.Args[1:]))
}

func dispatch(args []string) error {
	if len(args) == 0 || len(args[0]) > 0 && args[0][0] == '-' && args[0] != "-h" && args[0] != "--help" {
		return serve(args)
	}
	if f, ok := commands[args[0]]; ok {
		return f(args[1:])
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Print(usage)
		return nil
	}
	return badUsage("there is no command %q\n\n%s", args[0], usage)
}

// exit ends the program: 0 done, 1 a fault that was not asked for, 2 bad usage,
// 3 cannot run here.
func exit(err error) {
	if err == nil {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "ipclab:", err)
	var bad usageError
	switch {
	case errors.As(err, &bad):
		os.Exit(2)
	case errors.Is(err, lab.ErrUnavailable):
		os.Exit(3)
	}
	os.Exit(1)
}

// usageError is a mistake in what was typed; it says what was expected.
type usageError struct{ error }

func badUsage(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }
