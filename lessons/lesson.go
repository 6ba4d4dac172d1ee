// Package lessons reads lessons, performs them on real processes and checks what
// they say on the very run that they speak of.
//
// # Format
//
// A lesson is a Markdown file with YAML front matter. A heading "## Title {#id}"
// starts a step. Blocks stand between ":::name arguments" and ":::":
//
//	hook                      the question of the lesson, one for each
//	predict ID [KIND]         a question, and a task list of answers; KIND is multi,
//	                          order, or number ±n. [x] is right; {PI-2} names the
//	                          misconception behind a wrong answer, and
//	                          {PI-2: pipe.bytes == 65536} what would have to be so
//	do                        what is done to the processes, one command a line
//	claim [ID] [MODIFIERS]    what must hold then, one expression a line; MODIFIERS
//	                          are show, usually K/N, within D, hold D, requires X
//	explain                   why it is so
//	reflect                   a question for later, with a task list of answers
//	terminal                  commands to try in a shell; {writer.pid} is filled in
//	modify KNOB…              a task, and the knobs that it needs
//	note                      for the lecturer only
//	ref                       man pages: "pipe(7): Pipe capacity"
//
// All else is prose. No raw HTML is passed through. Nothing but the verbs of do is
// ever carried out.
//
// A file of experiments has the same form. Each step is one experiment, which
// begins anew; its heading also gives its number: "## Title {#full P1}".
package lessons

import (
	"time"

	"ipclab/lab"
)

// A Lesson is one file.
type Lesson struct {
	File   string // as it was named to the reader, for messages
	Hash   string // of its text: answers to another text are marked as such
	ID     string
	Number string // "L03"
	Title  string

	Mechanism string // what it teaches
	Lab       string // whose workers it runs; the mechanism, if it does not say
	Level     int
	Minutes   int
	Needs     []string // lessons that come before
	Requires  []string // what the machine must have: see Unmet
	Params    lab.Settings
	Mode      lab.Mode // full, if it does not say
	Pace      float64

	Misconceptions []string
	Hook           Prose
	Intro          Prose
	Steps          []*Step

	Apart bool // a file of experiments: every step begins anew, with the defaults

	src *source // as it was written: what messages point at
}

// Step gives the step with that id; nil if there is none.
func (l *Lesson) Step(id string) *Step {
	for _, s := range l.Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// A Step is one thing to predict, see and understand.
type Step struct {
	Lesson *Lesson
	ID     string
	Number string // of an experiment: "P1"
	Title  string
	Line   int

	Prose    Prose
	Predict  *Question
	Do       []Command
	Claims   []*Claim
	Explain  Prose
	Reflect  []*Question
	Terminal []TerminalLine
	Modify   Prose
	Knobs    []string // those that the task needs
	Note     Prose
	Refs     []Ref
}

// A Question has one right answer, unless its kind says otherwise.
type Question struct {
	ID      string
	Kind    QuestionKind
	Line    int
	Text    Prose
	Options []*Option // of Order: in the right order

	Number, Within float64 // of Number: the answer, and how far off is still right
}

// QuestionKind says how a question is answered.
type QuestionKind string

// One right answer, several, a right order, a number.
const (
	Choice QuestionKind = "choice"
	Multi  QuestionKind = "multi"
	Order  QuestionKind = "order"
	Number QuestionKind = "number"
)

// An Option is one answer.
type Option struct {
	Letter         string // "A"
	Right          bool
	Line           int
	Text           Prose
	Misconceptions []string
	Wrong          *Expr // what would hold if this answer were right: it must not; nil if it says nothing
}

// A Command is one line of a do block.
type Command struct {
	Line   int
	Text   string // as written
	Verb   Verb
	Action string        // of Act: in the words of lab.Action
	Role   string        // of Gate, Explore with Kill
	Point  string        // of Gate: which gate
	For    time.Duration // of Wait: at most; of RunFor: exactly
	Cond   *Expr         // of Wait
	Name   string        // of Mark
	N      int           // of Repeat; of Step: how many operations
	Turns  []Turn        // of Explore: whose operations
	Kill   bool          // of Explore: kill Role at each of its gates instead
}

// A Turn names one worker's operations that are put in every order.
type Turn struct {
	Role   string
	Points []string // gates before which it waits
}

// Verb says what a command does.
type Verb string

// The verbs. Act is whatever a run does by itself: set, signal, kill, mode, pace,
// pause, resume, pin, reap.
const (
	Act     Verb = "act"
	Begin   Verb = "start" // and restart: new processes, with all that was set so far
	End     Verb = "stop"
	RunFor  Verb = "run"
	Wait    Verb = "wait"
	Mark    Verb = "mark"
	Gate    Verb = "gate" // let a worker go on until it waits at that gate
	StepOne Verb = "step"
	Explore Verb = "explore"
	Repeat  Verb = "repeat" // do all that follows N times; the claims see every time
)

// A Claim is one expression that must hold.
type Claim struct {
	*Expr
	Of          string // the question that it answers
	Kind        ClaimKind
	Least, Runs int // of Usually: at least Least of Runs
	Within      time.Duration
	Hold        time.Duration
	Requires    []string
}

// ClaimKind says what follows if a claim does not hold.
type ClaimKind string

// Must: the lesson is wrong, or the program is. Usually: so many of so many runs.
// Show: nothing; the number is told.
const (
	Must    ClaimKind = "must"
	Usually ClaimKind = "usually"
	Show    ClaimKind = "show"
)

// A TerminalLine is a command to try, with what it is for.
type TerminalLine struct {
	Line    int
	Command string // {writer.pid} is filled in on the page
	Gloss   string
}

// A Ref names a manual page and its sections.
type Ref struct {
	Line     int
	Page     string // "pipe(7)"
	Sections string
}

// Prose is text in blocks.
type Prose []Block

// A Block is a paragraph, a heading, a list, a table, a quote or code.
type Block struct {
	Kind  BlockKind
	Text  []Inline     // of Para and Head
	Items []Prose      // of List, Numbered and Quote
	Code  string       // of Code
	Rows  [][][]Inline // of Table; the first is its head
}

// BlockKind names a kind of block.
type BlockKind string

// The kinds of blocks.
const (
	Para     BlockKind = "p"
	Head     BlockKind = "h"
	List     BlockKind = "ul"
	Numbered BlockKind = "ol"
	Quote    BlockKind = "quote"
	Code     BlockKind = "pre"
	Table    BlockKind = "table"
)

// An Inline is a stretch of text in one style.
type Inline struct {
	Style Style
	Text  string
	Link  string // an address within ipclab, or https
}

// Style is how a stretch of text is set.
type Style string

// The styles.
const (
	Plain  Style = ""
	Strong Style = "b"
	Em     Style = "em"
	Mono   Style = "code"
)
