package lab

import (
	"encoding/binary"
	"time"
)

// Event is one thing that happened, in 64 bytes: one cache line. The same bytes
// lie in a worker's ring, in a recording and in a websocket frame, little endian.
type Event struct {
	Seq   uint64  // place in the run's one order, from 1; in a ring: see ring.go
	At    int64   // when the call began, in ns since the run's epoch
	Dur   int64   // how long the call took, in ns
	Msg   uint64  // which message: proc<<40 | n, so below 2^53; 0 is none
	Want  uint32  // how much was asked for: bytes, or the offset of a word
	Ret   int32   // what the call returned; negative is -errno
	Level int64   // of the part after the call, as the kernel says; -1 is not asked
	Data  [8]byte // the value stored or loaded, a signal's payload, a mask
	Kind  Kind    // what was tried
	Call  Call    // by which system call; for State, a Fact
	Flags Flags   //
	Proc  uint16  // who: index into Scene.Procs + 1; 0 is the lab itself
	Part  uint16  // on what: index into Scene.Parts + 1; 0 is none
}

// EventSize is the length of an Event in bytes.
const EventSize = 64

// Kind says what was tried or what happened. The set is closed: a mechanism that
// seems to need a new kind almost always needs a new part in its scene instead.
type Kind uint8

// The kinds of events.
const (
	Spawn   Kind = iota + 1 // Ret is the pid
	Exit                    // Ret is the exit status, or -signal if killed by one; Part 0
	Send                    // bytes go into a part
	Recv                    // bytes come out of a part
	Block                   // a call sleeps; Msg, Want and Call are the call's, At is when it began
	Wake                    // the sleeping call goes on, or FUTEX_WAKE was called: Ret sleepers woken
	Lock                    // one try to take a lock; Data is the lock word found, Ret 1 taken, 0 not
	Unlock                  // a lock is given back; Data is the lock word left
	Load                    // memory is read: Data is the value, Want the offset in the part
	Store                   // memory is written: Data is the value; Part 0 is the worker's own register
	Signal                  // a signal is sent: Want is its number, Data the payload, Msg names it
	Deliver                 // a signal is taken: Want is its number, Data the payload, Ret the number
	Fault                   // injected by the user (Want: a signal number), or an unexpected death
	State                   // a fact about a process or a part changed: see Fact
	Knob                    // a knob was turned: Want is its index in Info.Knobs, Level the value as read back
	Lost                    // Level records had no room in a ring: the picture has a hole here
	kindEnd
)

var kinds = [kindEnd]name{
	Spawn:   {"spawn", "a worker process was started"},
	Exit:    {"exit", "a worker process ended"},
	Send:    {"send", "bytes went into a part"},
	Recv:    {"recv", "bytes came out of a part"},
	Block:   {"block", "a call fell asleep in the kernel"},
	Wake:    {"wake", "a sleeper was woken"},
	Lock:    {"lock", "a process tried to take a lock"},
	Unlock:  {"unlock", "a lock was given back"},
	Load:    {"load", "shared memory was read"},
	Store:   {"store", "shared memory was written"},
	Signal:  {"signal", "a signal was sent"},
	Deliver: {"deliver", "a signal was taken"},
	Fault:   {"fault", "somebody interfered, or a process died unexpectedly"},
	State:   {"state", "the kernel's view of a process or a part changed"},
	Knob:    {"knob", "a parameter was turned"},
	Lost:    {"lost", "records were dropped here"},
}

// Call names the system call behind an event. New ones go at the end: recordings
// keep the number.
type Call uint8

// The system calls that mechanisms make. CallNone is work in user space.
const (
	CallNone Call = iota
	CallRead
	CallWrite
	CallFcntl
	CallFutex
	CallKill
	CallRtSigqueueinfo
	CallRtSigtimedwait
	CallSemop
	CallNanosleep
	CallSchedYield
	CallClose
	CallIoctl
	CallRtSigprocmask
	CallRtSigaction
	CallRtSigsuspend
	CallPause
	CallPpoll
	CallWait4
	CallShmget
	CallShmat
	CallShmctl
	CallFtruncate
	CallUnlinkat
	callEnd
)

var calls = [callEnd]name{
	CallNone:           {"", "no system call"},
	CallRead:           {"read", "copy bytes from the kernel"},
	CallWrite:          {"write", "copy bytes into the kernel"},
	CallFcntl:          {"fcntl", "ask or change a property of a descriptor"},
	CallFutex:          {"futex", "sleep on a word of memory, or wake its sleepers"},
	CallKill:           {"kill", "send a signal"},
	CallRtSigqueueinfo: {"rt_sigqueueinfo", "send a signal with a value"},
	CallRtSigtimedwait: {"rt_sigtimedwait", "take a pending signal"},
	CallSemop:          {"semop", "raise or lower a System V semaphore"},
	CallNanosleep:      {"clock_nanosleep", "sleep for a time"},
	CallSchedYield:     {"sched_yield", "let another process run"},
	CallClose:          {"close", "give up a descriptor"},
	CallIoctl:          {"ioctl", "ask a device or a descriptor"},
	CallRtSigprocmask:  {"rt_sigprocmask", "block or unblock signals"},
	CallRtSigaction:    {"rt_sigaction", "say what a signal is to do"},
	CallRtSigsuspend:   {"rt_sigsuspend", "unblock signals and sleep until one is handled, in one call"},
	CallPause:          {"pause", "sleep until a signal is handled"},
	CallPpoll:          {"ppoll", "sleep until a descriptor is ready"},
	CallWait4:          {"wait4", "wait for a child that has ended"},
	CallShmget:         {"shmget", "find a System V segment by its key"},
	CallShmat:          {"shmat", "attach a System V segment"},
	CallShmctl:         {"shmctl", "remove a System V segment"},
	CallFtruncate:      {"ftruncate", "change the length of a file"},
	CallUnlinkat:       {"unlinkat", "remove a name"},
}

// Fact says what a State event tells; it stands in Event.Call.
type Fact uint8

// The facts. "Mask" means that Data is a little-endian signal mask, bit n-1 for
// signal n, as in /proc/PID/status.
const (
	FactState    Fact = iota + 1 // Data[0]: R S D T Z X of /proc/PID/stat; Data[1]: Wait; Part: what it waits on
	FactGate                     // Ret: held before Procs[].Gates[Ret-1]; 0: let go; -1: rests by its own rate
	FactFD                       // Ret: the descriptor of Part; Want: 1 reads, 2 writes, 3 both
	FactMap                      // Level: the address at which Part is mapped
	FactSigPnd                   // mask pending for the thread
	FactShdPnd                   // mask pending for the process
	FactSigBlk                   // mask blocked
	FactSigIgn                   // mask ignored
	FactSigCgt                   // mask caught
	FactSigQ                     // Ret: queued signals of this user; Level: the limit
	FactSwitches                 // Ret: voluntary context switches; Level: involuntary ones
	FactCPU                      // Level: ns on a processor since the start
	FactLevel                    // Level of Part, read without a call of the mechanism
	FactCapacity                 // Level: the capacity of Part as read back
	FactMode                     // Ret: Mode; Level: operations per 1000 s in Slow
	FactAgrees                   // Ret 1: what the calls say of Part equals Level, the kernel's word; 0: it does not; Want: the difference
	FactWchan                    // Data: 8 bytes of the kernel's name of the place, from byte Want on
	FactSample                   // Level: from here on 1 record of Level is kept (1: all)
	FactIO                       // Ret: calls of the kind of read since the work began, as the kernel counts them; Level: of write
	FactExists                   // Level 1: the name of Part is there; 0: it is not
	FactCore                     // Level: the core that the process was bound to
	FactAttached                 // Level: how often the segment Part is attached, as the kernel counts; Ret 1: it is marked to go with the last one
	factEnd
)

var facts = [factEnd]name{
	FactState:    {"state", "run state and what is waited for"},
	FactGate:     {"gate", "held before an operation, or let go"},
	FactFD:       {"fd", "a descriptor of the process"},
	FactMap:      {"map", "the address of a mapping"},
	FactSigPnd:   {"sigpnd", "signals pending for the thread"},
	FactShdPnd:   {"shdpnd", "signals pending for the process"},
	FactSigBlk:   {"sigblk", "signals blocked"},
	FactSigIgn:   {"sigign", "signals ignored"},
	FactSigCgt:   {"sigcgt", "signals caught"},
	FactSigQ:     {"sigq", "signals queued, and the limit"},
	FactSwitches: {"switches", "context switches"},
	FactCPU:      {"cpu", "time on a processor"},
	FactLevel:    {"level", "how full a part is"},
	FactCapacity: {"capacity", "how much a part can hold"},
	FactMode:     {"mode", "who decides when the next operation starts"},
	FactAgrees:   {"agrees", "whether the calls and the kernel say the same"},
	FactWchan:    {"wchan", "the kernel's name of the place where it sleeps"},
	FactSample:   {"sample", "how many of the records are kept"},
	FactIO:       {"io", "how often the thread has read and written, as the kernel counts it"},
	FactExists:   {"exists", "whether the name of a part is there"},
	FactCore:     {"core", "bound to one core"},
	FactAttached: {"attached", "how often a System V segment is attached, and whether it is marked"},
}

// Wait is an abstract word for where a process sleeps, the same on every kernel. New
// ones go at the end.
type Wait uint8

// The places where a process can sleep.
const (
	WaitNone Wait = iota
	WaitPipeRead
	WaitPipeWrite
	WaitFutex
	WaitSem
	WaitSignal
	WaitSleep
	WaitGate
	WaitOther
	WaitPoll
	WaitPause
	WaitSuspend
	WaitFileLock
	waitEnd
)

var waits = [waitEnd]name{
	WaitNone:      {"", "it does not sleep"},
	WaitPipeRead:  {"pipe_read", "until a pipe holds data"},
	WaitPipeWrite: {"pipe_write", "until a pipe has room"},
	WaitFutex:     {"futex", "until somebody wakes the word"},
	WaitSem:       {"semop", "until the semaphore can be lowered"},
	WaitSignal:    {"sigwait", "until a signal is pending"},
	WaitSleep:     {"sleep", "until a time has passed"},
	WaitGate:      {"gate", "the lab holds it before its next operation"},
	WaitOther:     {"other", "in a call that the lab does not know"},
	WaitPoll:      {"poll", "until a descriptor is ready"},
	WaitPause:     {"pause", "until a signal is handled"},
	WaitSuspend:   {"sigsuspend", "until a signal is handled, with a mask of its own"},
	WaitFileLock:  {"fcntl_lock", "until a lock on a file is free"},
}

// InCall reports whether it is a call of a mechanism that sleeps, and not the lab or
// a clock that lets the process sleep.
func (w Wait) InCall() bool {
	return w != WaitNone && w != WaitSleep && w != WaitGate && w != WaitOther
}

// Flags of an event.
type Flags uint16

// The flags.
const (
	Open      Flags = 1 << iota // the call's outcome is unknown: its process was killed within it
	Settles                     // tells the outcome of an Open event with the same Msg, by counting at the other end
	Stopped                     // the call was cut off because the run ended: no fault
	Paced                       // made under Step or Slow: its duration means nothing
	Torn                        // the bytes of one message were not together
	Short                       // less was transferred than asked for
	EOF                         // read returned 0: no writer is left
	Conflict                    // the value stored was worked out from one that is no longer there
	User                        // asked for by the person at the page or at the command line
	OwnerDied                   // the lock's owner was killed while holding it
	Discarded                   // the rest of the packet was thrown away by the kernel
	Handler                     // done by a signal handler, while the process was elsewhere
)

var flags = [...]name{
	{"open", "outcome unknown"}, {"settles", "tells the outcome of an open call"},
	{"stopped", "cut off by the end of the run"}, {"paced", "made under Step or Slow"},
	{"torn", "bytes of one message not together"}, {"short", "less than asked for"},
	{"eof", "no writer is left"}, {"conflict", "stored over a newer value"},
	{"user", "asked for by a person"}, {"ownerdied", "the owner died holding the lock"},
	{"discarded", "the rest of the packet is gone"}, {"handler", "done by a signal handler"},
}

// Mode says who decides when the next operation starts.
type Mode uint8

// The modes in which workers run. Replay is not among them: nothing runs then.
const (
	Full Mode = iota // the workers themselves
	Step             // a person
	Slow             // the lab, some operations a second, in a seeded order
	modeEnd
)

var modes = [modeEnd]name{
	Full: {"full", "gates open: rates and latencies mean something"},
	Step: {"step", "every worker waits until it is let go"},
	Slow: {"slow", "the lab lets one go at a time"},
}

// A name is how a number of one of the enumerations above is written.
type name struct{ name, gloss string }

func nameOf[T ~uint8](table []name, v T) string {
	if int(v) >= len(table) || table[v].name == "" && v != 0 {
		return "?"
	}
	return table[v].name
}

func (k Kind) String() string { return nameOf(kinds[:], k) }
func (c Call) String() string { return nameOf(calls[:], c) }
func (f Fact) String() string { return nameOf(facts[:], f) }
func (w Wait) String() string { return nameOf(waits[:], w) }
func (m Mode) String() string { return nameOf(modes[:], m) }

// Names lists the set flags.
func (f Flags) Names() []string {
	var s []string
	for i, n := range flags {
		if f&(1<<i) != 0 {
			s = append(s, n.name)
		}
	}
	return s
}

// Effect is the moment, in ns since the epoch, at which an event can have had its
// effect on others: givers from when their call began, takers when it returned.
// Sorting by the time of return alone puts receives before their sends.
func (e *Event) Effect() int64 {
	switch e.Kind {
	case Send, Store, Unlock, Signal, Block:
		return e.At
	}
	return e.At + e.Dur
}

// Time gives At as a duration since the run's epoch.
func (e *Event) Time() time.Duration { return time.Duration(e.At) }

// Message names the n-th message of a process; Sender and Number undo it.
func Message(proc int, n uint64) uint64 { return uint64(proc)<<40 | n&(1<<40-1) }

// Sender gives the process that a message came from, counted from 1.
func Sender(msg uint64) int { return int(msg >> 40) }

// Number gives the place of a message among those of its sender, from 1.
func Number(msg uint64) uint64 { return msg & (1<<40 - 1) }

// Is reports whether an event tells that fact.
func (e *Event) Is(f Fact) bool { return e.Kind == State && Fact(e.Call) == f }

// Word is the value that an event carries.
func (e *Event) Word() uint64 { return binary.LittleEndian.Uint64(e.Data[:]) }

// End is when the call returned, in ns since the run's epoch.
func (e *Event) End() int64 { return e.At + e.Dur }
