package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"ipclab/lab"
	"ipclab/templates"
)

// strict reads exactly one JSON value that has no fields but those of v.
func strict(d *json.Decoder, v any) error {
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more after the value")
	}
	return nil
}

func sayJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// refused is how an error looks to a page.
type refused struct {
	Error string       `json:"error"`
	Asked *int64       `json:"asked,omitempty"`
	Left  *int64       `json:"left,omitempty"`
	Limit any          `json:"limit,omitempty"` // the nearest that is allowed, or where the bound comes from
	Fits  lab.Settings `json:"fits,omitempty"`  // settings that would do
}

func sayError(w http.ResponseWriter, status int, err error) {
	out := refused{Error: err.Error()}
	if e := new(lab.Budget); errors.As(err, &e) {
		out.Asked, out.Left, out.Limit = &e.Asked, &e.Left, e.Limit
	}
	if e := new(boundError); errors.As(err, &e) {
		out.Asked, out.Limit, out.Fits = &e.asked, e.near, lab.Settings{e.knob: e.near}
	}
	if e := new(fitError); errors.As(err, &e) {
		out.Fits = e.fits
	}
	sayJSON(w, status, out)
}

// problem is the page that says why there is no other.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, status int, title string, text ...string) {
	s.show(w, r, status, templates.Problem(templates.ProblemData{Page: s.page(r), Title: title, Text: text,
		Links: []templates.Link{{Text: "Go Home", URL: "/"}}}))
}
