package lessons

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"ipclab/lab"
)

//go:embed [0-9][0-9]*.md misconceptions.yaml path.yaml manpages.txt
var files embed.FS

// A Catalogue is all lessons that ipclab brings along, in the order in which they
// are taught.
type Catalogue struct {
	Lessons        []*Lesson
	Chapters       []Chapter
	Misconceptions []Misconception
	Sentences      []Sentence
}

// A Sentence is what people say and write, and the step of a lesson that tests it.
type Sentence struct {
	Says   string // "A full pipe loses data."
	Asks   string // what makes one want to know
	Found  string // what the step shows
	Lesson *Lesson
	Step   *Step
}

// A Chapter is a part of the learning path.
type Chapter struct {
	Letter  string
	Title   string
	Lessons []*Lesson
}

// A Misconception is what students often say, and what is so.
type Misconception struct {
	ID   string `json:"id"`
	Says string `json:"says"`
	So   string `json:"so"`
}

// Shipped reads the lessons that ipclab brings along, and checks them against the
// labs that there are.
func Shipped(all []lab.Mechanism) (*Catalogue, error) {
	ls, problems := readShipped()
	problems = append(problems, Check(ls, all)...)
	if wrong := problems.Errors(); len(wrong) > 0 {
		return nil, fmt.Errorf("read the lessons: %w", wrong)
	}
	c := &Catalogue{Misconceptions: misconceptions()}
	for _, ch := range path().Chapters {
		chapter := Chapter{Letter: ch.Letter, Title: ch.Title}
		for _, id := range ch.Lessons {
			i := slices.IndexFunc(ls, func(l *Lesson) bool { return l.ID == id })
			if i < 0 {
				return nil, fmt.Errorf("read the learning path: there is no lesson %q for chapter %s", id, ch.Letter)
			}
			chapter.Lessons = append(chapter.Lessons, ls[i])
		}
		c.Lessons = append(c.Lessons, chapter.Lessons...)
		c.Chapters = append(c.Chapters, chapter)
	}
	if n := len(ls) - len(c.Lessons); n != 0 {
		return nil, fmt.Errorf("read the learning path: it names %d of %d lessons; add the id of each to lessons/path.yaml", len(c.Lessons), len(ls))
	}
	for _, s := range path().Sentences {
		one := Sentence{Says: s.Says, Asks: s.Asks, Found: s.Found, Lesson: c.Find(s.Lesson)}
		if one.Lesson != nil {
			one.Step = one.Lesson.Step(s.Step)
		}
		if one.Step == nil {
			return nil, fmt.Errorf("read the learning path: no step %q of a lesson %q tests the sentence %q", s.Step, s.Lesson, s.Says)
		}
		c.Sentences = append(c.Sentences, one)
	}
	return c, nil
}

// Find gives the lesson with that id; nil if there is none.
func (c *Catalogue) Find(id string) *Lesson {
	return c.first(func(l *Lesson) bool { return l.ID == id })
}

// Numbered gives the lesson with that number, as L03; nil if there is none.
func (c *Catalogue) Numbered(number string) *Lesson {
	return c.first(func(l *Lesson) bool { return l.Number == number })
}

func (c *Catalogue) first(is func(*Lesson) bool) *Lesson {
	if i := slices.IndexFunc(c.Lessons, is); i >= 0 {
		return c.Lessons[i]
	}
	return nil
}

// Next gives the lesson after one; nil after the last.
func (c *Catalogue) Next(l *Lesson) *Lesson {
	if i := slices.Index(c.Lessons, l); i >= 0 && i+1 < len(c.Lessons) {
		return c.Lessons[i+1]
	}
	return nil
}

// Chapter gives the chapter of a lesson.
func (c *Catalogue) Chapter(l *Lesson) Chapter {
	for _, ch := range c.Chapters {
		if slices.Contains(ch.Lessons, l) {
			return ch
		}
	}
	return Chapter{}
}

// Misconception gives the one with that id.
func (c *Catalogue) Misconception(id string) Misconception {
	for _, m := range c.Misconceptions {
		if m.ID == id {
			return m
		}
	}
	return Misconception{ID: id}
}

// Recall gives up to two questions from earlier lessons: of the one before, and of
// those three and seven before, as what is asked again later is kept longer.
func (c *Catalogue) Recall(l *Lesson) (qs []*Question) {
	at := slices.Index(c.Lessons, l)
	for _, back := range []int{1, 3, 7} {
		if at-back < 0 || len(qs) == 2 {
			break
		}
		if all := c.Lessons[at-back].reflections(); len(all) > 0 {
			qs = append(qs, all[back%len(all)])
		}
	}
	return qs
}

func (l *Lesson) reflections() (all []*Question) {
	for _, s := range l.Steps {
		all = append(all, s.Reflect...)
	}
	return all
}

// shippedFiles reads the embedded lessons, for their ids and what they need; this
// does not check them.
func shippedFiles() []*Lesson {
	ls, _ := readShippedOnce()
	return ls
}

var readShippedOnce = sync.OnceValues(readShipped)

func readShipped() (ls []*Lesson, found Problems) {
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".md") {
			continue
		}
		src, _ := files.ReadFile(e.Name())
		l, problems := Parse("lessons/"+e.Name(), src)
		found = append(found, problems...)
		if l != nil {
			ls = append(ls, l)
		}
	}
	return ls, found
}

var misconceptions = sync.OnceValue(func() (all []Misconception) {
	must(yaml.UnmarshalWithOptions(embedded("misconceptions.yaml"), &all, yaml.Strict()))
	return all
})

type learningPath struct {
	Chapters []struct {
		Letter, Title string
		Lessons       []string
	}
	Sentences []struct{ Says, Asks, Found, Lesson, Step string }
}

var path = sync.OnceValue(func() (all learningPath) {
	must(yaml.UnmarshalWithOptions(embedded("path.yaml"), &all, yaml.Strict()))
	return all
})

var manuals = sync.OnceValue(func() []string { return strings.Fields(string(embedded("manpages.txt"))) })

// embedded reads a file that is part of the program.
func embedded(name string) []byte {
	b, err := files.ReadFile(name)
	must(err)
	return b
}

// must is for what tests make sure of: these files are part of the program.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("lessons: %v", err))
	}
}
