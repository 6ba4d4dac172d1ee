package lessons_test

import (
	"flag"
	"os"
	"testing"

	"ipclab/lessons"
	"ipclab/mechanisms"
)

var update = flag.Bool("update", false, "write what is said of the wrong lesson")

// Every mistake that can be made is made in testdata/wrong.md; what is said of each
// stands beside it, as in the output of a compiler.
func TestMistakes(t *testing.T) {
	for _, file := range []string{"wrong", "header", "yaml", "experiments"} {
		t.Run(file, func(t *testing.T) {
			ls, found, err := lessons.Load("testdata/" + file + ".md")
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, lessons.Check(ls, mechanisms.All)...)
			found.Sort()
			got, golden := found.Error()+"\n", "testdata/"+file+".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("said:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
