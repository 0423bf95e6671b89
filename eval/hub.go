package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
)

// hubTasks returns the tasks of the data sets of the Hub in dir. A data set whose files
// are not all there is a task that fails.
func hubTasks(dir string) ([]Task, error) {
	found, err := known().Find(dir)
	if err != nil {
		return nil, err
	}
	var tasks []Task
	sets := hubSets()
	forums := map[string]collection{}
	var forumsErr error
	for _, name := range slices.Sorted(maps.Keys(found)) {
		one := found[name]
		h := sets[name]
		t, err := h.task(one)
		if h.repo == pearlRepo && errors.As(err, &data.AbsentError{}) && pearlHas(found, one.Folder) {
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
		if h.in != 0 { // the other forums are parts of CQADupstackRetrieval only
			t.Name, t.Column, t.Official, t.form, t.path = name, h.column, name, formHub, one.Folder
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

func (h set) task(one data.Found) (Task, error) {
	if one.Err != nil {
		return Task{}, one.Err
	}
	return h.build(h, one.Folder)
}

// table returns the rows of a split. Where the files hold several languages, the rows
// say which they are of.
func (h set) table(folder, split string) (data.Table, error) {
	p := data.Part{Stems: []string{split}, Dirs: []string{"data", "default", ""}, Whole: []string{"default/" + split, split}}
	if h.config == "" {
		files, err := p.Find(folder)
		return data.Table{Files: files}, err
	}
	own := []data.Part{
		{Stems: []string{split}, Dirs: []string{h.config, "data/" + h.config}, Whole: []string{h.config + "/" + split}},
		{Stems: []string{h.config}, Dirs: []string{split, "data/" + split}},
	}
	for _, one := range own {
		files, err := one.Find(folder)
		if err == nil {
			return data.Table{Files: files}, nil
		}
		if !errors.As(err, &data.AbsentError{}) {
			return data.Table{}, err
		}
	}
	p.Whole = nil
	files, err := p.Find(folder)
	if err != nil {
		err = fmt.Errorf("%w; or %s or %s", err, own[0], own[1])
	}
	return data.Table{Files: files, Only: h.config}, err
}

// one builds tasks that read the test split and nothing else.
func one(run func(t data.Table) protocol) func(h set, folder string) (Task, error) {
	return func(h set, folder string) (Task, error) {
		t, err := h.table(folder, "test")
		return Task{files: t.Files, run: run(t)}, err
	}
}

var (
	hubSTS   = one(func(t data.Table) protocol { return similarity(t, data.Fields("score", "sentence1", "sentence2")) })
	hubPairs = one(func(t data.Table) protocol {
		return paraphrase(t, data.Fields("labels|label", "sent1|sentence1", "sent2|sentence2"))
	})
	hubClusters     = one(clusteringSets)
	hubSummaries    = one(func(t data.Table) protocol { return summaries(t, summaryFields, false) })
	hubSummariesV1  = one(func(t data.Table) protocol { return summaries(t, summaryFields, true) })
	summaryFields   = data.Fields("human_summaries", "machine_summaries", "relevance")
	rerankingFields = data.Fields("query", "positive", "negative")
)

func hubClustersFast(h set, folder string) (Task, error) {
	t, err := h.table(folder, "test")
	return Task{files: t.Files, run: clusteringFast(t, h.part)}, err
}

func hubClass(h set, folder string) (Task, error) {
	train, err := h.table(folder, "train")
	if err != nil {
		return Task{}, err
	}
	test, err := h.table(folder, "test")
	if err != nil {
		return Task{}, err
	}
	return Task{
		files: append(append([]string{}, train.Files...), test.Files...),
		run:   classes{train: train, test: test, want: data.Fields("label", "text"), perClass: h.examples(), first: h.first}.classification(),
	}, nil
}
