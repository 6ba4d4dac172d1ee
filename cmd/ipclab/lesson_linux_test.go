package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ipclab/lessons"
	"ipclab/mechanisms"
	"ipclab/templates"
)

// tried is a lesson of one step, in a file of its own.
func tried(t *testing.T, front, do, claims string) string {
	t.Helper()
	text := fmt.Sprintf(`---
id: tried
number: L99
title: Tried
mechanism: pipe
level: 1
minutes: 5
lab: pipe
%s
---

:::hook
What happens?
:::

## A step {#only}

:::predict q1
What does a full pipe hold?

- [x] As much as it can.
- [ ] Nothing. {PI-1: pipe.bytes == 0}
- [ ] Many small messages. {PI-1: settings.size == 512}
:::

:::do
%s
:::

:::claim q1
%s
:::
`, front, do, claims)
	path := filepath.Join(t.TempDir(), "tried.md")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const fill = "set rate = 0\nset size = 4096\nstart\nsignal reader STOP\nwait writer.blocked_in == \"pipe_write\" within 20s"

// A claim that fails is named with its place in the file and what was measured.
func TestLessonRunRed(t *testing.T) {
	path := tried(t, "requires: [linux]", fill, "pipe.bytes == pipe.capacity\npipe.bytes == 16 * 2049")
	junit := filepath.Join(t.TempDir(), "junit.xml")
	out, errs, status := call(t, "lesson", "run", path, "--junit", junit)
	if want := path + ":36: claim failed: pipe.bytes == 16 * 2049   (pipe.bytes = 65"; status != 1 || !strings.Contains(out, want) || !strings.Contains(out, "✓ must    pipe.bytes == pipe.capacity") {
		t.Errorf("exit status %d, and %q is missing in:\n%s%s", status, want, out, errs)
	}
	b, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b, &got); err != nil || len(got.Suites) != 1 {
		t.Fatalf("%v: %s", err, b)
	}
	if s := got.Suites[0]; s.Tests != 5 || s.Failures != 1 || !strings.Contains(s.Cases[2].Failure.Message, ":36: claim failed") {
		t.Errorf("the JUnit report tells: %+v", s)
	}

	path = tried(t, "requires: [linux]", strings.Replace(fill, "4096", "512", 1), "pipe.bytes == pipe.capacity")
	if out, _, status := call(t, "lesson", "run", path); status != 1 || !strings.Contains(out, path+":23: wrong answer C is right") {
		t.Errorf("a wrong answer that is right ends with %d:\n%s", status, out)
	}
}

// What was asked for several times is counted, and told as JSON.
func TestLessonRunGreen(t *testing.T) {
	path := tried(t, "requires: [linux]", fill, "pipe.bytes == pipe.capacity")
	out, errs, status := call(t, "lesson", "run", path, "--times", "2", "--json")
	var all []performed
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 || len(all) != 2 {
		t.Fatalf("status %d, %v: %s%s", status, err, out, errs)
	}
	for _, p := range all {
		if !p.Green || p.State != lessons.Judged || len(p.Claims) != 1 || !p.Claims[0].Held || p.Seconds <= 0 {
			t.Errorf("told: %+v", p)
		}
	}
}

// What this machine has not is said, and nothing is run.
func TestLessonRunSkips(t *testing.T) {
	path := tried(t, "requires: [cores>=999]", fill, "pipe.bytes == pipe.capacity")
	out, errs, status := call(t, "lesson", "run", path)
	if status != 3 || !strings.Contains(out, "SKIP it needs 999 cores") {
		t.Errorf("exit status %d: %s%s", status, out, errs)
	}
}

func TestLessonUsage(t *testing.T) {
	bad := tried(t, "requires: [linux]", "start\ndance", "pipe.bytes == 1")
	for args, says := range map[string]string{
		"lesson run nothing":                  "there is no lesson \"nothing\"",
		"lesson run " + bad:                   "dance",
		"lesson run --times 0":                "from 1 to 10000",
		"lesson run --step nowhere":           "has such a step",
		"lesson run no/such/file.md":          "no such file",
		"lesson handout":                      "handout of which lesson",
		"lesson handout L03 --for everybody":  "choose student or lecturer",
		"lesson handout L03 --out /dev/null/": "write the sheets",
	} {
		if out, errs, status := call(t, strings.Fields(args)...); status != 2 || !strings.Contains(out+errs, says) {
			t.Errorf("ipclab %s: exit status %d, says %q; it should be 2 and say %q", args, status, errs, says)
		}
	}
}

// Ctrl-C ends a lesson at once, with its processes.
func TestLessonRunEnds(t *testing.T) {
	path := tried(t, "requires: [linux]", "start\nrun 60s", "pipe.bytes == 1")
	cmd := program(t, "lesson", "run", path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	children := fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid)
	pids := waitForChildren(t, children)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 1 {
		t.Errorf("exit status %d, not 1", status)
	}
	for _, pid := range pids {
		if _, err := os.Stat("/proc/" + pid); err == nil {
			t.Errorf("process %s is still there", pid)
		}
	}
}

// waitForChildren gives the processes that a program has started, once there are some.
func waitForChildren(t *testing.T, file string) []string {
	t.Helper()
	for range 1000 {
		all, err := filepath.Glob(strings.Replace(file, "/task/"+filepath.Base(filepath.Dir(file)), "/task/*", 1))
		if err != nil {
			t.Fatal(err)
		}
		var pids []string
		for _, f := range all {
			b, _ := os.ReadFile(f)
			pids = append(pids, strings.Fields(string(b))...)
		}
		if len(pids) >= 2 {
			return pids
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("no process was started")
	return nil
}

// A student's sheet has the questions and no answers; a lecturer's has both.
func TestHandout(t *testing.T) {
	path := tried(t, "requires: [linux]", fill, "pipe.bytes == pipe.capacity")
	dir := t.TempDir()
	if out, errs, status := call(t, "lesson", "handout", path, "--out", dir); status != 0 {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	for who, solved := range map[string]bool{"student": false, "lecturer": true} {
		b, err := os.ReadFile(filepath.Join(dir, "L99-tried-"+who+".html"))
		if err != nil {
			t.Fatal(err)
		}
		page := string(b)
		for _, want := range []string{"What happens?", "What does a full pipe hold?", "As much as it can."} {
			if !strings.Contains(page, want) {
				t.Errorf("the %s's sheet lacks %q", who, want)
			}
		}
		for _, answer := range []string{`class="box right"`, "PI-1", "pipe.bytes == pipe.capacity"} {
			if strings.Contains(page, answer) != solved {
				t.Errorf("the %s's sheet: %q is there: %t", who, answer, !solved)
			}
		}
	}
}

// The student's sheet of every lesson is one side of A4.
func TestSheetsFit(t *testing.T) {
	browser := findBrowser()
	if browser == "" {
		t.Skip("no Chromium is installed: sheets cannot be printed")
	}
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		t.Fatal(err)
	}
	var book bytes.Buffer // all sheets, each on a page of its own
	for i, l := range all.Lessons {
		var sheet bytes.Buffer
		if err := templates.Handout(templates.HandoutOf(l, false, all.Misconception)).Render(t.Context(), &sheet); err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(sheet.String(), "<body")
		if i == 0 {
			book.WriteString(head + "<style>div.student + div.student { break-before: page }</style><body>")
		}
		body, _, _ = strings.Cut(body, "</body>")
		book.WriteString("<div" + body + "</div>")
	}
	file := filepath.Join(t.TempDir(), "all.pdf")
	if err := printPDF(browser, book.Bytes(), file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, m := range regexp.MustCompile(`/Count (\d+)`).FindAllSubmatch(b, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		most = max(most, n)
	}
	if most != len(all.Lessons) {
		t.Errorf("%d sheets take %d pages: print each with ipclab lesson handout --pdf, and shorten what is too long", len(all.Lessons), most)
	}
}
