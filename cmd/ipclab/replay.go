package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"ipclab/lab"
	"ipclab/web"
)

// replay shows a recording in the player, or writes out what it holds.
func replay(args []string) error {
	const form = "ipclab replay FILE [--events FILE|-] [--json] [--listen 127.0.0.1:7777] [--open=false]"
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return badUsage("replay which recording? %s", form)
	}
	var s serving
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	s.flags(f)
	events := f.String("events", "", "write one JSON object for each event to `FILE`, or - for standard output")
	summary := f.Bool("json", false, "print the summary as JSON")
	if err := parse(f, args[1:], 0); err != nil {
		return err
	}
	in, err := os.Open(args[0])
	if err != nil {
		return usageError{fmt.Errorf("open the recording: %w", err)}
	}
	defer in.Close()
	rec, err := lab.OpenRecording(in)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", args[0], err)}
	}
	if *events != "" || *summary {
		return dump(rec, *events, *summary)
	}
	return s.run(web.Options{Recording: args[0]})
}

// dump writes a recording's events and its summary, up to where it is damaged.
func dump(rec *lab.RecordingReader, events string, summary bool) error {
	sinks, end, err := (&runFlags{events: events}).sinks()
	if err != nil {
		return err
	}
	for _, s := range sinks {
		s.Start(&rec.Header)
	}
	sum := newTally(&rec.Header)
	for err == nil {
		var es []lab.Event
		es, _, err = rec.Next()
		sum.add(es)
		for _, s := range sinks {
			s.Records(es)
		}
	}
	if err == io.EOF {
		err = nil // otherwise what came before the damage is whole, and is written
	}
	err = errors.Join(err, end())
	if summary {
		err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(sum.outcome()))
	}
	return err
}
