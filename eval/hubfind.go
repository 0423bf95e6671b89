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

// A foundSet is a folder that holds a data set of the Hub.
type foundSet struct {
	folder string
	err    error // why it cannot be read
}

// findHubSets looks for data sets of the Hub in dir and in its folders, by MTEB's name
// (or that of a forum of CQADupstack). A folder has the name of the task, of the Hub's
// repository, or datasets--OWNER--NAME as in the Hub's cache. What is there twice is an
// error.
func findHubSets(dir string) (map[string]foundSet, error) {
	f := finding{known: hubNames(), found: map[string]foundSet{}}
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

// Unknown returns the folders in dir that hold no data set that is known, by their
// names: a misspelt one would else go unnoticed. What begins with a dot, and models in
// the Hub's cache, are none that were meant.
func Unknown(dir string) ([]string, error) {
	f := finding{known: hubNames(), found: map[string]foundSet{}}
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
		return nil, fmt.Errorf("eval: %w", err)
	}
	return out, nil
}

type finding struct {
	known map[string]hubSet
	found map[string]foundSet
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
		if top && folderForm(e.Name()) {
			continue // class/banking77 is a folder form's, though the Hub has that name too
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

// folderForm tells whether name is a folder of the folder form.
func folderForm(name string) bool {
	for _, f := range folders {
		if f.name == name {
			return true
		}
	}
	return false
}

// match adds the data sets that the folder of a name holds.
func (f *finding) match(name, path string) (bool, error) {
	owner, cached := "", false
	if rest, ok := strings.CutPrefix(name, "datasets--"); ok {
		if owner, name, cached = strings.Cut(rest, "--"); !cached {
			return false, nil
		}
	}
	if name == "CQADupstackRetrieval" || name == "cqadupstack" {
		return true, f.forums(path)
	}
	matched := false
	for _, task := range slices.Sorted(maps.Keys(f.known)) {
		h := f.known[task]
		repoOwner, repoName, _ := strings.Cut(h.repo, "/")
		byRepo := name == repoName && (owner == "" || owner == repoOwner)
		if name != task && !byRepo {
			continue
		}
		matched = true
		one := foundSet{folder: path}
		if cached {
			var skip bool
			if one.folder, skip, one.err = h.snapshot(path, f.revisions(h)); skip {
				continue
			}
		}
		if err := f.add(task, one); err != nil {
			return false, err
		}
	}
	return matched, nil
}

func (f *finding) add(task string, one foundSet) error {
	if before, ok := f.found[task]; ok {
		return twice(task, before.folder, one.folder)
	}
	f.found[task] = one
	return nil
}

func twice(task, a, b string) error {
	return fmt.Errorf("data set %s is there twice and would count twice: %s and %s; keep one", task, filepath.ToSlash(a), filepath.ToSlash(b))
}

// forums adds the forums of CQADupstack, each a folder in path.
func (f *finding) forums(path string) error {
	none := true
	for _, forum := range cqaForums {
		folder := filepath.Join(path, strings.ToLower(forum))
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		none = false
		if err := f.add(cqaName(forum), foundSet{folder: folder}); err != nil {
			return err
		}
	}
	if none {
		f.found[cqaName(cqaForums[0])] = foundSet{folder: path, err: fmt.Errorf("%s: no folder android, english, … of a forum in it", filepath.ToSlash(path))}
	}
	return nil
}

// revisions returns the commits that the tasks of h's repository read.
func (f *finding) revisions(h hubSet) []string {
	var out []string
	for _, other := range f.known {
		if other.repo == h.repo && other.revision != "" {
			out = append(out, other.revision)
		}
	}
	return out
}

// snapshot returns the folder of the commit to read in a repository's folder of the
// Hub's cache: the task's own, if it is there, else the only one that is no other
// task's, else that of the branch main. skip says that only other tasks' are there.
func (h hubSet) snapshot(path string, tasks []string) (folder string, skip bool, err error) {
	all := filepath.Join(path, "snapshots")
	entries, err := os.ReadDir(all)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return path, false, err
	}
	var commits []string
	others := 0
	for _, e := range entries {
		switch {
		case e.Name() == h.revision:
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
		return path, false, fmt.Errorf("%s: no snapshots/COMMIT in it", filepath.ToSlash(path))
	}
	main, err := os.ReadFile(filepath.Join(path, "refs", "main"))
	if commit := strings.TrimSpace(string(main)); err == nil && slices.Contains(commits, commit) {
		return filepath.Join(all, commit), false, nil
	}
	return path, false, fmt.Errorf("%s: %d snapshots, and refs/main names none of them: %s", filepath.ToSlash(path), len(commits), strings.Join(commits, ", "))
}
