package main

import (
	"bytes"
	"strings"
	"testing"

	"ipclab/lessons"
	"ipclab/mechanisms"
)

func TestLessonWords(t *testing.T) {
	for _, m := range mechanisms.All {
		info := m.Info()
		settings, err := info.Complete(nil)
		if err != nil {
			t.Fatal(err)
		}
		scene := m.Scene(settings)
		var out bytes.Buffer
		if err := printWords(&out, lessons.Vocabulary(&info, &scene)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\nNames\n", "\nFields of process\n", "\nsettings.\n", "\n  " + scene.Procs[0].Role + " ", "\n  calls(call) ", "\n  " + info.Knobs[0].Name + " "} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", info.ID, want, out.String())
			}
		}
	}
	for _, bad := range [][]string{{}, {"smoke"}, {"pipe", "shm"}, {"pipe", "--set", "colour=3"}, {"pipe", "--set", "writers=99"}} {
		if err := lessonWords(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
