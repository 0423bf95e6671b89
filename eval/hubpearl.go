package eval

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// pearlTable returns the rows of a subset of PEARL's repository, whose files are
// data/bird/bird.tsv, data/yago/yago_test_samples.tsv and the like.
func (h hubSet) pearlTable(folder string) (table, error) {
	dir := h.config
	if dir == "ppdb_filtered" {
		dir = "ppdb"
	}
	files, err := part{
		stems:  []string{h.config, h.config + "_test_samples"},
		dirs:   []string{"data/" + dir, dir, "data", ""},
		whole:  []string{h.config, h.config + "/test", h.config + "/" + h.config},
		prefer: "test",
	}.find(folder)
	if errors.As(err, &absentError{}) { // a folder of the task's own name
		if named, other := (part{stems: []string{"test"}, dirs: []string{"", "data"}}).find(folder); other == nil {
			return table{files: named}, nil
		}
	}
	return table{files: files}, err
}

// pearlHas tells whether folder has any of PEARL's subsets, and is not named after one.
func pearlHas(found map[string]foundSet, folder string) bool {
	subsets, has := 0, false
	for _, name := range pearlSets {
		if one, ok := found[name]; ok && one.folder == folder && one.err == nil {
			subsets++
			_, err := hubSets[name].pearlTable(folder)
			has = has || err == nil
		}
	}
	return has && subsets > 1
}

// onePearl builds tasks that read one table of PEARL.
func onePearl(run func(t table) protocol) func(h hubSet, folder string) (Task, error) {
	return func(h hubSet, folder string) (Task, error) {
		t, err := h.pearlTable(folder)
		return Task{files: t.files, run: run(t)}, err
	}
}

var (
	hubBIRD   = onePearl(func(t table) protocol { return relatedness(t, fields("relatedness score", "term1", "term2")) })
	hubPPDB   = onePearl(func(t table) protocol { return probing(t, fields("label", "phrase_1", "phrase_2")) })
	hubTurney = onePearl(func(t table) protocol {
		return choice(t, fields("query", "label", "candidate_1", "candidate_2", "candidate_3", "candidate_4"))
	})
	hubPhraseClusters = onePearl(func(t table) protocol { return phraseClustering(t, fields("label", "entity")) })
)

// hubKnowledge reads the mentions of YAGO or UMLS, and the names of its entities: kb.
func hubKnowledge(h hubSet, folder string) (Task, error) {
	mentions, err := h.pearlTable(folder)
	if err != nil {
		return Task{}, err
	}
	files, err := part{stems: []string{h.config + "_kb", h.config}, dirs: []string{"data/kb", "kb"}, whole: []string{"kb/" + h.config}}.find(folder)
	if err != nil { // not wrapped: the mentions are there, so it is no set that is merely absent
		return Task{}, errors.New("no names of entities: " + err.Error())
	}
	entities := table{files: files}
	return Task{files: slices.Concat(mentions.files, files), run: matching(readKnowledge(entities, mentions))}, nil
}

// hubAutoFJ reads the tables of the package autofj, a folder each with left.csv,
// right.csv and gt.csv, in autofj or data/autofj. PEARL's repository has only a list of
// their names, which is as good as absent.
func hubAutoFJ(_ hubSet, folder string) (Task, error) {
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
		return t, absentError{fmt.Errorf("%s: no autofj/NAME/{left,right,gt}.csv in it: the tables of the package autofj, of which the Hub has only the names", filepath.ToSlash(folder))}
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
	j := join{at: place{a.right, 1}}
	titles := func(file string, do func(title string)) error {
		return table{files: []string{file}}.in(s).read(fields("title"), func(r row) error {
			title, err := r.text(0)
			do(title)
			return err
		})
	}
	if err := titles(a.left, func(title string) { j.candidates = append(j.candidates, title) }); err != nil {
		return j, err
	}
	gold := map[string]string{}
	err := table{files: []string{a.gold}}.in(s).read(fields("title_l", "title_r"), func(r row) error {
		left, err := r.text(0)
		if err != nil {
			return err
		}
		right, err := r.text(1)
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
		err = j.at.errorf("no title is in %s", base(a.gold))
	}
	return j, err
}
