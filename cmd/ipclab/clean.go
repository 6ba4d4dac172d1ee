package main

import (
	"errors"
	"flag"
	"fmt"

	"ipclab/lab"
)

// clean removes what killed labs have left behind, and says what.
func clean(args []string) error {
	fs := flag.NewFlagSet("clean", flag.ContinueOnError)
	dry := fs.Bool("dry-run", false, "only tell what would be removed")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	home, err := lab.OpenHome()
	if err != nil {
		return err
	}
	left, err := home.Clean(*dry)
	errs := []error{err}
	for _, l := range left {
		switch {
		case *dry:
			fmt.Printf("would remove %s %s, left by run %s\n", l.Kind, l.Name, l.Run)
		case l.Removed:
			fmt.Printf("removed %s %s, left by run %s\n", l.Kind, l.Name, l.Run)
		default:
			errs = append(errs, l.Err)
		}
	}
	if len(left) == 0 && err == nil {
		fmt.Println("nothing was left behind")
	}
	return errors.Join(errs...)
}
