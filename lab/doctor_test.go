package lab

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Each check answers in time, says what its answer means, and has its own name.
func TestDoctor(t *testing.T) {
	seen, n := map[string]bool{}, 0
	Doctor(t.Context(), nil, func(c Check) {
		n++
		if seen[c.ID] || c.ID == "" || c.Title == "" || c.Group == "" || c.Says == "" {
			t.Errorf("%+v: its name is missing or not its own, or it says nothing", c)
		}
		seen[c.ID] = true
		switch c.Status {
		case CheckOK:
		case CheckPart, CheckNo:
			t.Logf("%s: %s: %s; mend: %s", c.ID, c.Status, c.Says, c.Mend)
		default:
			t.Errorf("%s: %q: %s", c.ID, c.Status, c.Says)
		}
		if c.Group == GroupLimits && c.Value == "" {
			t.Errorf("%s: no value", c.ID)
		}
	})
	if n != DoctorLength(nil) {
		t.Errorf("%d checks, %d were announced", n, DoctorLength(nil))
	}
}

// A check that fails or hangs says so, and does not stop the others.
func TestCheckFails(t *testing.T) {
	bad := probe{Check{ID: "bad", Says: "never said"}, func(context.Context, *Check) error { return errors.New("no such thing") }}
	if c := bad.run(t.Context()); c.Status != CheckUnknown || c.Says != "no such thing" {
		t.Errorf("got %+v", c)
	}
	hangs := probe{Check{ID: "hangs"}, func(context.Context, *Check) error { select {} }}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if c := hangs.run(ctx); c.Status != CheckUnknown {
		t.Errorf("got %+v", c)
	}
}

func TestDigits(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1\u00a0000", -65536: "-65\u00a0536", 1048576: "1\u00a0048\u00a0576"} {
		if got := Digits(n); got != want {
			t.Errorf("Digits(%d) = %q, want %q", n, got, want)
		}
	}
}
