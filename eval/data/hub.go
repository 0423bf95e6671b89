package data

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

// A Repo is a repository of the Hub that holds a data set.
type Repo struct {
	Name string // owner/name
	// Revision is the commit that the data set is read from, where data sets of one
	// repository are read from different ones; "" elsewhere.
	Revision string
}

// A Family is a folder that holds several data sets, each in a folder of its own.
type Family struct {
	Folders []string          // names that the folder may have
	Inside  map[string]string // data set by the name of its folder
}

// Known are the data sets of the Hub that are looked for.
type Known struct {
	Repos    map[string]Repo // by data set
	Families []Family
	// Ignored are folders that are no data sets of the Hub, though one may have that name.
	Ignored []string
}

// A Found is a folder that holds a data set of the Hub.
type Found struct {
	Folder string
	Err    error // why it cannot be read
}

// Find looks for data sets of the Hub in dir and in its folders, and returns them by
// name. A folder has the name of the data set, of the Hub's repository, or
// datasets--OWNER--NAME as in the Hub's cache. A data set that is there twice is an error.
func (k Known) Find(dir string) (map[string]Found, error) {
	f := finding{Known: k, found: map[string]Found{}}
	inner, err := f.scan(dir, true)
	if err != nil {
		return nil, err
	}
	for _, folder := range inner {
		if _, err := f.scan(folder, false); err != nil {
			return nil, err
		}
	}
	return f.found, nil
}

// Unknown returns the folders in dir that hold no data set of k, by their names: a
// misspelt one would else go unnoticed. Folders that begin with a dot, and models in the
// Hub's cache, are left out.
func (k Known) Unknown(dir string) ([]string, error) {
	f := finding{Known: k, found: map[string]Found{}}
	inner, err := f.scan(dir, true)
	var out []string
	for _, folder := range inner {
		before := len(f.found)
		if err == nil {
			_, err = f.scan(folder, false)
		}
		name := filepath.Base(folder)
		if len(f.found) == before && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "models--") {
			out = append(out, name)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// A finding is a search in progress.
type finding struct {
	Known
	found map[string]Found
}

// scan looks at the folders in dir and returns those that are no data sets themselves.
func (f *finding) scan(dir string, top bool) (others []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() { // Stat follows links
			continue
		}
		if top && slices.Contains(f.Ignored, e.Name()) {
			continue // class/banking77 is the plain form's, though the Hub has that name too
		}
		matched, err := f.match(e.Name(), path)
		if err != nil {
			return nil, err
		}
		if !matched {
			others = append(others, path)
		}
	}
	return others, nil
}

// match adds the data sets that the folder of a name holds.
func (f *finding) match(name, path string) (bool, error) {
	owner, cached := "", false
	if rest, ok := strings.CutPrefix(name, "datasets--"); ok {
		if owner, name, cached = strings.Cut(rest, "--"); !cached {
			return false, nil
		}
	}
	for _, family := range f.Families {
		if slices.Contains(family.Folders, name) {
			return true, f.members(family, path)
		}
	}
	matched := false
	for _, task := range slices.Sorted(maps.Keys(f.Repos)) {
		h := f.Repos[task]
		repoOwner, repoName, _ := strings.Cut(h.Name, "/")
		byRepo := name == repoName && (owner == "" || owner == repoOwner)
		if name != task && !byRepo {
			continue
		}
		matched = true
		one := Found{Folder: path}
		if cached {
			var skip bool
			if one.Folder, skip, one.Err = h.snapshot(path, f.revisions(h)); skip {
				continue
			}
		}
		if err := f.add(task, one); err != nil {
			return false, err
		}
	}
	return matched, nil
}

func (f *finding) add(task string, one Found) error {
	if before, ok := f.found[task]; ok {
		return Twice(task, before.Folder, one.Folder)
	}
	f.found[task] = one
	return nil
}

// Twice is the error of a data set that is in the folders a and b.
func Twice(task, a, b string) error {
	return fmt.Errorf("data set %s occurs twice and would count twice: %s and %s; keep one", task, filepath.ToSlash(a), filepath.ToSlash(b))
}

// members adds the data sets of a family, each a folder in path.
func (f *finding) members(family Family, path string) error {
	inside := slices.Sorted(maps.Keys(family.Inside))
	none := true
	for _, name := range inside {
		folder := filepath.Join(path, name)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		none = false
		if err := f.add(family.Inside[name], Found{Folder: folder}); err != nil {
			return err
		}
	}
	if none {
		f.found[family.Inside[inside[0]]] = Found{Folder: path,
			Err: fmt.Errorf("%s: it has no folder %s, …", filepath.ToSlash(path), strings.Join(inside[:min(2, len(inside))], ", "))}
	}
	return nil
}

// revisions returns the commits that the tasks of h's repository read.
func (f *finding) revisions(h Repo) []string {
	var out []string
	for _, other := range f.Repos {
		if other.Name == h.Name && other.Revision != "" {
			out = append(out, other.Revision)
		}
	}
	return out
}

// snapshot returns the folder of the commit to read in a repository's folder of the
// Hub's cache: the task's own, if it is there, else the only one that is no other
// task's, else that of the branch main. skip says that only other tasks' are there.
func (h Repo) snapshot(path string, tasks []string) (folder string, skip bool, err error) {
	all := filepath.Join(path, "snapshots")
	entries, err := os.ReadDir(all)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return path, false, err
	}
	var commits []string
	others := 0
	for _, e := range entries {
		switch {
		case e.Name() == h.Revision:
			return filepath.Join(all, e.Name()), false, nil
		case slices.Contains(tasks, e.Name()):
			others++
		default:
			commits = append(commits, e.Name())
		}
	}
	switch {
	case len(commits) == 1:
		return filepath.Join(all, commits[0]), false, nil
	case len(commits) == 0 && others > 0:
		return path, true, nil
	case len(commits) == 0:
		return path, false, fmt.Errorf("%s: it has no folder snapshots/COMMIT", filepath.ToSlash(path))
	}
	main, err := os.ReadFile(filepath.Join(path, "refs", "main"))
	if commit := strings.TrimSpace(string(main)); err == nil && slices.Contains(commits, commit) {
		return filepath.Join(all, commit), false, nil
	}
	return path, false, fmt.Errorf("%s: %d snapshots, and refs/main names none of them: %s", filepath.ToSlash(path), len(commits), strings.Join(commits, ", "))
}
