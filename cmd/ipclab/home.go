package main

import (
	"fmt"
	"os"

	"ipclab/lab"
)

// openHome opens the journal's folder and removes what dead labs have left there.
func openHome() (*lab.Home, error) {
	h, err := lab.OpenHome()
	if err != nil {
		return nil, err
	}
	left, err := h.Clean(false)
	for _, l := range left {
		fmt.Fprintf(os.Stderr, "ipclab: removed %s %s, which run %s had left\n", l.Kind, l.Name, l.Run)
	}
	return h, err
}
