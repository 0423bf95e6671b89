package eval

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
)

// A folder of the plain form holds the data sets of a column.
type folder struct {
	name   string
	column Column
	nested bool // a data set is a folder of files
	build  func(files map[string]string, known set, name string) (Task, error)
}

// folders are those of the plain form, in the order of the columns.
var folders = []folder{
	{"class", Class, true, classTask},
	{"cluster", Clust, false, oneTable(func(t data.Table, _ string) protocol { return clustering(t, data.Fields("label", "text")) }, "label", "text")},
	{"pair", PairClass, false, oneTable(func(t data.Table, _ string) protocol {
		return paraphrase(t, data.Fields("label", "sentence1", "sentence2"))
	}, "label", "sentence1", "sentence2")},
	{"rerank", Rank, false, oneTable(func(t data.Table, _ string) protocol {
		return reranking(t, data.Fields("query", "positive", "negative"))
	})},
	{"retrieval", Ret, true, retrievalTask},
	{"sts", STS, false, oneTable(func(t data.Table, _ string) protocol {
		return similarity(t, data.Fields("score", "sentence1", "sentence2"))
	}, "score", "sentence1", "sentence2")},
	{"summ", Sum, false, oneTable(summaryProtocol)},
	{"pearl", Pearl, false, pearlTask},
	{"wordsim", WordSim, false, oneTable(func(t data.Table, _ string) protocol { return similarity(t, data.Fields("score", "word1", "word2")) }, "word1", "word2", "score")},
}

// plainTasks returns the tasks of one folder of the plain form.
func plainTasks(dir string, f folder) ([]Task, error) {
	found, err := data.PlainSets(filepath.Join(dir, f.name), f.nested)
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for _, name := range slices.Sorted(maps.Keys(found)) {
		known, counts := find(func(s set) bool { return s.plain == f.name+"/"+name })
		path := filepath.Join(dir, f.name, name)
		err := found[name].Err
		var t Task
		if err == nil {
			if t, err = f.build(found[name].Files, known, name); err != nil {
				err = fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
			}
		}
		if err != nil {
			t = Task{run: failing(err)}
		}
		t.Name, t.Column, t.Official, t.Extra, t.form, t.path = name, f.column, known.name, !counts, formPlain, path
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// oneTable makes tasks of one file. header names the columns of its TSV form.
func oneTable(run func(t data.Table, name string) protocol, header ...string) func(map[string]string, set, string) (Task, error) {
	return func(files map[string]string, _ set, name string) (Task, error) {
		t := data.Table{Files: []string{files[""]}, Header: header, Strict: true}
		return Task{files: t.Files, run: run(t, name)}, nil
	}
}

// summaryProtocol picks the score that people gave to summaries.
func summaryProtocol(t data.Table, name string) protocol {
	score := "relevance"
	if name == "realsumm" {
		score = "litepyramid_recall"
	}
	return summaries(t, data.Fields("human_summaries", "machine_summaries", score), false)
}

func pearlTask(files map[string]string, _ set, name string) (Task, error) {
	t := data.Table{Files: []string{files[""]}, Strict: true}
	task := Task{files: t.Files}
	switch {
	case name == "autofj":
		task.run = matching(readJoins(t, data.Fields("candidates", "queries", "gold")))
	case strings.HasSuffix(name, "-cluster"):
		t.Header = []string{"label", "phrase"}
		task.run = phraseClustering(t, data.Fields("label", "phrase"))
	case name == "bird":
		t.Header = []string{"phrase1", "phrase2", "score"}
		task.run = relatedness(t, data.Fields("score", "phrase1", "phrase2"))
	default:
		t.Header = []string{"phrase1", "phrase2", "score"}
		task.run = similarity(t, data.Fields("score", "phrase1", "phrase2"))
	}
	return task, nil
}

func classTask(files map[string]string, known set, _ string) (Task, error) {
	train, test := files["train"], files["test"]
	if train == "" || test == "" {
		return Task{}, errors.New("it has no files train and test")
	}
	header := []string{"label", "text"}
	return Task{
		files: []string{train, test},
		run: classes{
			train: data.Table{Files: []string{train}, Header: header, Strict: true},
			test:  data.Table{Files: []string{test}, Header: header, Strict: true},
			want:  data.Fields("label", "text"), perClass: known.examples(),
		}.classification(),
	}, nil
}

func retrievalTask(files map[string]string, known set, _ string) (Task, error) {
	corpus, queries, qrels := files["corpus"], files["queries"], files["qrels"]
	if corpus == "" || queries == "" || qrels == "" {
		return Task{}, errors.New("it has no files corpus, queries and qrels")
	}
	return Task{
		files: []string{corpus, queries, qrels},
		run: retrieval(collection{
			corpus:     data.Table{Files: []string{corpus}, Strict: true},
			queries:    data.Table{Files: []string{queries}, Strict: true},
			qrels:      data.Table{Files: []string{qrels}, Header: qrelsColumns, Strict: true},
			ignoreSame: known.same,
		}),
	}, nil
}
