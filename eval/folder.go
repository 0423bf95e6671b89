package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folderTasks returns the tasks of one folder of the folder form.
func folderTasks(dir string, f folder) ([]Task, error) {
	sets, err := dataSets(filepath.Join(dir, f.name), f.nested)
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		known, ok := counted[f.name+"/"+name]
		path := filepath.Join(dir, f.name, name)
		err := sets[name].err
		var t Task
		if err == nil {
			if t, err = f.build(sets[name].files, known, name); err != nil {
				err = fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
			}
		}
		if err != nil {
			t = Task{run: failing(err)}
		}
		t.Name, t.Column, t.Official, t.Extra, t.form, t.path = name, f.column, known.official, !ok, "folder", path
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// A dataSet of the folder form: its files by what their names say before the suffix, ""
// where it is a file itself.
type dataSet struct {
	files map[string]string
	err   error // two files of one name, or a link that leads nowhere
}

// dataSets returns the data sets in dir by name. A dir that is not there has none. Links
// are followed.
func dataSets(dir string, nested bool) (map[string]dataSet, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sets := map[string]dataSet{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		name := e.Name()
		if suffix := plainSuffix(name); suffix != "" && !nested {
			name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), suffix)
		} else if !nested {
			continue
		}
		info, err := os.Stat(path)
		switch before, again := sets[name]; {
		case err != nil:
			sets[name] = dataSet{err: err}
		case info.IsDir() != nested:
		case again && before.err == nil:
			sets[name] = dataSet{err: both([]string{before.files[""], path})}
		case nested:
			sets[name] = oneFolder(path)
		case !again:
			sets[name] = dataSet{files: map[string]string{"": path}}
		}
	}
	return sets, nil
}

// oneFolder returns the data set whose files are in dir.
func oneFolder(dir string) dataSet {
	parts, err := dataSets(dir, false)
	if err != nil {
		return dataSet{err: err}
	}
	out := dataSet{files: map[string]string{}}
	for name, one := range parts {
		out.err = errors.Join(out.err, one.err)
		out.files[name] = one.files[""]
	}
	return out
}
