// Package templates renders the pages: each is a component that takes its data.
//
// A page holds what can be read without a script; what moves is drawn by the
// modules under static/js, which find their data in the one element
// <script type="application/json" id="data">.
package templates

import (
	"encoding/json"
	"strconv"

	"ipclab/lab"
	"ipclab/lessons"
)

// Assets knows the addresses of styles and modules; *static.Files is one.
type Assets interface {
	URL(name string) string
	ImportMap() json.RawMessage
	Modules(entry string) []string
}

// Page is what every page has in common.
type Page struct {
	Assets Assets `json:"-"`
	Role   string `json:"role"` // "presenter", who may act, or "viewer"
}

// HomeData is what Home shows.
type HomeData struct {
	Page
	Mechanisms []Tile `json:"-"`               // in teaching order
	Run        string `json:"run,omitempty"`   // the shared live pipe, "" if there can be none
	NoRun      string `json:"noRun,omitempty"` // why there is none
	Kernel     string `json:"-"`               // "Linux 6.18.44 x86_64"
	CPUs       int    `json:"-"`
	Root       bool   `json:"-"`

	Lessons *lessons.Catalogue `json:"-"` // those that ipclab brings along
}

// Tile is one mechanism on Home.
type Tile struct {
	Info        lab.Info
	Unavailable string // why it cannot run here, "" if it can
}

// Runs counts the mechanisms that can run here.
func (d HomeData) Runs() (n int) {
	for _, t := range d.Mechanisms {
		if t.Unavailable == "" {
			n++
		}
	}
	return n
}

// BenchData is what the bench needs to start or join a run.
type BenchData struct {
	Page
	Info        BenchInfo       `json:"info"`
	Unavailable string          `json:"unavailable,omitempty"` // why it cannot run here
	Run         string          `json:"run,omitempty"`         // a run to join
	Experiment  string          `json:"experiment,omitempty"`  // or one to start
	Rates       map[string]Rate `json:"rates,omitempty"`       // by experiment ID
}

// BenchInfo is a mechanism with its experiments.
type BenchInfo struct {
	lab.Info
	Experiments []lessons.Experiment `json:"experiments"`
}

// Rate tells how often an experiment came out as it says on this machine.
type Rate struct {
	Held int `json:"held"`
	Runs int `json:"runs"`

	Miss  string `json:"miss,omitempty"`  // why it did not, the last time that it did not
	Shown string `json:"shown,omitempty"` // the numbers that it told last
}

// PlayerData is what the player of recordings shows. Files are read by the browser.
type PlayerData struct {
	Page
	Recording string `json:"recording,omitempty"` // the address of one to open at once
}

// LessonData is one lesson. Its steps are in the page as text; what the modules need
// besides is made of it by lessonScript.
type LessonData struct {
	Page
	Lesson         *lessons.Lesson                  `json:"-"`
	Chapter        string                           `json:"-"`                     // "A · Processes and streams"
	Needs          []Link                           `json:"-"`                     // lessons that come before: {"L02", "/lessons/pipe-ends"}
	Next           *Link                            `json:"-"`                     // the lesson after this one; nil after the last
	Recall         []*lessons.Question              `json:"-"`                     // from earlier lessons
	Misconceptions map[string]lessons.Misconception `json:"misconceptions"`        // by ID, those of this lesson
	Unavailable    string                           `json:"unavailable,omitempty"` // why it cannot run here: then recordings are played
	Info           lab.Info                         `json:"info"`                  // of the lab whose workers it runs
}

// DoctorData is the machine's page; the checks come from GET /machine.
type DoctorData struct {
	Page
	Kernel string
	CPUs   int
	User   string
}

// ProblemData is a page that says why there is no other.
type ProblemData struct {
	Page
	Title string   // "There is no run brick-12"
	Text  []string // paragraphs: the cause, then what to do
	Links []Link   // the first is the primary action
}

// Link leads somewhere.
type Link struct{ Text, URL string }

func digits(n int) string { return strconv.Itoa(n) }

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return strconv.Itoa(n) + " cores"
}

func user(root bool) string {
	if root {
		return "root"
	}
	return "no root"
}
