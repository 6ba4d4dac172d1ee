package lessons

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"ipclab/lab"
)

//go:embed skeleton.md.tmpl
var skeletonText string

var skeleton = template.Must(template.New("lesson").Parse(skeletonText))

// Format tells people who write lessons all that may stand in one.
//
//go:embed guide/format.md
var Format string

// Skeleton is a small lesson on a lab that checks and holds: what one begins with.
func Skeleton(id string, m lab.Mechanism) (string, error) {
	if !ident.MatchString(id) {
		return "", fmt.Errorf("id %q: use small letters, digits and hyphens, as in %s", id, slug(id))
	}
	info := m.Info()
	set, err := info.Complete(nil)
	if err != nil {
		return "", fmt.Errorf("settings of %s: %w", info.ID, err)
	}
	scene := m.Scene(set)
	title := strings.ToUpper(id[:1]) + strings.ReplaceAll(id[1:], "-", " ")
	var b strings.Builder
	err = skeleton.Execute(&b, map[string]any{
		"ID": id, "Title": title, "Lab": info.ID, "Knob": info.Knobs[0].Name,
		"First": scene.Procs[0].Role, "Last": scene.Procs[len(scene.Procs)-1].Role,
	})
	return b.String(), err
}
