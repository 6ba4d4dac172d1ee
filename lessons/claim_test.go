package lessons

import (
	"strings"
	"testing"

	"ipclab/lab"
)

// A small pipe: two writers, one reader.
var (
	pipeInfo  = lab.Info{ID: "pipe", Knobs: []lab.KnobInfo{{Name: "size", Label: "Size", Max: 1 << 20}, {Name: "writers", Label: "Writers", Max: 8, Restart: true}}}
	pipeScene = lab.Scene{
		Procs: []lab.Proc{
			{Role: "writer1", Kind: "writer", Group: lab.Giver, Gates: []string{"write"}},
			{Role: "writer2", Kind: "writer", Group: lab.Giver, Gates: []string{"write"}},
			{Role: "reader", Kind: "reader", Group: lab.Taker, Gates: []string{"read"}},
		},
		Parts: []lab.Part{{ID: "pipe", Type: lab.Pipe, Cap: 65536, Holds: "bytes", Law: lab.Bytes, Object: "pipe:[1]"}},
		Wires: []lab.Wire{{From: "writer1", To: "pipe"}, {From: "writer2", To: "pipe"}, {From: "pipe", To: "reader"}},
	}
)

// Shared memory: two workers, a counter, a lock, a semaphore, a record of two words.
var (
	shmInfo  = lab.Info{ID: "shm", Knobs: []lab.KnobInfo{{Name: "n", Label: "Number", Max: 1000}}}
	shmScene = lab.Scene{
		Procs: []lab.Proc{
			{Role: "worker1", Kind: "worker", Group: lab.Peer, Gates: []string{"load", "store"}},
			{Role: "worker2", Kind: "worker", Group: lab.Peer, Gates: []string{"load", "store"}},
		},
		Parts: []lab.Part{
			{ID: "page", Type: lab.Page, Cap: 4096},
			{ID: "counter", Type: lab.Word, In: "page", Size: 8, Holds: lab.Updates, Law: lab.Value},
			{ID: "lock", Type: lab.Futex, In: "page", Offset: 64, Size: 8},
			{ID: "record", Type: lab.Record, In: "page", Offset: 256, Size: 16},
			{ID: "sem", Type: lab.Sem, Cap: 1},
		},
	}
	signalsInfo  = lab.Info{ID: "signals"}
	signalsScene = lab.Scene{
		Procs: []lab.Proc{{Role: "sender", Kind: "sender", Group: lab.Giver}, {Role: "receiver", Kind: "receiver", Group: lab.Taker, Linger: true}},
		Parts: []lab.Part{{ID: "signals", Type: lab.Signals, In: "receiver", Cap: 64, Law: lab.Count}},
		Wires: []lab.Wire{{From: "sender", To: "signals"}, {From: "signals", To: "receiver"}},
	}
)

func TestCompile(t *testing.T) {
	for _, good := range []string{
		`pipe.bytes == pipe.capacity`,
		`pipe.bytes == 16 * 2049 and writer1.exit == nil and lost == 0`,
		`writer1.exit?.signal == "SIGKILL"`,
		`writer1.blocked_in in ["pipe_write", "pipe_read"]`,
		`writer1.calls("write") == writer1.errors("EAGAIN") + 3`,
		`all(writers, .sent > 0 and .state != "gone")`,
		`count(events, .kind == "send" and .short) == 0`,
		`before(first("writer1", "send"), last_of("", "recv"))`,
		`len(since("m")) > 0 and at("m") < seconds * 1000`,
		`has_cycle(waitfor) or not any(waitfor, .to == "reader")`,
		`settings.size >= 512`,
		`"SIGUSR1" in reader.pending or "SIG38" in reader.pending`,
		`reader.fd(8).how == "reads" and len(reader.fds) == 1`,
		`sum(map(writers, .bytes_sent)) == reader.bytes_received`,
		`max(map(samples, .lost)) >= runs_lost`,
		`all(schedules, .counter + .lost == .expected)`,
		`bitand(pipe.level, 4095) == 0`,
		`writer1.last("write").error == "EPIPE"`,
		`sent / seconds > 100`,
	} {
		e := &Expr{Source: good}
		if err := Compile(e, &pipeInfo, &pipeScene); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	long := strings.Repeat("1+", 150) + "1 == 1"
	for _, c := range []struct{ source, say string }{
		{`wirter1.sent == 1`, `unknown name wirter1; did you mean writer1? (column 1)`},
		{`writer.sent == 1`, `did you mean writer1?`},
		{`pipe.byts == 0`, `a pipe has no byts; did you mean bytes? (column 6)`},
		{`writer1.stat == "running"`, `a process has no stat; did you mean state?`},
		{`writer1.state == "runing"`, `"runing" is no state; did you mean running? (column 18)`},
		{`writer1.blocked_in != "pipe-write"`, `did you mean pipe_write?`},
		{`"pipewrite" == writer1.blocked_in`, `did you mean pipe_write?`},
		{`writer1.blocked_in in ["write"]`, `is no place`},
		{`"USR1" in reader.pending`, `did you mean SIGUSR1?`},
		{`writer1.calls("wrte") == 1`, `"wrte" is no call; did you mean write?`},
		{`writer1.errors("EAGIAN") == 1`, `did you mean EAGAIN?`},
		{`writer1.taken("SIGUSR3") == 1`, `did you mean SIGUSR1?`},
		{`writer1.was("dead")`, `"dead" is no state: choose running,`},
		{`happened("wirter1", "send")`, `did you mean writer1?`},
		{`happened("", "sent")`, `did you mean send?`},
		{`any(events, .kind == "sent")`, `did you mean send?`},
		{`settings.siz == 1`, `settings has no siz; did you mean size?`},
		{`counter == 1`, `unknown name counter`}, // a pipe has none
		{`pipe.bytes`, `pipe.bytes is a number; write what must hold of it`},
		{`pipe`, `pipe is a pipe`},
		{`nil`, `nil is nothing`},
		{`pipe.bytes == "x"`, `mismatched types int and string`},
		{`writer1.exit == 1`, `mismatched types exit and int`},
		{`pipe.bytes = 1`, `write ==`},
		{``, `claim:`},
		{`sum(1..1000000) == 1`, `.. cannot be used`},
		{`all(events, any(events, .seq == 1))`, `within another one`},
		{`any(writers, len(since("m")) > 0)`, `since cannot be asked for each element`},
		{`let x = 1; x == 1`, `cannot be used in a claim`},
		{`true; true`, `cannot be used in a claim`},
		{`true ? true : false`, `cannot be used in a claim`},
		{`{"a": 1}.a == 1`, `cannot be used in a claim`},
		{`events[1:3] == events`, `cannot be used in a claim`},
		{`"aaaa" matches "a+"`, `matches cannot be used`},
		{`2 ** 3 == 8`, `** cannot be used`},
		{`$env.pipe.bytes == 1`, `$env means nothing here`},
		{`$env["pipe"] == nil`, `$env means nothing here`},
		{`writer1["se" + "nt"] == 1`, `[string] is undefined`},
		{`repeat("a", 1000000) == ""`, `unknown name repeat`},
		{`now() == now()`, `unknown name now`},
		{`toJSON(pipe) == ""`, `unknown name toJSON`},
		{`len(groupBy(events, .kind)) == 1`, `there is no groupBy`},
		{`reduce(events, #acc + 1, 0) == 1`, `there is no reduce`},
		{`len(sortBy(events, .kind)) == 1`, `there is no sortBy`},
		{`writer1.Calls("write") == 1`, `a process has no Calls; did you mean calls?`},
		{`first("writer1", "send").seq == 1`, `an event has no seq`},
		{long, `exceeds maximum allowed nodes`},
		{`"` + strings.Repeat("a", 300) + `" == ""`, `at most 200 are allowed`},
		{`1 in [` + strings.Repeat("1,", 60) + `1]`, `at most 50 are allowed`},
		{strings.Repeat(" ", 2000), `at most 1000 are allowed`},
		{strings.Repeat("(", 400) + "1" + strings.Repeat(")", 400), `claim:`},
		{"\xff\xfe", `claim:`},
	} {
		e := &Expr{Source: c.source}
		err := Compile(e, &pipeInfo, &pipeScene)
		if err == nil || !strings.HasPrefix(err.Error(), "claim: ") || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%.80s: %v, want …%s…", c.source, err, c.say)
		}
		if _, err := e.Eval(NewBook().Values(nil, Extra{})); err == nil {
			t.Errorf("%.80s: evaluated after it was refused", c.source)
		}
	}
}
