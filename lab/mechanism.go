package lab

import "errors"

// A Mechanism is one way for processes to communicate. Its folder under
// mechanisms/ holds all there is to it; the rest of ipclab knows only this.
type Mechanism interface {
	// Info describes the mechanism, its knobs and its experiments.
	Info() Info
	// Scene lists who takes part and what lies between them under the given
	// settings. It has no side effects.
	Scene(Settings) Scene
	// Open makes the kernel objects of a run, in the lab's own process, and
	// hands them to the workers through the stage.
	Open(*Stage) error
	// Work is what a worker process does. It returns when w.Next is false.
	Work(*Worker) error
}

// A Prober is a mechanism that cannot run everywhere. Probe returns an error that
// wraps ErrUnavailable and says why.
type Prober interface{ Probe() error }

// A Sourcer is a mechanism whose workers do different things under different settings.
// Source gives the part of Info.Source that they run then.
type Sourcer interface{ Source(Settings) string }

// ErrUnavailable is wrapped by every reason why something cannot run here.
var ErrUnavailable = errors.New("cannot run here")

// Info is what a mechanism says about itself.
type Info struct {
	ID       string `json:"id"`       // folder, URL and command-line name
	Title    string `json:"title"`    // "Shared memory"
	Family   string `json:"family"`   // the group it is taught in: "Pipes and FIFOs"
	Sentence string `json:"sentence"` // one sentence

	// What one asks first of a mechanism; a word or two each.
	Boundaries string `json:"boundaries"` // does one read return one message?
	Copies     string `json:"copies"`     // of each byte, from program to program
	Related    string `json:"related"`    // only parent and child, or a descriptor handed over?
	Survives   string `json:"survives"`   // what the data outlive

	Knobs       []KnobInfo `json:"knobs"`
	Experiments string     `json:"-"`      // Markdown: prepared runs, and what must be seen in them; the package lessons reads it
	Source      string     `json:"source"` // the workers' own Go source, embedded
	Page        string     `json:"page"`   // Markdown: what it is, when to use it, man pages
}

// KnobInfo describes one parameter that can be turned.
type KnobInfo struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Unit    string   `json:"unit,omitempty"` // "bytes", "per second"
	Min     int64    `json:"min"`
	Max     int64    `json:"max"`
	Default int64    `json:"default"`
	Values  []string `json:"values,omitempty"`  // names of Min…Max, for a choice; {"off", "on"} for a switch
	Zero    string   `json:"zero,omitempty"`    // what 0 means: "as fast as it can"
	Why     string   `json:"why,omitempty"`     // where the bounds come from, or what is particular about it
	Restart bool     `json:"restart,omitempty"` // takes effect on the next start only
}

// Settings holds a value for each knob.
type Settings map[string]int64

// Scene is the cast and the stage: everything an event may refer to.
type Scene struct {
	Procs []Proc `json:"procs"`
	Parts []Part `json:"parts"`
	Wires []Wire `json:"wires"`
}

// Proc is one worker process.
type Proc struct {
	Role  string   `json:"role"`  // unique: "writer", or "writer2" where there are several
	Kind  string   `json:"kind"`  // "writer": what all those have in common
	Group Group    `json:"group"` // where it stands on the stage
	Gates []string `json:"gates"` // the operations of one round, in order; each has a gate before it

	// Linger leaves the process a zombie, when a signal has ended it, until somebody asks
	// to wait for it or the run ends.
	Linger bool `json:"linger,omitempty"`
}

// Group says on which side of the stage a process stands.
type Group string

// Givers stand left, takers right, peers (all alike) in one row.
const (
	Giver Group = "giver"
	Taker Group = "taker"
	Peer  Group = "peer"
)

// Part is one thing between processes: a pipe, a page, a word, a lock.
type Part struct {
	ID     string   `json:"id"`
	Type   PartType `json:"type"`
	Title  string   `json:"title,omitempty"` // how the stage names it; the object's name if empty
	Object string   `json:"object"`          // what /proc calls it: pipe:[58231]; known once it is open
	Cap    int64    `json:"cap,omitempty"`   // bytes, signals; 0 is unbounded
	In     string   `json:"in,omitempty"`    // the part that contains it, or the role that it belongs to
	Offset int64    `json:"offset"`          // its place in that part, in bytes
	Size   int64    `json:"size,omitempty"`  // how many bytes of that part
	Holds  string   `json:"holds,omitempty"` // what a level counts: "bytes", "signals", or Updates
	Law    Law      `json:"law,omitempty"`   // how calls and kernel are compared
	Off    bool     `json:"off,omitempty"`   // there, but not used under these settings
}

// Updates marks the word that all updates of all workers should add up to.
const Updates = "updates"

// Items marks a word that holds one message or none: a store of a value puts one
// there, and a store of 0 takes it out.
const Items = "items"

// PartType names how a part is drawn and what its level means.
type PartType string

// The closed list of part types.
const (
	Pipe    PartType = "pipe"    // a stream of bytes in page slots, with a capacity
	Page    PartType = "page"    // memory that several processes map
	Word    PartType = "word"    // eight bytes within a page
	Record  PartType = "record"  // several words within a page that belong together
	Futex   PartType = "futex"   // a lock word within a page, and the kernel's queue of its sleepers
	Sem     PartType = "sem"     // a semaphore: a count in the kernel and the queue of its sleepers
	Signals PartType = "signals" // the pending and blocked signals of one process

	Children PartType = "children" // of one process: how many have ended and were not waited for
	FileLock PartType = "filelock" // a lock on a file: the kernel knows its owner and the queue of its sleepers
)

// Law says which conservation law holds for a part.
type Law string

// Bytes: sent − received = level. Value: the last store = level. Count: signals
// queued − taken = level.
const (
	Bytes Law = "bytes"
	Value Law = "value"
	Count Law = "count"
)

// Wire says that a process may touch a part, and how.
type Wire struct {
	From string `json:"from"`
	To   string `json:"to"`
	As   WireAs `json:"as"`
}

// WireAs says how a wire is drawn.
type WireAs string

// Copy crosses the line between user space and kernel; Map does not; Raise is a
// signal on its way, or one more in the count of a semaphore.
const (
	Copy  WireAs = "copy"
	Map   WireAs = "map"
	Raise WireAs = "raise"
)

// How a worker uses a descriptor.
const (
	Reads  = 1
	Writes = 2
)
