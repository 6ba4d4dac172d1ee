package labtest

import (
	"slices"
	"strings"
	"testing"
)

const strace = `77 1795399142.311000000 write(6<pipe:[33478]>, ""..., 5) = 5
83 1795399142.318364307 read(3<pipe:[33478]>,  <unfinished ...>
77 1795399142.318370000 write(6<pipe:[33478]>, ""..., 70000 <unfinished ...>
83 1795399142.318430919 <... read resumed>""..., 100) = 5
83 1795399142.401665667 read(3<pipe:[33478]>,  <unfinished ...>
77 1795399142.402000000 <... write resumed>) = 65536
77 1795399142.410000000 write(6<pipe:[33478]>, ""..., 5) = -1 EAGAIN (Resource temporarily unavailable)
77 1795399142.420165658 rt_sigqueueinfo(83, SIGRT_8, {si_signo=SIGRT_8, si_code=SI_QUEUE, si_int=0}) = 0
77 1795399142.420170000 futex(0x7f1c2a4b5040, FUTEX_WAIT, 77, NULL) = -1 EAGAIN (Resource temporarily unavailable)
83 1795399142.420247610 <... read resumed>0x21e34740ee9c, 100) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)
83 1795399142.420328546 --- SIGSTOP {si_signo=SIGSTOP, si_code=SI_USER, si_pid=77, si_uid=0} ---
83 1795399142.441469576 read(3<pipe:[33478]>,  <unfinished ...>
83 1795399142.462601422 <... read resumed> <unfinished ...>) = ?
83 1795399142.462980466 +++ killed by SIGKILL +++
77 1795399142.470000000 read(9<pipe:[7]>,  <detached ...>
91 1795399142.500000000 ppoll([...], 1, NULL, NULL, 0) = ? ERESTARTNOHAND (To be restarted if no handler)
91 1795399142.510000000 rt_sigreturn({mask=[]}) = -1 EINTR (Interrupted system call)
91 1795399142.520000000 read(7<pipe:[8]>, "", 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)
91 1795399142.530000000 rt_sigreturn({mask=[]}) = 18446744073694746144
91 1795399142.540000000 read(7<pipe:[8]>, ""..., 1) = 1
91 1795399142.550000000 rt_sigaction(SIGKILL, {sa_handler=0x58, sa_mask=~[RTMIN]}, NULL, 8) = -1 EINVAL (Invalid argument)
91 1795399142.560000000 rt_sigsuspend([], 8 <unfinished ...>
91 1795399142.570000000 <... rt_sigsuspend resumed>) = ? ERESTARTNOHAND (To be restarted if no handler)
91 1795399142.580000000 rt_sigreturn({mask=[USR1]} <unfinished ...>
91 1795399142.590000000 <... rt_sigreturn resumed>) = -1 EINTR (Interrupted system call)
`

func TestParseStrace(t *testing.T) {
	got, err := ParseStrace(strings.NewReader(strace))
	if err != nil {
		t.Fatal(err)
	}
	const s = 1795399142e9
	want := []Call{
		{PID: 77, At: s + 311000000, Name: "write", Object: "pipe:[33478]", Want: 5, Ret: 5},
		{PID: 83, At: s + 318364307, Name: "read", Object: "pipe:[33478]", Want: 100, Ret: 5},
		{PID: 77, At: s + 318370000, Name: "write", Object: "pipe:[33478]", Want: 70000, Ret: 65536},
		{PID: 77, At: s + 410000000, Name: "write", Object: "pipe:[33478]", Want: 5, Ret: -1, Errno: "EAGAIN"},
		{PID: 77, At: s + 420165658, Name: "rt_sigqueueinfo", Object: "83", Want: 40, Ret: 0},
		{PID: 77, At: s + 420170000, Name: "futex WAIT", Object: "0x7f1c2a4b5040", Want: 77, Ret: -1, Errno: "EAGAIN"},
		{PID: 83, At: s + 441469576, Name: "read", Object: "pipe:[33478]", Want: -1, Open: true},
		{PID: 77, At: s + 470000000, Name: "read", Object: "pipe:[7]", Want: -1, Open: true},
		{PID: 91, At: s + 500000000, Name: "ppoll", Want: -1, Ret: -1, Errno: "EINTR"},
		{PID: 91, At: s + 540000000, Name: "read", Object: "pipe:[8]", Want: 1, Ret: 1},
		{PID: 91, At: s + 550000000, Name: "rt_sigaction", Want: 9, Ret: -1, Errno: "EINVAL"},
		{PID: 91, At: s + 560000000, Name: "rt_sigsuspend", Want: -1, Ret: -1, Errno: "EINTR"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%v\nwant:\n%v", got, want)
	}
}

// The comparison finds each way in which a log can be untrue.
func TestCompare(t *testing.T) {
	call := func(at, ret int64) Call {
		return Call{PID: 7, At: at, Name: "read", Object: "pipe:[1]", Want: 8, Ret: ret}
	}
	seen := []Call{call(105, 8), call(205, 4), call(305, 8)}
	for _, c := range []struct {
		name  string
		log   func([]Logged) []Logged
		wrong int
	}{
		{"true", func(l []Logged) []Logged { return l }, 0},
		{"killed within", func(l []Logged) []Logged { l[2].Open = true; return l }, 0},
		{"one missing", func(l []Logged) []Logged { return l[:2] }, 1},
		{"one too many", func(l []Logged) []Logged { return append(l, Logged{call(400, 1), 9}) }, 1},
		{"killed before", func(l []Logged) []Logged {
			return append(l, Logged{Call{PID: 7, At: 400, Name: "read", Open: true}, 0})
		}, 0},
		{"other result", func(l []Logged) []Logged { l[1].Ret = 8; return l }, 1},
		{"other object", func(l []Logged) []Logged { l[1].Object = "pipe:[2]"; return l }, 1},
		{"other size", func(l []Logged) []Logged { l[1].Want = 9; return l }, 1},
		{"too early", func(l []Logged) []Logged { l[1].At = 180; return l }, 1},
		{"too late", func(l []Logged) []Logged { l[1].At = 208; return l }, 1},
		{"two unknown", func(l []Logged) []Logged { l[1].Open, l[2].Open = true, true; return l }, 1},
		{"none logged", func(l []Logged) []Logged { return nil }, 1},
	} {
		log := []Logged{{call(100, 8), 9}, {call(200, 4), 9}, {call(300, 8), 9}}
		if got := Compare(c.log(log), seen, 1); len(got) != c.wrong {
			t.Errorf("%s: %d differences, want %d: %q", c.name, len(got), c.wrong, got)
		}
	}
}
