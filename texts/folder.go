package texts

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/store"
)

// inputsOf returns the inputs that a name stands for, in order.
func inputsOf(name string, stdin io.Reader, o Options) (inputs []*input, err error) {
	if store.IsURL(name) {
		inputs, err := inStore(name, o)
		if err != nil {
			return nil, fmt.Errorf("texts: open %s: %w", name, err)
		}
		return inputs, nil
	}
	names, err := expand(name, o.Format)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		in, err := newInput(name, stdin, o.Format)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

// expand returns the files that a name stands for, in order.
func expand(name string, format Format) ([]string, error) {
	var found []string
	matches, err := glob(name)
	if err != nil {
		return nil, fmt.Errorf("texts: open %s: %w", name, err)
	}
	for _, match := range matches {
		info, err := os.Stat(match)
		if match == "-" || err != nil || !info.IsDir() { // newInput names the fault
			found = append(found, match)
			continue
		}
		inside, err := walk(match, format)
		if err == nil && len(inside) == 0 {
			err = errNoTexts()
		}
		if err != nil {
			return nil, fmt.Errorf("texts: open %s: %w", match, files.Bare(err))
		}
		found = append(found, inside...)
	}
	return found, nil
}

func errNoTexts() error {
	return fmt.Errorf("the folder has no file whose name ends in %s, or in one of these with .gz or .zst", strings.Join(knownSuffixes(), ", "))
}

func knownSuffixes() []string {
	var list []string
	for name := range suffixes {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// glob returns what a pattern matches, sorted, without hidden names unless the
// pattern names them; or the name itself, if it is no pattern or there is a file
// of that name.
func glob(name string) ([]string, error) {
	if !strings.ContainsAny(name, "*?[") {
		return []string{name}, nil
	}
	if _, err := os.Lstat(name); err == nil {
		return []string{name}, nil
	}
	matches, err := filepath.Glob(name)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(filepath.Base(name), ".") {
		matches = slices.DeleteFunc(matches, func(m string) bool { return hidden(filepath.Base(m)) })
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("no file matches the pattern")
	}
	return matches, nil
}

// hidden tells whether a folder's file is passed over: Spark and others begin
// the names of their own notes with _.
func hidden(name string) bool { return name[0] == '.' || name[0] == '_' }

// walk returns the files in and below a folder. Links to files are followed,
// links to folders are not.
func walk(dir string, format Format) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case hidden(e.Name()):
		case e.IsDir():
			inside, err := walk(path, format)
			if err != nil {
				return nil, err
			}
			found = append(found, inside...)
		default:
			info, err := os.Stat(path)
			if err != nil {
				return nil, err
			}
			_, known := suffixes[suffix(e.Name())]
			if info.Mode().IsRegular() && (known || format != Auto) {
				found = append(found, path)
			}
		}
	}
	return found, nil
}

// OneFile refuses a name that does not stand for one file of this machine, or standard
// input: a folder, a pattern, an object store's address. A file that is missing passes.
func OneFile(name string) error {
	info, err := os.Stat(name)
	switch {
	case store.IsURL(name):
		return fmt.Errorf("texts: open %s: it is not on this machine: copy the file here first", name)
	case err == nil && info.IsDir():
		return fmt.Errorf("texts: open %s: it is a folder: give one file, such as data.jsonl, data.csv, data.tsv or data.parquet", name)
	case err != nil && strings.ContainsAny(name, "*?["):
		return fmt.Errorf("texts: open %s: it is a pattern: give one file", name)
	}
	return nil
}
