package lessons

import "testing"

func TestNearest(t *testing.T) {
	verbs := []string{"start", "stop", "restart", "signal", "set", "step"}
	for word, want := range map[string]string{
		"signl": "signal", "sginal": "signal", "STRAT": "start", "sett": "set", "frobnicate": "", "": "", "x": "",
	} {
		if got := nearest(word, verbs); got != want {
			t.Errorf("nearest(%q) is %q, want %q", word, got, want)
		}
	}
	if got := didYouMean("byts", []string{"bytes"}); got != "; did you mean bytes?" {
		t.Errorf("said %q", got)
	}
}
