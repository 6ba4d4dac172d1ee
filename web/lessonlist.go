package web

import (
	"net/http"

	"ipclab/templates"
)

// lessonList shows all lessons.
func (s *Server) lessonList(w http.ResponseWriter, r *http.Request) {
	d := templates.LessonsData{Page: s.page(r), Lessons: s.lessons, Unavailable: map[string]string{}}
	for _, l := range s.lessons.Lessons {
		if why := s.cannot(l); why != "" {
			d.Unavailable[l.ID] = why
		}
	}
	s.show(w, r, http.StatusOK, templates.Lessons(d))
}
