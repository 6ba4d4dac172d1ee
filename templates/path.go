package templates

import (
	"fmt"

	"ipclab/lessons"
)

// LessonsData is the list of all lessons.
type LessonsData struct {
	Page
	Lessons     *lessons.Catalogue
	Unavailable map[string]string // by lesson: why it cannot run here
}

// pathLesson is what path.js knows of a lesson.
type pathLesson struct {
	ID      string   `json:"id"`
	Number  string   `json:"number"`
	Title   string   `json:"title"`
	Minutes int      `json:"minutes"`
	Hash    string   `json:"hash"`
	Steps   []string `json:"steps"`
}

func pathLessons(c *lessons.Catalogue) []pathLesson {
	all := []pathLesson{}
	if c == nil {
		return all
	}
	for _, l := range c.Lessons {
		one := pathLesson{l.ID, l.Number, l.Title, l.Minutes, l.Hash, nil}
		for _, s := range l.Steps {
			one.Steps = append(one.Steps, s.ID)
		}
		all = append(all, one)
	}
	return all
}

func (d LessonsData) script() any {
	return struct {
		Page
		Lessons []pathLesson `json:"lessons"`
	}{d.Page, pathLessons(d.Lessons)}
}

func (d HomeData) script() any {
	return struct {
		HomeData
		Lessons []pathLesson `json:"lessons"`
	}{d, pathLessons(d.Lessons)}
}

// untested invites to a test: "L03 · about 5 minutes · not tested by you".
func untested(s lessons.Sentence) string {
	minutes := (s.Lesson.Minutes + len(s.Lesson.Steps) - 1) / len(s.Lesson.Steps)
	return fmt.Sprintf("%s · about %s · not tested by you", s.Lesson.Number, plural(minutes, "minute"))
}

// spelled writes a small number as it begins a sentence.
func spelled(n int) string {
	words := []string{"No", "One", "Two", "Three", "Four", "Five", "Six"}
	if n < len(words) {
		return words[n]
	}
	return digits(n)
}
