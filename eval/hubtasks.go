package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hubTasks returns the tasks of the data sets of the Hub in dir. A data set whose files
// are not all there is a task that fails.
func hubTasks(dir string) ([]Task, error) {
	found, err := findHubSets(dir)
	if err != nil {
		return nil, err
	}
	var tasks []Task
	columns := officialColumns()
	forums := map[string]collection{}
	var forumsErr error
	for _, name := range slices.Sorted(maps.Keys(found)) {
		one := found[name]
		h, official := hubSets[name]
		if !official {
			h = hubNames()[name]
		}
		t, err := h.task(one)
		if h.repo == pearlRepo && errors.As(err, &absentError{}) && pearlHas(found, one.folder) {
			continue // the repository is a collection, and need not be whole
		}
		if err != nil {
			t = Task{run: failing(err)}
		}
		if strings.HasPrefix(name, "CQADupstack") {
			c, err := h.collection(one)
			forums[name] = c
			forumsErr = errors.Join(forumsErr, err)
		}
		if official {
			t.Name, t.Column, t.Official, t.form, t.path = name, columns[name], name, "hub", one.folder
			tasks = append(tasks, t)
		}
	}
	if t, ok := cqaTask(forums, forumsErr); ok {
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// failing is the protocol of a data set that cannot be read.
func failing(err error) protocol {
	return func(context.Context, *session) (float64, error) { return 0, err }
}

func (h hubSet) task(one foundSet) (Task, error) {
	if one.err != nil {
		return Task{}, one.err
	}
	return h.build(h, one.folder)
}

// officialColumns returns the column of each data set of the tables.
func officialColumns() map[string]Column {
	out := map[string]Column{}
	for _, lists := range official {
		for column, names := range lists {
			for _, name := range names {
				out[name] = column
			}
		}
	}
	return out
}

// table returns the rows of a split. Where the files hold several languages, the rows
// say which they are of.
func (h hubSet) table(folder, split string) (table, error) {
	p := part{stems: []string{split}, dirs: []string{"data", "default", ""}, whole: []string{"default/" + split, split}}
	if h.config == "" {
		files, err := p.find(folder)
		return table{files: files}, err
	}
	own := []part{
		{stems: []string{split}, dirs: []string{h.config, "data/" + h.config}, whole: []string{h.config + "/" + split}},
		{stems: []string{h.config}, dirs: []string{split, "data/" + split}},
	}
	for _, one := range own {
		files, err := one.find(folder)
		if err == nil {
			return table{files: files}, nil
		}
		if !errors.As(err, &absentError{}) {
			return table{}, err
		}
	}
	p.whole = nil
	files, err := p.find(folder)
	if err != nil {
		err = fmt.Errorf("%w; or %s or %s", err, own[0], own[1])
	}
	return table{files: files, only: h.config}, err
}

// one builds tasks that read the test split and nothing else.
func one(run func(t table) protocol) func(h hubSet, folder string) (Task, error) {
	return func(h hubSet, folder string) (Task, error) {
		t, err := h.table(folder, "test")
		return Task{files: t.files, run: run(t)}, err
	}
}

var (
	hubSTS   = one(func(t table) protocol { return similarity(t, fields("score", "sentence1", "sentence2")) })
	hubPairs = one(func(t table) protocol {
		return paraphrase(t, fields("labels|label", "sent1|sentence1", "sent2|sentence2"))
	})
	hubClusters     = one(clusteringSets)
	hubSummaries    = one(func(t table) protocol { return summaries(t, summaryFields, false) })
	hubSummariesV1  = one(func(t table) protocol { return summaries(t, summaryFields, true) })
	summaryFields   = fields("human_summaries", "machine_summaries", "relevance")
	rerankingFields = fields("query", "positive", "negative")
)

func hubClustersFast(h hubSet, folder string) (Task, error) {
	t, err := h.table(folder, "test")
	return Task{files: t.files, run: clusteringFast(t, h.part)}, err
}

func hubClass(h hubSet, folder string) (Task, error) {
	train, err := h.table(folder, "train")
	if err != nil {
		return Task{}, err
	}
	test, err := h.table(folder, "test")
	if err != nil {
		return Task{}, err
	}
	per := perLabel
	if h.perLabel > 0 {
		per = h.perLabel
	}
	return Task{
		files: append(append([]string{}, train.files...), test.files...),
		run:   classification(train, test, fields("label", "text"), per, h.first),
	}, nil
}
