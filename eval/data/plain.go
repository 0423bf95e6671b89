package data

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A PlainSet is a data set of the plain form: its files by what their names say before
// the suffix, "" where it is a file itself.
type PlainSet struct {
	Files map[string]string
	Err   error // two files of one name, or a link that leads nowhere
}

// PlainSets returns the data sets in dir by name: files, or folders of files if nested.
// A dir that is not there has none. Links are followed.
func PlainSets(dir string, nested bool) (map[string]PlainSet, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sets := map[string]PlainSet{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		name := e.Name()
		if suffix := Suffix(name); suffix != "" && !nested {
			name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), suffix)
		} else if !nested {
			continue
		}
		info, err := os.Stat(path)
		switch before, again := sets[name]; {
		case err != nil:
			sets[name] = PlainSet{Err: err}
		case info.IsDir() != nested:
		case again && before.Err == nil:
			sets[name] = PlainSet{Err: both([]string{before.Files[""], path})}
		case nested:
			sets[name] = oneFolder(path)
		case !again:
			sets[name] = PlainSet{Files: map[string]string{"": path}}
		}
	}
	return sets, nil
}

// oneFolder returns the data set whose files are in dir.
func oneFolder(dir string) PlainSet {
	parts, err := PlainSets(dir, false)
	if err != nil {
		return PlainSet{Err: err}
	}
	out := PlainSet{Files: map[string]string{}}
	for name, one := range parts {
		out.Err = errors.Join(out.Err, one.Err)
		out.Files[name] = one.Files[""]
	}
	return out
}
