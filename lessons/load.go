package lessons

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ipclab/lab"
)

// experimentsFile is the name of a file of experiments, in the folder of its mechanism.
const experimentsFile = "experiments.md"

// Load reads lessons and experiments: files, or folders, of which it takes every
// Markdown file with front matter, but for folders named testdata or .something. The
// error says what is not there.
func Load(paths ...string) (ls []*Lesson, found Problems, err error) {
	for _, path := range paths {
		var files []string
		err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && file != path && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			if err == nil && (file == path && !d.IsDir() || filepath.Ext(file) == ".md" && d.Type().IsRegular()) {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
		}
		for _, file := range files {
			src, err := read(file)
			if err != nil {
				return nil, nil, err
			}
			if file != path && !strings.HasPrefix(string(src), "---") {
				continue // a page, not a lesson
			}
			l, problems := parse(file, src, filepath.Base(file) == experimentsFile)
			found = append(found, problems...)
			if l != nil {
				ls = append(ls, l)
			}
		}
	}
	return ls, found, nil
}

// read takes no more of a file than it needs to see that it is too large.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it is no file with text", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Embedded gives the lessons that ipclab brings along, and the experiments of the
// mechanisms, read but not checked.
func Embedded(all []lab.Mechanism) ([]*Lesson, Problems) {
	ls, found := readShipped()
	for _, m := range all {
		info := m.Info()
		l, problems := ParseExperiments("mechanisms/"+info.ID+"/"+experimentsFile, []byte(info.Experiments))
		found = append(found, problems...)
		if l != nil {
			ls = append(ls, l)
		}
	}
	return ls, found
}
