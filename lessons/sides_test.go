package lessons

import (
	"math"
	"strings"
	"testing"

	"ipclab/lab"
)

func TestSides(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	e := wrote(writer1, 1, 10, 5, 4096, 4096)
	e.Level = 32784
	s.add(e)
	v := s.book.Values(nil, Extra{})
	for _, c := range []struct {
		source string
		sides  []Side
	}{
		{`pipe.bytes == 16 * 2049`, []Side{{"pipe.bytes", "32\u00a0784", "● FIONREAD"}, {"16 * 2049", "32\u00a0784", ""}}},
		{`writer1.exit == nil and not (writer1.state != "gone")`, []Side{{"writer1.exit", "none", "● waitid"}, {"nil", "none", ""},
			{"writer1.state", `"running"`, "● /proc/PID/stat"}, {`"gone"`, `"gone"`, ""}}},
		{`pipe.agrees or writer1.calls("write") > 1`, []Side{{"pipe.agrees", "not known: the calls and the kernel were not compared", "● and ○"},
			{`writer1.calls("write")`, "1", "○ calls"}, {"1", "1", ""}}},
		{`pipe.bytes / 1000 > 0`, []Side{{"pipe.bytes / 1000", "32.784", "● FIONREAD"}, {"0", "0", ""}}},
		{`12000 + 345 != reader.pid`, []Side{{"12000 + 345", "12345", ""}, {"reader.pid", "103", "● kernel"}}},
		{`sent / received == 1`, []Side{{"sent / received", "not known: nothing can be divided by 0", "○ calls"}, {"1", "1", ""}}},
		{`all(writers, .sent > 0)`, []Side{{"all(writers, .sent > 0)", "false", "○ calls"}, {"map(writers, .sent)", "[1, 0]", "○ calls"}}},
		{`writer1.exit.signal == "SIGKILL"`, []Side{{"writer1.exit.signal", "not known: cannot get signal from exit", "● waitid"}, {`"SIGKILL"`, `"SIGKILL"`, ""}}},
		{`first("", "send") == last_of("", "send")`, []Side{{`first("", "send")`, "writer1 send at 0 ms", "○ records"}, {`last_of("", "send")`, "writer1 send at 0 ms", "○ records"}}},
		{`len(events) > 2`, []Side{{"len(events)", "4", "○ records"}, {"2", "2", ""}}},
		{`[] == reader.fds`, []Side{{"[]", "[]", ""}, {"reader.fds", "[]", "○ lab"}}},
	} {
		sides := s.compile(c.source).Sides(v)
		if len(sides) != len(c.sides) {
			t.Errorf("%s: %v, want %v", c.source, sides, c.sides)
			continue
		}
		for i := range sides {
			if sides[i] != c.sides[i] {
				t.Errorf("%s: side %d is %q, want %q", c.source, i, sides[i], c.sides[i])
			}
		}
	}
	if sides := (&Expr{Source: "true"}).Sides(v); sides != nil {
		t.Errorf("what was not checked has the sides %v", sides)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		value any
		text  string
	}{
		{nil, "none"}, {(*exit)(nil), "none"}, {"", `""`}, {"a b", `"a b"`}, {true, "true"}, {1234567, "1\u00a0234\u00a0567"}, {-1234, "-1\u00a0234"},
		{0.5, "0.5"}, {-0.0004, "0"}, {-0.25, "-0.25"}, {1234.5678, "1\u00a0234.568"}, {math.NaN(), "NaN"}, {math.Inf(1), "+Inf"}, {1e300, "1e+300"},
		{[]string{"SIGUSR1"}, `["SIGUSR1"]`}, {[]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, "[1, 2, 3, 4, 5, 6, 7, 8, … (9 in all)]"},
		{&exit{-1, "SIGKILL"}, `{code -1, signal "SIGKILL"}`}, {&edge{"a", "b", "lock"}, `{from "a", to "b", on "lock"}`}, {[]any{1, "x", nil}, `[1, "x", none]`},
	} {
		if text := quantity.format(c.value); text != c.text {
			t.Errorf("%v is written %q, want %q", c.value, text, c.text)
		}
	}
}

func TestMentions(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	e := s.compile(`writer1.blocked_in == "pipe_write" and all(writers, .sent > 0)`)
	for name, so := range map[string]bool{"blocked_in": true, "sent": true, "writers": true, "writer1": true, "pipe_write": false, "reader": false} {
		if e.Mentions(name) != so {
			t.Errorf("mentions %s: %t", name, !so)
		}
	}
	if (&Expr{}).Mentions("sent") {
		t.Error("what was not checked mentions something")
	}
}

// Every name has a type that people know, a sentence and a mark; and can be used.
func TestVocabulary(t *testing.T) {
	for _, m := range []struct {
		info  *lab.Info
		scene *lab.Scene
	}{{&pipeInfo, &pipeScene}, {&shmInfo, &shmScene}, {&signalsInfo, &signalsScene}} {
		names := Vocabulary(m.info, m.scene)
		seen := map[string]bool{}
		for _, n := range names {
			full := n.Of + "." + n.Name
			if n.Type == "" || strings.Contains(n.Type, "lessons") || n.Says == "" || n.Source == "" && n.Of != "" || seen[full] {
				t.Errorf("%s: %+v is not whole, or there twice", m.info.ID, n)
			}
			seen[full] = true
		}
		for _, want := range []string{".sent", ".first(role, kind)", "event.kind", "process.fd(number)", "descriptor.how", "exit.signal", "." + m.scene.Procs[0].Role, "." + m.scene.Procs[0].Kind + "s"} {
			if !seen[want] {
				t.Errorf("%s: %s is missing among %d", m.info.ID, want, len(names))
			}
		}
		for name := range newLexicon(m.info, m.scene).types {
			e := &Expr{Source: name + " == nil or true"}
			if name == "/" {
				continue
			}
			var c *ClaimError
			if err := Compile(e, m.info, m.scene); err != nil && !asClaim(err, &c) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
