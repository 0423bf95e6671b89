package eval

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
)

// pearlTable returns the rows of a subset of PEARL's repository, whose files are
// data/bird/bird.tsv, data/yago/yago_test_samples.tsv and the like.
func (h set) pearlTable(folder string) (data.Table, error) {
	dir := h.config
	if dir == "ppdb_filtered" {
		dir = "ppdb"
	}
	files, err := data.Part{
		Stems:  []string{h.config, h.config + "_test_samples"},
		Dirs:   []string{"data/" + dir, dir, "data", ""},
		Whole:  []string{h.config, h.config + "/test", h.config + "/" + h.config},
		Prefer: "test",
	}.Find(folder)
	if errors.As(err, &data.AbsentError{}) { // a folder of the task's own name
		if named, other := (data.Part{Stems: []string{"test"}, Dirs: []string{"", "data"}}).Find(folder); other == nil {
			return data.Table{Files: named}, nil
		}
	}
	return data.Table{Files: files}, err
}

// pearlHas tells whether folder has any of PEARL's subsets, and is not named after one.
func pearlHas(found map[string]data.Found, folder string) bool {
	subsets, has := 0, false
	for name, h := range hubSets() {
		if h.repo != pearlRepo {
			continue
		}
		if one, ok := found[name]; ok && one.Folder == folder && one.Err == nil {
			subsets++
			_, err := h.pearlTable(folder)
			has = has || err == nil
		}
	}
	return has && subsets > 1
}

// onePearl builds tasks that read one table of PEARL.
func onePearl(run func(t data.Table) protocol) func(h set, folder string) (Task, error) {
	return func(h set, folder string) (Task, error) {
		t, err := h.pearlTable(folder)
		return Task{files: t.Files, run: run(t)}, err
	}
}

var (
	hubBIRD   = onePearl(func(t data.Table) protocol { return relatedness(t, data.Fields("relatedness score", "term1", "term2")) })
	hubPPDB   = onePearl(func(t data.Table) protocol { return probing(t, data.Fields("label", "phrase_1", "phrase_2")) })
	hubTurney = onePearl(func(t data.Table) protocol {
		return choice(t, data.Fields("query", "label", "candidate_1", "candidate_2", "candidate_3", "candidate_4"))
	})
	hubPhraseClusters = onePearl(func(t data.Table) protocol { return phraseClustering(t, data.Fields("label", "entity")) })
)

// hubKnowledge reads the mentions of YAGO or UMLS, and the names of its entities: kb.
func hubKnowledge(h set, folder string) (Task, error) {
	mentions, err := h.pearlTable(folder)
	if err != nil {
		return Task{}, err
	}
	files, err := data.Part{Stems: []string{h.config + "_kb", h.config}, Dirs: []string{"data/kb", "kb"}, Whole: []string{"kb/" + h.config}}.Find(folder)
	if err != nil { // not wrapped: the mentions are there, so it is no set that is merely absent
		return Task{}, errors.New("the names of entities are missing: " + err.Error())
	}
	entities := data.Table{Files: files}
	return Task{files: slices.Concat(mentions.Files, files), run: matching(readKnowledge(entities, mentions))}, nil
}

// hubAutoFJ reads the tables of the package autofj, a folder each with left.csv,
// right.csv and gt.csv, in autofj or data/autofj. PEARL's repository has only a list of
// their names, which counts as missing.
func hubAutoFJ(_ set, folder string) (Task, error) {
	var tables []autoTable
	var t Task
	for _, dir := range []string{"autofj", "data/autofj", "autofj/benchmark", "data/autofj/benchmark", "benchmark", ""} {
		dir = filepath.Join(folder, dir)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			var one autoTable
			for _, p := range []struct {
				file *string
				name string
			}{{&one.left, "left.csv"}, {&one.right, "right.csv"}, {&one.gold, "gt.csv"}} {
				*p.file = filepath.Join(dir, e.Name(), p.name)
			}
			if _, err := os.Stat(one.gold); err == nil {
				tables = append(tables, one)
				t.files = append(t.files, one.left, one.right, one.gold)
			}
		}
		if tables != nil {
			break
		}
	}
	if tables == nil {
		return t, data.Absent("%s: no autofj/NAME/{left,right,gt}.csv in it: the tables of the package autofj, of which the Hub has only the names", filepath.ToSlash(folder))
	}
	t.run = matching(func(s *session) ([]join, error) {
		var joins []join
		for _, one := range tables {
			j, err := one.read(s)
			if err != nil {
				return nil, err
			}
			joins = append(joins, j)
		}
		return joins, nil
	})
	return t, nil
}

// An autoTable is a table of AutoFJ: names to find, names to look for, and which is
// which.
type autoTable struct{ left, right, gold string }

// read returns the join of a table. Names without a right one do not count.
func (a autoTable) read(s *session) (join, error) {
	j := join{at: data.Place{File: a.right, Line: 1}}
	titles := func(file string, do func(title string)) error {
		return s.watch(data.Table{Files: []string{file}}).Read(data.Fields("title"), func(r data.Row) error {
			title, err := r.Text(0)
			do(title)
			return err
		})
	}
	if err := titles(a.left, func(title string) { j.candidates = append(j.candidates, title) }); err != nil {
		return j, err
	}
	gold := map[string]string{}
	err := s.watch(data.Table{Files: []string{a.gold}}).Read(data.Fields("title_l", "title_r"), func(r data.Row) error {
		left, err := r.Text(0)
		if err != nil {
			return err
		}
		right, err := r.Text(1)
		gold[right] = left
		return err
	})
	if err != nil {
		return j, err
	}
	err = titles(a.right, func(title string) {
		if left, ok := gold[title]; ok {
			j.queries, j.gold = append(j.queries, title), append(j.gold, left)
		}
	})
	if err == nil && len(j.queries) == 0 {
		err = j.at.Errorf("no title is in %s", filepath.Base(a.gold))
	}
	return j, err
}
