package eval

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/fault"
)

// multilingualTable are the tasks of MTEB(Multilingual, v2), a line each: see
// testdata/gen/mmteb.py, which writes it from mteb 2.20.0.
//
//go:embed multilingual.tsv
var multilingualTable string

// A languageSet is a task of MTEB(Multilingual): a data set with a subset for each
// language, or pair of languages.
type languageSet struct {
	set               // without config and split; perLabel and part are of the task
	main     string   // the score that counts, as mteb calls it
	splits   []string // that are scored
	size     string   // of Clust: the share or number of texts that are encoded, all, or sets
	own      string   // what the task does to its data before: "" for nothing
	parallel bool     // BitMining: a column for each language, not a subset for each pair
	subsets  string   // as in the table
	columns  *parallelColumns
}

// A subset is the part of a data set in one language or pair.
type subset struct {
	name      string   // "" where there is only one
	languages []string // ISO 639-3 and script: "deu-Latn"
}

// languageSets are the tasks of MTEB(Multilingual, v2) in its order.
var languageSets = sync.OnceValue(func() []languageSet {
	var out []languageSet
	for line := range strings.Lines(multilingualTable) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		l := languageSet{set: set{name: f[0], column: Column(f[1]), repo: f[2], revision: f[3]},
			main: f[4], splits: strings.Split(f[5], ","), size: f[7], own: strings.TrimSuffix(f[8], "parallel"), subsets: f[9]}
		l.parallel = l.own != f[8]
		l.perLabel, _ = strconv.Atoi(f[6]) // "-" where there is none
		l.own = strings.Trim(l.own, "+-")
		l.same = ignoresSame[l.name]
		out = append(out, l)
	}
	return out
})

// ignoresSame are tasks of Ret whose queries are documents.
var ignoresSame = map[string]bool{"ArguAna": true}

// list returns the subsets in mteb's order.
func (l languageSet) list() []subset {
	var out []subset
	if all, ok := strings.CutPrefix(l.subsets, "*"); ok {
		names := strings.Split(all, ",")
		for _, a := range names {
			for _, b := range names {
				if a != b {
					out = append(out, subset{a + "-" + b, []string{languageOf(a), languageOf(b)}})
				}
			}
		}
		return out
	}
	for _, one := range strings.Split(l.subsets, ",") {
		name, languages, ok := strings.Cut(one, "=")
		if !ok { // a pair of languages
			languages = strings.ReplaceAll(strings.ReplaceAll(name, "-", "+"), "_", "-")
		}
		out = append(out, subset{name, strings.Split(languages, "+")})
	}
	return out
}

// languageOf turns deu_Latn into deu-Latn.
func languageOf(name string) string { return strings.ReplaceAll(name, "_", "-") }

// dataName turns deu-Latn into deu_Latn, as folders have it.
func dataName(language string) string { return strings.ReplaceAll(language, "-", "_") }

// in tells whether the subset has one of the languages, given as "deu" or "deu-Latn";
// none are all.
func (s subset) in(languages []string) bool {
	return len(languages) == 0 || slices.ContainsFunc(s.languages, func(l string) bool {
		code, _, _ := strings.Cut(l, "-")
		return slices.Contains(languages, l) || slices.Contains(languages, code)
	})
}

// Multilingual lists the data sets of MTEB(Multilingual, v2) that folder dir holds, in
// the order of the columns. Each is scored on its subsets of the given languages, as
// "deu" or "deu-Latn"; none are all. Subsets that the folder lacks are left out with a
// warning, and the task then counts as part of its data set only.
func Multilingual(dir string, languages []string) ([]Task, error) {
	for _, l := range languages {
		if !slices.Contains(Languages(), l) {
			return nil, fault.Option("languages", nil, ": no task of MTEB(Multilingual) has %q: want ISO 639-3, such as deu or deu-Latn, or all", l)
		}
	}
	k := data.Known{Repos: map[string]data.Repo{}}
	for _, l := range languageSets() {
		k.Repos[l.name] = data.Repo{Name: l.repo, Revision: l.revision}
	}
	for _, f := range folders {
		k.Ignored = append(k.Ignored, f.name)
	}
	found, err := k.Find(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	tasks := []Task{}
	for _, column := range MultilingualColumns {
		for _, l := range languageSets() {
			one, ok := found[l.name]
			if !ok || l.column != column {
				continue
			}
			if t, ok := l.task(one, languages); ok {
				tasks = append(tasks, t)
			}
		}
	}
	if len(tasks) == 0 {
		return nil, fmt.Errorf("eval: %s: %w", dir, ErrNoData)
	}
	return tasks, nil
}

// Languages returns the languages of MTEB(Multilingual), each as "deu" and "deu-Latn".
var Languages = sync.OnceValue(func() []string {
	seen := map[string]bool{}
	for _, l := range languageSets() {
		for _, s := range l.list() {
			for _, name := range s.languages {
				code, _, _ := strings.Cut(name, "-")
				seen[name], seen[code] = true, true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
})

// A subsetTask is what a task scores on one split of one subset.
type subsetTask struct {
	name string
	run  protocol
}

// task returns the task of the subsets that are there, and whether there is one in the
// languages.
func (l languageSet) task(one data.Found, languages []string) (Task, bool) {
	t := Task{Name: l.name, Column: l.column, Official: l.name, form: formMultilingual, path: one.Folder}
	if one.Err != nil {
		t.run = failing(one.Err)
		return t, true
	}
	if l.parallel { // these tasks have one split
		l.columns = &parallelColumns{}
	}
	var parts []subsetTask
	var lost []string
	var why error
	wanted, all := 0, 0
	for _, split := range l.splits {
		for _, s := range l.list() {
			all++
			if !s.in(languages) {
				continue
			}
			wanted++
			name := strings.Trim(split+"/"+s.name, "/")
			part, err := l.part(one.Folder, split, s)
			switch {
			case errors.As(err, &data.AbsentError{}):
				lost, why = append(lost, name), err
			case err != nil:
				t.run = failing(err)
				return t, true
			default:
				t.files = append(t.files, part.files...)
				parts = append(parts, subsetTask{name, part.run})
			}
		}
	}
	slices.Sort(t.files)
	t.files = slices.Compact(t.files)
	switch {
	case wanted == 0:
		return t, false
	case len(parts) == 0:
		t.run = failing(why)
		return t, true
	}
	if len(parts) < all {
		t.variant = strings.Join(partNames(parts), " ")
	}
	t.run = overSubsets(parts, lost, all)
	return t, true
}

// partNames are the names of parts.
func partNames(parts []subsetTask) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.name
	}
	return out
}

// overSubsets is the mean of the scores of parts.
func overSubsets(parts []subsetTask, lost []string, all int) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		if len(lost) > 0 {
			s.warnf("%d of %d subsets are not there: %s, …", len(lost), all, strings.Join(lost[:min(3, len(lost))], ", "))
		}
		scores := make([]float64, len(parts))
		for i, part := range parts {
			var err error
			if scores[i], err = s.runPart(ctx, part.run); err != nil {
				return 0, fmt.Errorf("subset %s: %w", part.name, err)
			}
			s.note(part.name, 100*scores[i])
		}
		s.note("subsets", float64(len(parts)))
		s.note("of", float64(all))
		return metric.Mean(scores), nil
	}
}
