package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/nprand"
)

// Set is a data set: labelled texts to train and to test with.
type Set struct{ Name, Train, Test string }

// Published are the data sets of the published table. It has a fifteenth, student.
var Published = []string{
	"20_newsgroups", "ade", "ag_news", "amazon_counterfactual", "bbc", "emotion", "enron_spam", "hatespeech_offensive", "imdb",
	"massive_scenario", "senteval_cr", "sst5", "subj", "tweet_sentiment_extraction",
}

// arePublished tells whether sets are those of the published table, all and no others.
func arePublished(sets []Set) bool {
	for _, s := range sets {
		if !slices.Contains(Published, s.Name) {
			return false
		}
	}
	return len(sets) == len(Published)
}

// Find returns the data sets in dir, by name: its folders with files train and test, of TSV,
// CSV, JSON Lines or Parquet. Where names are given, those, of which published stands for
// Published; one that is not there is an error.
func Find(dir string, names []string) ([]Set, error) {
	if len(names) == 1 && names[0] == "published" {
		names = Published
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	var sets []Set
	for _, e := range entries { // by name
		s := Set{Name: e.Name(), Train: file(dir, e.Name(), "train"), Test: file(dir, e.Name(), "test")}
		if s.Train != "" && s.Test != "" && (names == nil || slices.Contains(names, s.Name)) {
			sets = append(sets, s)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(sets, func(s Set) bool { return s.Name == name }) {
			return nil, fmt.Errorf("bench: %s has no data set %q: make a folder of that name with files train and test", dir, name)
		}
	}
	if sets == nil {
		return nil, fmt.Errorf("bench: %s has no data sets: make folders with files train and test, such as train.tsv", dir)
	}
	return sets, nil
}

// file returns a file of a data set, "" if there is none.
func file(dir, set, part string) string {
	for _, suffix := range []string{".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet"} {
		path := filepath.Join(dir, set, part+suffix)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// read reads both parts.
func (s Set) read(ctx context.Context) (train, test *classifier.Examples, err error) {
	if train, err = classifier.Read(ctx, classifier.Source{File: s.Train, Task: classifier.Single}); err != nil {
		return nil, nil, err
	}
	test, err = classifier.Read(ctx, classifier.Source{File: s.Test, Task: classifier.Single})
	return train, test, err
}

// Draw returns n of the examples, each label in its share; all, if there are no more.
func Draw(e *classifier.Examples, n int, seed uint64) *classifier.Examples {
	if e.Len() <= n {
		return e
	}
	at := map[string]int{}
	labels := make([]int, e.Len())
	for i, l := range e.Labels {
		if _, ok := at[l[0]]; !ok {
			at[l[0]] = len(at)
		}
		labels[i] = at[l[0]]
	}
	rows := nprand.StratifiedSplit(seed, labels, n)
	slices.Sort(rows)
	return e.Pick(rows)
}
