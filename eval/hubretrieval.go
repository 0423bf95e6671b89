package eval

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

// collection returns a retrieval data set: BEIR's files, or the Hub's configurations.
func (h set) collection(one data.Found) (c collection, err error) {
	if one.Err != nil {
		return c, one.Err
	}
	split := h.split
	if split == "" {
		split = "test"
	}
	c.ignoreSame = h.same
	if h.config != "" {
		return h.configuredCollection(one.Folder, split)
	}
	parts := []data.Part{
		{Stems: []string{"corpus"}, Dirs: []string{""}, Whole: []string{"corpus", "corpus/" + split, "corpus/corpus"}},
		{Stems: []string{"queries", "query"}, Dirs: []string{""}, Whole: []string{"queries", "query", "queries/" + split, "queries/queries"}},
		{Stems: []string{split}, Dirs: []string{"qrels", "default", "data", ""}, Whole: []string{"qrels/" + split, "default/" + split}},
	}
	for i, t := range []*data.Table{&c.corpus, &c.queries, &c.qrels} {
		parts[i].Prefer = split
		if t.Files, err = parts[i].Find(one.Folder); err != nil {
			return c, err
		}
	}
	return c, nil
}

// configuredCollection returns a collection of one language: the Hub's configurations
// deu-corpus, deu-queries and deu-qrels.
func (h set) configuredCollection(folder, split string) (c collection, err error) {
	c.ignoreSame = h.same
	tables := []struct {
		name string
		t    *data.Table
	}{{"corpus", &c.corpus}, {"queries", &c.queries}, {"qrels", &c.qrels}}
	for _, one := range tables {
		if one.t.Files, err = h.configured(one.name, split).Find(folder); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c collection) files() []string {
	var out []string
	for _, t := range []data.Table{c.corpus, c.queries, c.qrels} {
		out = append(out, t.Files...)
	}
	return out
}

func hubRetrieval(h set, folder string) (Task, error) {
	c, err := h.collection(data.Found{Folder: folder})
	return Task{files: c.files(), run: retrieval(c)}, err
}

// hubReranking reads lists of candidates, or the form of 2025: a collection and
// top_ranked.
func hubReranking(h set, folder string) (Task, error) {
	top := data.Part{Stems: []string{"top_ranked"}, Dirs: []string{""}, Whole: []string{"top_ranked", "top_ranked/test"}, Prefer: "test"}
	files, err := top.Find(folder)
	if errors.As(err, &data.AbsentError{}) {
		t, err := h.table(folder, "test")
		return Task{files: t.Files, run: reranking(t, rerankingFields)}, err
	}
	if err != nil {
		return Task{}, err
	}
	c, err := h.collection(data.Found{Folder: folder})
	r := ranked{collection: c, candidates: data.Table{Files: files}, merged: h.merged}
	return Task{files: append(c.files(), files...), run: r.reranking()}, err
}

// cqaTask is CQADupstackRetrieval, if forums other than the two of v2 are there: then
// all twelve have to be.
func cqaTask(forums map[string]collection, err error) (Task, bool) {
	var missing []string
	own := len(forums)
	for _, forum := range cqaForums {
		if _, ok := forums[cqaName(forum)]; !ok {
			missing = append(missing, cqaName(forum))
		} else if _, ok := named(cqaName(forum)); ok {
			own--
		}
	}
	if own == 0 {
		return Task{}, false
	}
	if err == nil && missing != nil {
		err = fmt.Errorf("forums are missing: %s", strings.Join(missing, ", "))
	}
	t := Task{Name: "CQADupstackRetrieval", Column: Ret, Official: "CQADupstackRetrieval", form: formHub}
	if err != nil {
		t.run = failing(err)
		return t, true
	}
	for _, forum := range cqaForums {
		c := forums[cqaName(forum)]
		t.files = append(t.files, c.files()...)
	}
	t.path = filepath.Dir(t.files[0])
	t.run = func(ctx context.Context, s *session) (float64, error) {
		var scores []float64
		for _, forum := range cqaForums {
			score, err := s.runPart(ctx, retrieval(forums[cqaName(forum)]))
			if err != nil {
				return 0, err
			}
			scores = append(scores, score)
			s.note(strings.ToLower(forum), 100*score)
		}
		return metric.Mean(scores), nil
	}
	return t, true
}
