// Package pipe shows the oldest mechanism: a stream of bytes through a buffer in
// the kernel, from a write end to a read end.
package pipe

import (
	_ "embed"
	"fmt"

	"ipclab/lab"
)

// Mechanism is the pipe.
var Mechanism lab.Mechanism = mechanism{}

type mechanism struct{ lab.Elsewhere }

//go:embed work_linux.go
var source string

//go:embed pipe.md
var page string

//go:embed experiments.md
var experiments string

// The choices of the knob "sigpipe".
const (
	sigpipeDefault = iota // SIGPIPE kills the writer
	sigpipeIgnored        // write returns EPIPE
)

func (mechanism) Info() lab.Info {
	onOff := []string{"off", "on"}
	return lab.Info{
		ID: "pipe", Title: "Pipe", Family: "Pipes and FIFOs",
		Sentence:   "A stream of bytes through a buffer in the kernel, from a write end to a read end.",
		Boundaries: "none", Copies: "2", Related: "yes", Survives: "nothing",
		Knobs: []lab.KnobInfo{
			{Name: "writers", Label: "Writers", Min: 1, Max: 8, Default: 1, Restart: true},
			{Name: "readers", Label: "Readers", Min: 1, Max: 8, Default: 1, Restart: true},
			{Name: "size", Label: "Message size", Unit: "bytes", Min: 1, Max: 1 << 20, Default: 4096,
				Why: "up to PIPE_BUF, 4 096 bytes, a write is never torn"},
			{Name: "read_size", Label: "Read size", Unit: "bytes", Min: 1, Max: 1 << 20, Default: 4096,
				Why: "how much each read asks for"},
			{Name: "rate", Label: "Writer pace", Unit: "per second", Min: 0, Max: 100_000, Default: 20, Zero: "as fast as it can",
				Why: "writes a second of each writer at full speed"},
			{Name: "drain", Label: "Reader pace", Unit: "per second", Min: 0, Max: 100_000, Default: 20, Zero: "as fast as it can",
				Why: "reads a second of each reader at full speed"},
			{Name: "count", Label: "Messages of each writer", Min: 0, Max: 10_000_000, Default: 0, Zero: "no end",
				Why: "after so many a writer ends, and its write end is closed"},
			{Name: "capacity", Label: "Pipe capacity", Unit: "bytes", Min: 4096, Max: 1 << 20, Default: 65536,
				Why: "F_SETPIPE_SZ rounds up to 2ⁿ pages; /proc/sys/fs/pipe-max-size is the limit of an ordinary user"},
			{Name: "nonblock", Label: "O_NONBLOCK", Min: 0, Max: 1, Values: onOff, Why: "EAGAIN instead of sleeping", Restart: true},
			{Name: "packets", Label: "O_DIRECT (packets)", Min: 0, Max: 1, Values: onOff, Why: "each write is a packet; a short read throws the rest away", Restart: true},
			{Name: "sigpipe", Label: "SIGPIPE", Min: 0, Max: 1, Values: []string{"default", "ignored"}, Default: sigpipeDefault,
				Why: "what writing without a reader does: die, or get EPIPE", Restart: true},
			{Name: "keep_write_end", Label: "Reader keeps the write end", Min: 0, Max: 1, Values: onOff,
				Why: "the forgotten close: the reader itself is a writer, so it never sees the end", Restart: true},
			{Name: "answer", Label: "Reader answers", Min: 0, Max: 1, Values: onOff,
				Why: "after each read it writes into its own end, which is not open for writing: EBADF", Restart: true},
		},
		Experiments: experiments,
		Source:      source,
		Page:        page,
	}
}

// Scene: writers left, readers right, one pipe between them.
func (mechanism) Scene(s lab.Settings) lab.Scene {
	part := lab.Part{ID: "pipe", Type: lab.Pipe, Cap: s["capacity"], Holds: "bytes", Law: lab.Bytes}
	if s["packets"] == 1 && s["read_size"] < s["size"] {
		part.Law = "" // the kernel throws bytes away and does not say how many
	}
	sc := lab.Scene{Parts: []lab.Part{part}}
	add := func(kind string, n int64, g lab.Group, gates ...string) {
		for i := int64(1); i <= n; i++ {
			role := kind
			if n > 1 {
				role = fmt.Sprint(kind, i)
			}
			sc.Procs = append(sc.Procs, lab.Proc{Role: role, Kind: kind, Group: g, Gates: gates})
			if g == lab.Giver {
				sc.Wires = append(sc.Wires, lab.Wire{From: role, To: "pipe", As: lab.Copy})
			} else {
				sc.Wires = append(sc.Wires, lab.Wire{From: "pipe", To: role, As: lab.Copy})
			}
		}
	}
	add("writer", s["writers"], lab.Giver, "write")
	if s["answer"] == 1 {
		add("reader", s["readers"], lab.Taker, "read", "write")
	} else {
		add("reader", s["readers"], lab.Taker, "read")
	}
	return sc
}
