package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Task is a data set and the protocol that scores a system on it.
type Task struct {
	Name   string // the file's or folder's name without suffix, or MTEB's
	Column Column
	// Official is the name of the published tables' data set that this is, "" if it is
	// none of theirs.
	Official string
	// Extra data sets are scored, but are in no mean: a development split, or one that
	// stands in for none of the tables' sets.
	Extra bool

	path  string   // of its folder or file
	form  string   // of the data, for the cache's key
	files []string // read by run
	run   protocol
}

// A protocol scores a session's system on one data set, in [−1, 1] or [0, 1].
type protocol func(ctx context.Context, s *session) (float64, error)

func base(name string) string { return filepath.Base(name) }

// ErrNoData says that a folder holds no data set.
var ErrNoData = errors.New("no data sets in it")

// A set is what is known of a data set of the folder form beyond its files.
type set struct {
	official string
	perLabel int // training examples of a class
	same     bool
}

// counted are the data sets of the folder form that count in their column's mean, by
// folder and name. perLabel and same are MTEB's task options.
//
// Source: mteb 1.14.15, and PEARL's and WordSim's lists of data sets.
var counted = map[string]set{
	"class/amazon_counterfactual":      {official: "AmazonCounterfactualClassification", perLabel: 32},
	"class/banking77":                  {official: "Banking77Classification"},
	"class/emotion":                    {official: "EmotionClassification", perLabel: 16},
	"class/imdb":                       {official: "ImdbClassification"},
	"class/massive_intent":             {official: "MassiveIntentClassification"},
	"class/massive_scenario":           {official: "MassiveScenarioClassification"},
	"class/tweet_sentiment_extraction": {official: "TweetSentimentExtractionClassification", perLabel: 32},
	"cluster/twentynewsgroups-titles":  {},
	"cluster/stackoverflow":            {},
	"cluster/biomedical":               {},
	"cluster/searchsnippets":           {},
	"pair/twitterurl-test":             {official: "TwitterURLCorpus"},
	"pair/mrpc-test":                   {},
	"rerank/trecqa-test":               {},
	"rerank/wikiqa-test":               {},
	"retrieval/scifact":                {official: "SciFact"},
	"retrieval/arguana":                {official: "ArguAna", same: true},
	"retrieval/cranfield":              {},
	"retrieval/cisi":                   {},
	"retrieval/med":                    {},
	"retrieval/npl":                    {},
	"sts/STS12-test":                   {official: "STS12"},
	"sts/STS13-test":                   {official: "STS13"},
	"sts/STS14-test":                   {official: "STS14"},
	"sts/STS15-test":                   {official: "STS15"},
	"sts/STS16-test":                   {official: "STS16"},
	"sts/STS17-en-en-test":             {official: "STS17"},
	"sts/STSBenchmark-test":            {official: "STSBenchmark"},
	"sts/SICK-R-all":                   {official: "SICK-R"},
	"sts/BIOSSES-test":                 {official: "BIOSSES"},
	"summ/summeval":                    {official: "SummEval"},
	"pearl/bird":                       {official: "BIRD"},
	"pearl/autofj":                     {official: "AutoFJ"},
	"pearl/conll-cluster":              {official: "CoNLL"},
	"pearl/bc5cdr-cluster":             {official: "BC5CDR"},
	"wordsim/rareword":                 {official: "RareWord"},
	"wordsim/men":                      {official: "MEN"},
	"wordsim/simlex999":                {official: "SimLex"},
	"wordsim/ws353-rel":                {official: "rel353"},
	"wordsim/simverb3500":              {official: "SimVerb"},
	"wordsim/mturk771":                 {official: "MTurk"},
	"wordsim/card660":                  {official: "Card660"},
}

// A folder is one of the folder form.
type folder struct {
	name   string
	column Column
	nested bool // a data set is a folder of files
	build  func(files map[string]string, known set, name string) (Task, error)
}

// folders are those of the folder form, in the order of the columns.
var folders = []folder{
	{"class", Class, true, classTask},
	{"cluster", Clust, false, oneTable(func(t table, _ string) protocol { return clustering(t, fields("label", "text")) }, "label", "text")},
	{"pair", PairClass, false, oneTable(func(t table, _ string) protocol { return paraphrase(t, fields("label", "sentence1", "sentence2")) }, "label", "sentence1", "sentence2")},
	{"rerank", Rank, false, oneTable(func(t table, _ string) protocol { return reranking(t, fields("query", "positive", "negative")) })},
	{"retrieval", Ret, true, retrievalTask},
	{"sts", STS, false, oneTable(func(t table, _ string) protocol { return similarity(t, fields("score", "sentence1", "sentence2")) }, "score", "sentence1", "sentence2")},
	{"summ", Sum, false, oneTable(summaryProtocol)},
	{"pearl", Pearl, false, pearlTask},
	{"wordsim", WordSim, false, oneTable(func(t table, _ string) protocol { return similarity(t, fields("score", "word1", "word2")) }, "word1", "word2", "score")},
}

// Tasks lists the data sets of folder dir, those of the folder form and those of the Hub,
// in the order of the columns and of their names. Nothing but names is read. A data set
// whose files are not all there is a task that fails. A folder without any data set is
// ErrNoData; an error that names both places is one that is there twice.
func Tasks(dir string) ([]Task, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	var tasks []Task
	for _, f := range folders {
		list, err := folderTasks(dir, f)
		if err != nil {
			return nil, fmt.Errorf("eval: %w", err)
		}
		tasks = append(tasks, list...)
	}
	hub, err := hubTasks(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	tasks = append(tasks, hub...)
	if len(tasks) == 0 {
		return nil, fmt.Errorf("eval: %s: %w", dir, ErrNoData)
	}
	at := map[string]string{}
	for _, t := range tasks {
		if before, ok := at[t.Official]; ok && t.Official != "" {
			return nil, fmt.Errorf("eval: %w", twice(t.Official, before, t.path))
		}
		at[t.Official] = t.path
	}
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Compare(slices.Index(Columns, a.Column), slices.Index(Columns, b.Column))
	})
	return tasks, nil
}

// oneTable makes tasks of one file. header names the columns of its TSV form.
func oneTable(run func(t table, name string) protocol, header ...string) func(map[string]string, set, string) (Task, error) {
	return func(files map[string]string, _ set, name string) (Task, error) {
		t := table{files: []string{files[""]}, header: header, strict: true}
		return Task{files: t.files, run: run(t, name)}, nil
	}
}

// summaryProtocol picks the score that people gave to summaries.
func summaryProtocol(t table, name string) protocol {
	score := "relevance"
	if name == "realsumm" {
		score = "litepyramid_recall"
	}
	return summaries(t, fields("human_summaries", "machine_summaries", score), false)
}

func pearlTask(files map[string]string, _ set, name string) (Task, error) {
	t := table{files: []string{files[""]}, strict: true}
	task := Task{files: t.files}
	switch {
	case name == "autofj":
		task.run = matching(readJoins(t, fields("candidates", "queries", "gold")))
	case strings.HasSuffix(name, "-cluster"):
		t.header = []string{"label", "phrase"}
		task.run = phraseClustering(t, fields("label", "phrase"))
	case name == "bird":
		t.header = []string{"phrase1", "phrase2", "score"}
		task.run = relatedness(t, fields("score", "phrase1", "phrase2"))
	default:
		t.header = []string{"phrase1", "phrase2", "score"}
		task.run = similarity(t, fields("score", "phrase1", "phrase2"))
	}
	return task, nil
}

func classTask(files map[string]string, known set, _ string) (Task, error) {
	train, test := files["train"], files["test"]
	if train == "" || test == "" {
		return Task{}, errors.New("no train and test in it")
	}
	header := []string{"label", "text"}
	per := perLabel
	if known.perLabel > 0 {
		per = known.perLabel
	}
	return Task{
		files: []string{train, test},
		run: classification(table{files: []string{train}, header: header, strict: true},
			table{files: []string{test}, header: header, strict: true}, fields("label", "text"), per, 0),
	}, nil
}

func retrievalTask(files map[string]string, known set, _ string) (Task, error) {
	corpus, queries, qrels := files["corpus"], files["queries"], files["qrels"]
	if corpus == "" || queries == "" || qrels == "" {
		return Task{}, errors.New("no corpus, queries and qrels in it")
	}
	return Task{
		files: []string{corpus, queries, qrels},
		run: retrieval(collection{
			corpus:     table{files: []string{corpus}, strict: true},
			queries:    table{files: []string{queries}, strict: true},
			qrels:      table{files: []string{qrels}, header: qrelsColumns, strict: true},
			ignoreSame: known.same,
		}),
	}, nil
}
