package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"

	"ipclab/lessons"
)

func printLesson(w io.Writer, l *lessons.Lesson) {
	fmt.Fprintf(w, "%s %s: %s\n", l.Number, l.ID, l.Title)
}

// printStep prints what came of a step for people: a line for each claim, and for
// what failed where it stands in the file.
func printStep(w io.Writer, p *performed) {
	fmt.Fprintf(w, "  %s: %s (%.1f s)\n", p.Step, p.step.Title, p.Seconds)
	switch p.State {
	case lessons.Skipped:
		fmt.Fprintf(w, "    SKIP %s\n", p.Why)
	case lessons.Judged:
	default:
		fmt.Fprintf(w, "    ✗ %s\n", p.Why)
	}
	for i := range p.Claims {
		c := &p.Claims[i]
		mark, word := "✓", string(c.Kind)
		switch {
		case c.Skip != "":
			mark, word = "–", "SKIP "+c.Skip
		case !c.Stands():
			mark = "✗"
		case c.Kind == lessons.Show:
			mark = "·"
		}
		fmt.Fprintf(w, "    %s %-7s %s%s\n", mark, word, c.Text, measured(c.Sides, notes(c)))
	}
	for _, f := range failures(p) {
		fmt.Fprintln(w, f)
	}
}

// notes tells what else is to be said of a claim: how often it held, and when.
func notes(c *lessons.ClaimReport) string {
	var s []string
	if c.Kind == lessons.Show && c.Error == "" {
		s = append(s, map[bool]string{true: "so", false: "not so"}[c.Held])
	}
	if c.Runs > 0 {
		s = append(s, fmt.Sprintf("held in %d of %d", c.HeldOf, c.Runs))
	}
	if c.Mods != "" && c.Kind != lessons.Show {
		s = append(s, c.Mods)
	}
	if c.Held && c.After > 0.05 {
		s = append(s, fmt.Sprintf("after %.1f s", c.After))
	}
	return strings.Join(s, ", ")
}

// measured writes what was measured of a claim, and what else is to be said of it.
func measured(sides []lessons.Side, more string) string {
	all := strings.Trim(lessons.Measured(sides)+", "+more, ", ")
	if all == "" {
		return ""
	}
	return "   (" + all + ")"
}

// failures lists what speaks against the lesson, each with its place in the file.
func failures(p *performed) (all []string) {
	at := func(line int, format string, a ...any) {
		all = append(all, fmt.Sprintf("%s:%d: ", p.of.File, line)+fmt.Sprintf(format, a...))
	}
	if p.State == lessons.Failed || p.State == lessons.Taken {
		line := p.step.Line
		for _, l := range p.Lines {
			if l.State == "failed" {
				line = l.Line
			}
		}
		at(line, "step %s failed: %s", p.Step, p.Why)
	}
	for i := range p.Claims {
		if c := &p.Claims[i]; !c.Stands() {
			at(c.Line, "%s", failure(c))
		}
	}
	for i := range p.Options {
		o := &p.Options[i]
		if o.Error != "" {
			at(o.Line, "wrong answer %s cannot be judged: %s: %s", o.Letter, o.Text, o.Error)
		} else if o.So {
			at(o.Line, "wrong answer %s is right: %s%s", o.Letter, o.Text, measured(o.Sides, ""))
		}
	}
	return all
}

// failure says what is wrong with a claim.
func failure(c *lessons.ClaimReport) string {
	if c.Error != "" {
		return fmt.Sprintf("claim cannot be judged: %s: %s", c.Text, c.Error)
	}
	return fmt.Sprintf("claim failed: %s%s", c.Text, measured(c.Sides, notes(c)))
}

// printEnd sums up.
func printEnd(w io.Writer, times, red int, all []performed) {
	claims, held, skipped := 0, 0, 0
	for i := range all {
		if all[i].State == lessons.Skipped {
			skipped++
		}
		for j := range all[i].Claims {
			if c := &all[i].Claims[j]; c.Skip == "" && c.Kind != lessons.Show {
				claims++
				if c.Stands() {
					held++
				}
			}
		}
	}
	fmt.Fprintf(w, "%s, %d of %d claims held", count(len(all), "step"), held, claims)
	if skipped > 0 {
		fmt.Fprintf(w, ", %s skipped", count(skipped, "step"))
	}
	if times > 1 {
		fmt.Fprintf(w, "; %d of %d times all was as the lessons say", times-red, times)
	}
	fmt.Fprintln(w)
}

// countOf says how often it was not as the lessons say.
func countOf(times, red int) string {
	if times == 1 {
		return "not all is as the lessons say"
	}
	return fmt.Sprintf("%d of %d times not all was as the lessons say", red, times)
}

// What JUnit's readers take: a suite for each lesson, a case for each claim.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
		seconds  float64
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		File    string     `xml:"file,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure,omitempty"`
		Skipped *junitText `xml:"skipped,omitempty"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
	}
)

// writeJUnit writes what came of all steps to a file.
func writeJUnit(path string, all []performed) error {
	var out junitSuites
	for i := range all {
		p := &all[i]
		if n := len(out.Suites); n == 0 || out.Suites[n-1].Name != p.Lesson {
			out.Suites = append(out.Suites, junitSuite{Name: p.Lesson})
		}
		out.Suites[len(out.Suites)-1].add(p)
	}
	b, err := xml.MarshalIndent(out, "", " ")
	if err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	if err := os.WriteFile(path, append([]byte(xml.Header), append(b, '\n')...), 0o644); err != nil {
		return usageError{fmt.Errorf("write the JUnit report: %w", err)}
	}
	return nil
}

func (s *junitSuite) add(p *performed) {
	s.seconds += p.Seconds
	s.Time = fmt.Sprintf("%.3f", s.seconds)
	step := junitCase{Class: p.Lesson + "." + p.Step, Name: "step", File: p.of.File, Time: fmt.Sprintf("%.3f", p.Seconds)}
	switch p.State {
	case lessons.Judged:
	case lessons.Skipped:
		step.Skipped = &junitText{p.Why}
	default:
		step.Failure = &junitText{p.Why}
	}
	cases := []junitCase{step}
	for i := range p.Claims {
		c := &p.Claims[i]
		one := junitCase{Class: step.Class, Name: fmt.Sprintf("claim%d", i+1), File: p.of.File, Time: "0"}
		if c.Skip != "" {
			one.Skipped = &junitText{c.Skip}
		} else if !c.Stands() {
			one.Failure = &junitText{fmt.Sprintf("%s:%d: %s", p.of.File, c.Line, failure(c))}
		}
		cases = append(cases, one)
	}
	for i := range p.Options {
		o := &p.Options[i]
		one := junitCase{Class: step.Class, Name: "wrong-" + o.Letter, File: p.of.File, Time: "0"}
		if o.So || o.Error != "" {
			one.Failure = &junitText{fmt.Sprintf("%s:%d: a wrong answer is right, or cannot be judged: %s %s", p.of.File, o.Line, o.Text, o.Error)}
		}
		cases = append(cases, one)
	}
	for _, c := range cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
	}
	s.Cases = append(s.Cases, cases...)
}
