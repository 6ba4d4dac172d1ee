//go:build linux

package labtest

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const trace = `# tracer: nop
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
          ipclab-77      [001] .....  1234.311001: sys_write(fd: 6, buf: c000123000, count: 11170)
  ipclab:pipe:wr-83      [000] .....  1234.311500: sys_read(fd: 8, buf: 0x7ffe10, count: 0x40)
          ipclab-77      [001] .....  1234.311002: sys_write -> 0x10000
  ipclab:pipe:wr-83      [000] .....  1234.312000: sys_read -> 0xfffffffffffffe00
  ipclab:pipe:wr-83      [000] .....  1234.313000: sys_read(fd: 8, buf: 0x7ffe10, count: 0x40)
  ipclab:pipe:wr-83      [000] .....  1234.313001: sys_read -> 0xfffffffffffffff5
  ipclab:pipe:wr-83      [000] .....  1234.314000: sys_futex(uaddr: 0x7f1c2a4b5040, op: 0x00000000, val: 0x80000053, utime: 0x00000000, uaddr2: 0, val3: 0)
`

func TestParseTrace(t *testing.T) {
	got, err := parseTrace(strings.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	want := []Call{
		{PID: 77, At: 1234311001e3, Name: "write", Object: "6", Want: 70000, Ret: 65536},
		{PID: 83, At: 1234313000e3, Name: "read", Object: "8", Want: 64, Ret: -1, Errno: "EAGAIN"},
		{PID: 83, At: 1234314000e3, Name: "futex WAIT", Object: "0x7f1c2a4b5040", Want: 0x80000053, Open: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%v\nwant:\n%v", got, want)
	}
}

// The instance sees the calls of a program started through it, and of no other.
func TestTracefs(t *testing.T) {
	tr, err := OpenTracefs("write")
	if err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	}()
	cmd := exec.Command("sh", "-c", "echo hello")
	if err := tr.Run(cmd); err != nil {
		t.Fatal(err)
	}
	calls, lost, err := tr.Calls()
	if err != nil || lost != 0 {
		t.Fatalf("%d records lost, error %v", lost, err)
	}
	n := 0
	for _, c := range calls {
		if c.PID == cmd.Process.Pid && c.Name == "write" && c.Object == "1" && c.Want == 6 && c.Ret == 6 {
			n++
		}
	}
	if n != 1 {
		t.Errorf("echo hello was seen %d times in %v", n, calls)
	}
}
