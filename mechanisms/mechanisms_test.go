package mechanisms_test

import (
	"os"
	"testing"

	"ipclab/lab/labtest"
	"ipclab/mechanisms"
)

// A folder that is not in All is a mechanism that nobody will ever see.
func TestAllFoldersListed(t *testing.T) {
	listed := map[string]bool{}
	for _, m := range mechanisms.All {
		listed[m.Info().ID] = true
	}
	es, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if e.IsDir() && !listed[e.Name()] {
			t.Errorf("mechanisms/%s is not in All", e.Name())
		}
		delete(listed, e.Name())
	}
	for id := range listed {
		t.Errorf("%s is in All, but mechanisms/%s is not there", id, id)
	}
}

func TestConform(t *testing.T) {
	for _, m := range mechanisms.All {
		t.Run(m.Info().ID, func(t *testing.T) { labtest.Conform(t, m) })
	}
}
