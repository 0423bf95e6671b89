package data

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// shardName is that of a part of a file: stem, number, count.
var shardName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.+)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?$`) })

// dataFiles are the files of a folder that can be read, by the name before the suffix
// or before the number of a part.
type dataFiles struct {
	single map[string][]string         // paths
	shards map[string]map[int][]string // paths by number, from 0
	counts map[string]map[int]bool     // of shards, as their names have it
}

// listFiles reads the names in dir; there are none where it is no folder. Links are
// followed, and one that leads nowhere is an error.
func listFiles(dir string) (*dataFiles, error) {
	d := &dataFiles{map[string][]string{}, map[string]map[int][]string{}, map[string]map[int]bool{}}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return d, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		suffix := Suffix(e.Name())
		if suffix == "" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			continue
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".gz"), suffix)
		m := shardName().FindStringSubmatch(stem)
		if m == nil {
			d.single[stem] = append(d.single[stem], path)
			continue
		}
		number, _ := strconv.Atoi(m[2]) // five digits
		count, _ := strconv.Atoi(m[3])
		if d.shards[m[1]] == nil {
			d.shards[m[1]], d.counts[m[1]] = map[int][]string{}, map[int]bool{}
		}
		d.shards[m[1]][number] = append(d.shards[m[1]][number], path)
		d.counts[m[1]][count] = true
	}
	return d, nil
}

// of returns the files of a stem in the order in which they are read, none if there are
// none. Two that are for the same are an error, and so is a part that is missing.
func (d *dataFiles) of(stem string) ([]string, error) {
	single, shards := d.single[stem], d.shards[stem]
	if len(shards) == 0 {
		if len(single) > 1 {
			return nil, both(single)
		}
		return single, nil
	}
	var out []string
	for i := range len(shards) {
		out = append(out, shards[i]...)
		if len(shards[i]) > 1 {
			return nil, both(shards[i])
		}
	}
	first := shards[slices.Min(slices.Collect(maps.Keys(shards)))]
	if len(single) > 0 {
		return nil, both(append(single, first...))
	}
	if len(d.counts[stem]) != 1 || !d.counts[stem][len(out)] {
		return nil, fmt.Errorf("%s: parts are missing: it has %d parts %s-…, and their names say %v", filepath.ToSlash(filepath.Dir(first[0])),
			len(shards), stem, slices.Sorted(maps.Keys(d.counts[stem])))
	}
	return out, nil
}

func both(paths []string) error {
	return fmt.Errorf("%s and %s both exist; keep one", filepath.ToSlash(paths[0]), base(paths[1]))
}

// stems are the names that files of d have before the suffix or number.
func (d *dataFiles) stems() []string {
	out := append(slices.Sorted(maps.Keys(d.single)), slices.Sorted(maps.Keys(d.shards))...)
	slices.Sort(out)
	return slices.Compact(out)
}

// only returns the files of d: those of the stem prefer if there are, else of the only
// stem. numbered files 0000.parquet, as the Hub's own conversion has them, are one.
func (d *dataFiles) only(dir, prefer string) ([]string, error) {
	if files, err := d.of(prefer); err != nil || files != nil {
		return files, err
	}
	stems := d.stems()
	switch len(stems) {
	case 0:
		return nil, nil
	case 1:
		return d.of(stems[0])
	}
	var out []string
	for i, stem := range stems {
		if number, err := strconv.Atoi(stem); err != nil || number != i {
			return nil, fmt.Errorf("%s: it has files named %s, and none named %s", filepath.ToSlash(dir), strings.Join(stems, ", "), prefer)
		}
		one, err := d.of(stem)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// A Part is what a task reads of a folder: rows of one kind.
type Part struct {
	Stems []string // of files, the first that is there
	Dirs  []string // in the folder, the first that has it; "" is the folder itself
	// Whole are folders of which all files are read, whatever their names are; of
	// several splits that of Prefer.
	Whole  []string
	Prefer string
}

// Find returns the files of p in folder, or an error that says what was looked for.
func (p Part) Find(folder string) ([]string, error) {
	for _, dir := range p.Dirs {
		d, err := listFiles(filepath.Join(folder, dir))
		if err != nil {
			return nil, err
		}
		for _, stem := range p.Stems {
			if files, err := d.of(stem); err != nil || files != nil {
				return files, err
			}
		}
	}
	for _, dir := range p.Whole {
		dir = filepath.Join(folder, dir)
		d, err := listFiles(dir)
		if err != nil {
			return nil, err
		}
		if files, err := d.only(dir, p.Prefer); err != nil || files != nil {
			return files, err
		}
	}
	return nil, Absent("%s: no %s in it: looked for %s", filepath.ToSlash(folder), p.Stems[0], p)
}

// An AbsentError says that files are not there at all.
type AbsentError struct{ error }

// Absent makes an AbsentError.
func Absent(format string, args ...any) error { return AbsentError{fmt.Errorf(format, args...)} }

// String says which files p may be.
func (p Part) String() string {
	var out []string
	for _, dir := range p.Dirs {
		for _, stem := range p.Stems {
			out = append(out, filepath.ToSlash(filepath.Join(dir, stem)))
		}
	}
	for _, dir := range p.Whole {
		out = append(out, dir+"/*")
	}
	return strings.Join(out, ", ") + " (.jsonl, .csv, .tsv, each also .gz; .parquet, also in parts -00000-of-0000N)"
}
