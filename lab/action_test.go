package lab

import (
	"strings"
	"testing"
)

var testInfo = Info{ID: "pipe", Knobs: []KnobInfo{
	{Name: "size", Min: 1, Max: 100, Default: 10},
	{Name: "lock", Min: 0, Max: 2, Values: []string{"none", "atomic", "spin"}},
}}
var testScene = Scene{Procs: []Proc{{Role: "writer"}, {Role: "reader2"}}}

func TestParseAction(t *testing.T) {
	for s, want := range map[string]Action{
		"set size = 7":        {Verb: "set", Knob: 0, Value: 7},
		"set size=7":          {Verb: "set", Knob: 0, Value: 7},
		"set lock = spin":     {Verb: "set", Knob: 1, Value: 2},
		"signal reader2 STOP": {Verb: "signal", Role: "reader2", Value: 19},
		"signal writer 38":    {Verb: "signal", Role: "writer", Value: 38},
		"kill writer":         {Verb: "signal", Role: "writer", Value: 9},
		"step writer":         {Verb: "step", Role: "writer"},
		"mode slow":           {Verb: "mode", Value: int64(Slow)},
		"pace 2.5":            {Verb: "pace", Pace: 2.5},
		"next":                {Verb: "next"},
		"next block":          {Verb: "next block"},
		"restart":             {Verb: "restart"},
	} {
		got, err := ParseAction(s, &testInfo, &testScene)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", s, got, err, want)
		}
	}
	for s, says := range map[string]string{
		"":                         "empty",
		"fly":                      "choose set, signal",
		"set size = 101":           "from 1 to 100",
		"set size = 1e9":           "whole number",
		"set size = ":              "takes 3 words",
		"set colour = 1":           "choose size, lock",
		"set lock = robust":        "none, atomic, spin",
		"signal nobody STOP":       "choose writer, reader2",
		"signal writer BANG":       "from 1 to 64",
		"signal writer 65":         "from 1 to 64",
		"pace NaN":                 "0.1 to 1000",
		"pace -1":                  "0.1 to 1000",
		"mode warp":                "full, slow or step",
		"next please":              "takes 0 words",
		strings.Repeat("a b ", 99): "at most 200",
	} {
		if _, err := ParseAction(s, &testInfo, &testScene); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want an error that says %q", s, err, says)
		}
	}
}

func FuzzAction(f *testing.F) {
	f.Add("set size = 7")
	f.Add("signal reader2 STOP")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAction(s, &testInfo, &testScene)
		if err != nil {
			return
		}
		if a.Verb == "set" && testInfo.Knobs[a.Knob].check(a.Value) != nil {
			t.Errorf("%q: value %d is out of bounds", s, a.Value)
		}
		if a.Role != "" && testScene.ProcNumber(a.Role) == 0 {
			t.Errorf("%q: nobody is called %q", s, a.Role)
		}
	})
}
