package pipe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ipclab/lab"
)

// Eight writers, eight readers, messages of 1 to 70 000 bytes, and some of them
// killed whenever it happens: every byte is accounted for. What was sent, with what
// calls of the killed put in, is what was received, with what calls of the killed
// took out, and what lies in the pipe.
func TestEveryByte(t *testing.T) {
	for range 4 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(seed), func(t *testing.T) { everyByte(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

func everyByte(t *testing.T, rnd *rand.Rand) {
	nonblock := rnd.Int64N(2) // then reads rest, lest eight readers ask for nothing but EAGAIN
	set := lab.Settings{"writers": 8, "readers": 8, "rate": 400, "drain": 400 * nonblock, "nonblock": nonblock, "sigpipe": sigpipeIgnored,
		"capacity": 4096 << rnd.IntN(6), "size": 1 + rnd.Int64N(70_000), "read_size": 1 + rnd.Int64N(70_000)}
	var do []string
	for at := 60; at < 450; at += 20 + rnd.IntN(60) {
		switch action := fmt.Sprintf("%dms ", at); rnd.IntN(3) {
		case 0:
			do = append(do, action+fmt.Sprintf("set size = %d", 1+rnd.IntN(70_000)))
		case 1:
			do = append(do, action+fmt.Sprintf("set read_size = %d", 1+rnd.IntN(70_000)))
		case 2:
			do = append(do, action+fmt.Sprintf("set capacity = %d", 4096<<rnd.IntN(6)))
		}
	}
	for i, n := range rnd.Perm(7)[:4] { // one writer and one reader stay
		kind := []string{"writer", "reader"}[rnd.IntN(2)]
		do = append(do, fmt.Sprintf("%dms kill %s%d", 80+i*90+rnd.IntN(80), kind, n+1))
	}
	t.Logf("%v %q", set, do)
	run, err := lab.Start(t.Context(), Mechanism, lab.Options{Settings: set, Count: 450, Once: true})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for _, text := range do {
		action, err := lab.ParseTimed(text)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(begin.Add(action.After)))
		if err := run.Do(action.Text); err != nil { // on a busy machine it may have ended before
			t.Log(err)
		}
	}
	o, err := run.Wait()
	if err != nil {
		t.Fatal(err)
	}
	account(t, o)
}

// account adds up all bytes. Calls that were cut off, and whose outcome could not be
// told, leave an interval.
func account(t *testing.T, o *lab.Outcome) {
	t.Helper()
	var sent, received, low, high int64
	for _, p := range o.Procs {
		sent += int64(p.BytesSent)
		received += int64(p.BytesReceived)
	}
	cut := map[uint16]*lab.Event{} // the last call of a process, if nobody knows how it went
	for i := range o.Events {
		e := &o.Events[i]
		switch {
		case e.Kind != lab.Send && e.Kind != lab.Recv:
		case e.Flags&(lab.Open|lab.Stopped) != 0:
			cut[e.Proc] = e
		case e.Flags&lab.Settles != 0:
			delete(cut, e.Proc)
		}
	}
	for _, e := range cut {
		if e.Kind == lab.Send {
			high += int64(e.Want)
		} else {
			low -= int64(e.Want)
		}
	}
	level := o.Part("pipe").Level
	if level == nil {
		t.Fatal("nobody asked how much lies in the pipe")
	}
	if rest := *level - (sent - received); rest < low || rest > high {
		t.Errorf("%d bytes sent, %d received, %d in the pipe: %d are not accounted for, calls cut off allow %d to %d", sent, received, *level, rest, low, high)
	}
	if sent == 0 || received == 0 {
		t.Errorf("%d bytes sent and %d received: nothing was tried", sent, received)
	}
	if o.Agrees == nil || !*o.Agrees {
		t.Error("the calls and the kernel do not agree")
	}
	if len(o.Unasked) > 0 {
		t.Errorf("faults that nobody asked for: %q", o.Unasked)
	}
	t.Logf("%d bytes sent, %d received, %d in the pipe, %d calls cut off without a known outcome", sent, received, *level, len(cut))
}
