package lessons

// The names that claims may use. Each has its name, what it says, where the value
// comes from, and the words that it may be, in the tags beside it: the one table for
// the checks, the marks in reports and the list of words.
//
// ● is read from the kernel or from the object itself, ○ is worked out from the calls
// that the workers recorded.

// totals are of the whole run.
type totals struct {
	Sent       int     `expr:"sent" from:"○ calls" says:"messages, signals or updates given by all processes"`
	Received   int     `expr:"received" from:"○ calls" says:"messages or signals taken by all processes"`
	Lost       int     `expr:"lost" from:"○ calls and kernel" says:"given, and neither taken nor still on the way"`
	Duplicated int     `expr:"duplicated" from:"○ contents" says:"messages read twice"`
	Reordered  int     `expr:"reordered" from:"○ contents" says:"messages of one sender read after a later one"`
	Torn       int     `expr:"torn" from:"○ contents" says:"times that pieces of different messages or updates were found mixed"`
	Counter    int     `expr:"counter" from:"● memory" says:"the shared word that all updates change"`
	Expected   int     `expr:"expected" from:"○ calls" says:"what the counter would be if no update were lost"`
	Dropped    int     `expr:"dropped" from:"○ records" says:"records of the lab that found no room"`
	RunsLost   int     `expr:"runs_lost" from:"○ runs" says:"of the repeated runs, how many lost an update or a message"`
	Zombies    int     `expr:"zombies" from:"● /proc/PID/stat" says:"processes that have ended and were not waited for"`
	Seconds    float64 `expr:"seconds" from:"● clock" says:"since the processes started"`
	Agrees     bool    `expr:"agrees" from:"● and ○" says:"for every part that could be compared, the calls and the kernel say the same"`
	Sampled    bool    `expr:"sampled" from:"○ records" says:"only some of the calls were recorded, because there were too many"`

	Schedules []*scheduleValue `expr:"schedules" from:"○ explore" says:"the orders that were tried"`
	Samples   []*sampleValue   `expr:"samples" from:"○ repeat" says:"the repeated runs"`
	Events    []*event         `expr:"events" from:"○ records" says:"what happened, the oldest first"`
	WaitFor   []*edge          `expr:"waitfor" from:"● /proc/PID/syscall" says:"who sleeps in the kernel until whom"`
}

type (
	scheduleValue = Schedule
	sampleValue   = Sample
)

// functions are asked of the whole run. An empty role means any process.
type functions struct {
	First    func(role, kind string) (*event, error) `expr:"first" from:"○ records" args:"role kind" says:"the first event of that kind"`
	LastOf   func(role, kind string) (*event, error) `expr:"last_of" from:"○ records" args:"role kind" says:"the newest event of that kind"`
	Happened func(role, kind string) (bool, error)   `expr:"happened" from:"○ records" args:"role kind" says:"whether there was such an event"`
	CountOf  func(role, kind string) (int, error)    `expr:"count_of" from:"○ records" args:"role kind" says:"how many such events there were; a call that was cut off is not counted"`
	Before   func(a, b *event) (bool, error)         `expr:"before" from:"○ records" says:"whether one event was over before the other began, or gave what the other took"`
	Since    func(mark string) ([]*event, error)     `expr:"since" from:"○ records" args:"mark" says:"what happened after a mark, the oldest first"`
	At       func(mark string) (float64, error)      `expr:"at" from:"○ records" args:"mark" says:"when a mark was set, in ms since the start"`
	HasCycle func(edges []*edge) bool                `expr:"has_cycle" from:"○ waitfor" says:"whether some processes wait for each other in a ring"`
	Divide   func(a, b any) (float64, error)         `expr:"/" says:"-"`
}

// process is one role: writer, reader, worker2.
type process struct {
	Role          string      `expr:"role" from:"○ scene" says:"its name"`
	PID           int         `expr:"pid" from:"● kernel" says:"its process id"`
	State         string      `expr:"state" from:"● /proc/PID/stat" words:"state" says:"what it does; held is at a gate of the lab"`
	BlockedIn     string      `expr:"blocked_in" from:"● /proc/PID/syscall" words:"place" says:"where it sleeps in the kernel; empty if it does not"`
	Gate          string      `expr:"gate" from:"○ lab" words:"gate" says:"the operation before which the lab holds it; empty if it does not"`
	Sent          int         `expr:"sent" from:"○ calls" says:"messages, signals or updates that it gave"`
	Received      int         `expr:"received" from:"○ calls" says:"messages or signals that it took"`
	BytesSent     int         `expr:"bytes_sent" from:"○ calls" says:"what its writes returned, added up"`
	BytesReceived int         `expr:"bytes_received" from:"○ calls" says:"what its reads returned, added up"`
	Exit          *exit       `expr:"exit" from:"● waitid" says:"how it ended; nil until it was waited for"`
	CPU           float64     `expr:"cpu_ms" from:"● clock_gettime" says:"ms that it was on a processor"`
	Switches      int         `expr:"switches" from:"● /proc/PID/status" says:"how often it gave up the processor by itself, to sleep"`
	Preempted     int         `expr:"preempted" from:"● /proc/PID/status" says:"how often the processor was taken from it"`
	Pending       []string    `expr:"pending" from:"● /proc/PID/status" words:"signal" says:"signals that wait in the kernel to be taken"`
	Blocked       []string    `expr:"blocked_signals" from:"● /proc/PID/status" words:"signal" says:"signals that stay pending"`
	Ignored       []string    `expr:"ignored_signals" from:"● /proc/PID/status" words:"signal" says:"signals that do nothing"`
	Caught        []string    `expr:"caught_signals" from:"● /proc/PID/status" words:"signal" says:"signals that have a handler"`
	SigQ          int         `expr:"sigq" from:"● /proc/PID/status" says:"signals queued for all processes of this user"`
	Torn          int         `expr:"torn" from:"○ contents" says:"operations in which it found pieces of different messages or updates mixed"`
	ReadsIO       int         `expr:"reads_io" from:"● /proc/PID/io" says:"calls of read and its relatives that the kernel has counted since its work began"`
	WritesIO      int         `expr:"writes_io" from:"● /proc/PID/io" says:"calls of write and its relatives that the kernel has counted since its work began"`
	CallsTotal    int         `expr:"calls_total" from:"○ calls" says:"all its system calls on the mechanism, as calls counts them"`
	FDs           []*openFile `expr:"fds" from:"○ lab" says:"its open descriptors of the mechanism"`

	Calls       func(name string) (int, error)      `expr:"calls" from:"○ calls" args:"call" says:"how often that system call returned, and one more if it sleeps in it or was killed there asleep"`
	Errors      func(name string) (int, error)      `expr:"errors" from:"○ calls" args:"errno" says:"how many of its calls failed with that error"`
	Last        func(name string) (*answer, error)  `expr:"last" from:"○ calls" args:"call" says:"what that system call returned the last time"`
	Taken       func(signal string) (int, error)    `expr:"taken" from:"○ calls" args:"signal" says:"how many such signals it took"`
	SentSignals func(signal string) (int, error)    `expr:"sent_signals" from:"○ calls" args:"signal" says:"how many such signals it sent"`
	Addr        func(part string) (int, error)      `expr:"addr" from:"● mmap" args:"part" says:"the address of a part in its own memory"`
	FD          func(number int) (*openFile, error) `expr:"fd" from:"○ lab" says:"that open descriptor; nil if it has none"`
	Was         func(state string) (bool, error)    `expr:"was" from:"● /proc/PID/stat" args:"state" says:"whether it was ever seen in that state"`
	SleptIn     func(place string) (bool, error)    `expr:"slept_in" from:"● /proc/PID/syscall" args:"place" says:"whether it was ever seen asleep there"`
}

// exit is how a process ended.
type exit struct {
	Code   int    `expr:"code" from:"● waitid" says:"its exit status; -1 if a signal ended it"`
	Signal string `expr:"signal" from:"● waitid" words:"signal" says:"the signal that ended it; empty if none did"`
}

// answer is what a call returned.
type answer struct {
	Want  int    `expr:"want" from:"○ calls" says:"how much it asked for"`
	Bytes int    `expr:"bytes" from:"○ calls" says:"how many bytes it moved"`
	Ret   int    `expr:"ret" from:"○ calls" says:"what it returned; below 0 is an error"`
	Error string `expr:"error" from:"○ calls" words:"errno" says:"the name of its error; empty if there was none"`
}

// openFile is a descriptor.
type openFile struct {
	Number int    `expr:"number" from:"○ lab" says:"the descriptor"`
	Part   string `expr:"part" from:"○ lab" says:"the part that it leads to"`
	How    string `expr:"how" from:"○ lab" words:"how" says:"reads, writes or both"`
	Target string `expr:"target" from:"● /proc/self/fd" says:"what the kernel calls the object"`
}

// event is one thing that happened.
type event struct {
	Kind     string  `expr:"kind" from:"○ records" words:"kind" says:"what happened"`
	Call     string  `expr:"call" from:"○ records" words:"call" says:"by which system call; empty if by none"`
	Role     string  `expr:"role" from:"○ records" words:"role" says:"who did it; empty if the lab"`
	Part     string  `expr:"part" from:"○ records" words:"part" says:"on what"`
	N        int     `expr:"n" from:"○ records" says:"which of its sender's messages or rounds it was about; 0 if none"`
	Want     int     `expr:"want" from:"○ records" says:"how much was asked for, or which signal"`
	Ret      int     `expr:"ret" from:"○ records" says:"what the call returned; below 0 is an error"`
	Bytes    int     `expr:"bytes" from:"○ records" says:"bytes moved by a send or recv"`
	Error    string  `expr:"error" from:"○ records" words:"errno" says:"the name of its error; empty if there was none"`
	Value    int     `expr:"value" from:"○ records" says:"the value loaded, stored, sent or found"`
	AtMS     float64 `expr:"at_ms" from:"○ records" says:"when it began, in ms since the start"`
	DurMS    float64 `expr:"dur_ms" from:"○ records" says:"how long it took, in ms"`
	Torn     bool    `expr:"torn" from:"○ records" says:"pieces of different messages or updates were found mixed"`
	Short    bool    `expr:"short" from:"○ records" says:"less was moved than asked for"`
	EOF      bool    `expr:"eof" from:"○ records" says:"no writer was left"`
	Conflict bool    `expr:"conflict" from:"○ records" says:"the value stored was worked out from one that was no longer there"`
	Died     bool    `expr:"owner_died" from:"○ records" says:"the lock's owner had been killed while it held it"`
	Handler  bool    `expr:"handler" from:"○ records" says:"a signal handler did it, while its process was elsewhere"`
	Paced    bool    `expr:"paced" from:"○ records" says:"the lab let it go: its duration means nothing"`
	Open     bool    `expr:"open" from:"○ records" says:"its process was killed within it"`
	Stopped  bool    `expr:"stopped" from:"○ records" says:"the end of the run cut it off"`

	seq  uint64
	proc uint16
	msg  uint64
	at   int64
	end  int64
}

// edge says that a process sleeps until another does something.
type edge struct {
	From string `expr:"from" from:"● /proc/PID/syscall" words:"role" says:"who sleeps"`
	To   string `expr:"to" from:"○ calls" words:"role" says:"who can wake it"`
	On   string `expr:"on" from:"● /proc/PID/syscall" words:"part" says:"on which part"`
}

// thing is what all parts have.
type thing struct {
	ID     string `expr:"id" from:"○ scene" says:"its name"`
	Object string `expr:"object" from:"● /proc/self/fd" says:"what the kernel calls it"`
	Level  int    `expr:"level" from:"● kernel" says:"what it holds; -1 if that was not asked"`
	Agrees bool   `expr:"agrees" from:"● and ○" says:"the calls and the kernel say the same of it"`
}

// bounded is what parts have that can be full.
type bounded struct {
	Capacity int `expr:"capacity" from:"● kernel" says:"how much it can hold"`
}

type (
	pipe struct {
		thing
		bounded
		Bytes   int `expr:"bytes" from:"● FIONREAD" says:"bytes in it"`
		Pages   int `expr:"pages" from:"○ calls" says:"pages in use: worked out from the calls, as the kernel fills and empties pages"`
		Readers int `expr:"readers" from:"○ lab" says:"living processes that can read from it"`
		Writers int `expr:"writers" from:"○ lab" says:"living processes that can write into it"`
	}
	memory struct {
		thing
		Size     int  `expr:"size" from:"○ lab" says:"its length in bytes: as it was made, or as fstat said since"`
		Blocks   int  `expr:"blocks" from:"● stat" says:"memory that the kernel has given to it, in blocks of 512 bytes; only of an object with a name"`
		Exists   bool `expr:"exists" from:"● stat" says:"its name is there, or the segment itself, if it is one of System V"`
		Attached int  `expr:"attached" from:"● mmap, or /proc/sysvipc/shm" says:"living processes that have mapped it; of a System V segment, how often it is attached"`
		Marked   bool `expr:"marked" from:"● /proc/sysvipc/shm" says:"it is removed with the last detach; only of a System V segment"`
	}
	word struct {
		thing
		Value int `expr:"value" from:"● memory" says:"what stands in it"`
	}
	record struct {
		thing
		Words []int `expr:"words" from:"○ calls" says:"what was stored in each of its words"`
		Torn  bool  `expr:"torn" from:"○ calls" says:"its words are of more than one update"`
	}
	futex struct {
		thing
		Value     int    `expr:"value" from:"● memory" says:"the lock word: the owner's thread id, and the waiters' bit"`
		Owner     string `expr:"owner" from:"● memory" words:"role" says:"whose thread id stands in it; empty if it is free"`
		Sleepers  int    `expr:"sleepers" from:"● /proc/PID/syscall" says:"processes that sleep on it in the kernel"`
		OwnerDied bool   `expr:"owner_died" from:"● memory" says:"an owner died while it held it, and the kernel said so"`
	}
	semaphore struct {
		thing
		Value    int `expr:"value" from:"● semctl" says:"its count"`
		Sleepers int `expr:"sleepers" from:"● /proc/PID/syscall" says:"processes that sleep on it in the kernel"`
	}
	signalSet struct {
		thing
		bounded
		Queued int `expr:"queued" from:"○ calls" says:"signals sent and not yet taken; of a standard one at most one counts"`
	}
	fileLock struct {
		thing
		Owner    string `expr:"owner" from:"● /proc/locks" words:"role" says:"who has it, as the kernel says; empty if it is free"`
		Sleepers int    `expr:"sleepers" from:"● /proc/PID/syscall" says:"processes that sleep until they get it"`
	}
	children struct {
		thing
		Zombies int `expr:"zombies" from:"● /proc/PID/stat" says:"children that have ended and were not waited for"`
	}
)
