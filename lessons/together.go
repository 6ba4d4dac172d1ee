package lessons

import (
	"regexp"
	"slices"
	"strings"
)

// knownLessons gives the ids of these lessons and of those that ipclab brings along.
func knownLessons(ls []*Lesson) (ids []string) {
	for _, l := range append(slices.Clone(ls), shippedFiles()...) {
		if l.ID != "" && !slices.Contains(ids, l.ID) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// together looks at what only several lessons can have wrong: an id twice, and
// lessons that need each other.
func together(ls []*Lesson) Problems {
	var found Problems
	add := func(l *Lesson, key string, format string, a ...any) {
		c := &examiner{findings: findings{file: l.File}, source: l.src}
		c.errorf(c.key(key), format, a...)
		found = append(found, c.findings.all...)
	}
	ids, numbers, all := map[string]*Lesson{}, map[string]*Lesson{}, map[string]*Lesson{}
	for _, l := range shippedFiles() {
		all[l.ID] = l
	}
	for _, l := range ls {
		if l.Apart {
			continue
		}
		if other := ids[l.ID]; other != nil && l.ID != "" {
			add(l, "id", "%s has the id %s already", other.File, l.ID)
		}
		if other := numbers[l.Number]; other != nil && l.Number != "" {
			add(l, "number", "%s has the number %s already", other.File, l.Number)
		}
		ids[l.ID], numbers[l.Number], all[l.ID] = l, l, l
	}
	for _, l := range ls {
		for _, n := range l.Needs {
			if way := wayBack(all, n, l.ID, map[string]bool{}); way != nil {
				add(l, "needs "+n, "lessons need each other in a circle: %s needs %s", l.ID, strings.Join(way, " needs "))
				break
			}
		}
	}
	return found
}

// wayBack follows what lessons need from one to another, and names those between.
func wayBack(all map[string]*Lesson, from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] || all[from] == nil {
		return nil
	}
	seen[from] = true
	for _, n := range all[from].Needs {
		if way := wayBack(all, n, to, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

var coresForm = regexp.MustCompile(`^cores *>= *[1-9][0-9]{0,2}$`)

// canRequire tells whether such a thing can be required; a machine may not have it.
func canRequire(r string) bool {
	return coresForm.MatchString(r) || slices.Contains(Requirements, r) && !strings.Contains(r, ">=")
}
