package eval

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// collection returns a retrieval data set: BEIR's files, or the Hub's configurations.
func (h hubSet) collection(one foundSet) (c collection, err error) {
	if one.err != nil {
		return c, one.err
	}
	split := h.split
	if split == "" {
		split = "test"
	}
	c.ignoreSame = h.same
	parts := []part{
		{stems: []string{"corpus"}, dirs: []string{""}, whole: []string{"corpus", "corpus/" + split, "corpus/corpus"}},
		{stems: []string{"queries", "query"}, dirs: []string{""}, whole: []string{"queries", "query", "queries/" + split, "queries/queries"}},
		{stems: []string{split}, dirs: []string{"qrels", "default", "data", ""}, whole: []string{"qrels/" + split, "default/" + split}},
	}
	for i, t := range []*table{&c.corpus, &c.queries, &c.qrels} {
		parts[i].prefer = split
		if t.files, err = parts[i].find(one.folder); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c collection) files() []string {
	var out []string
	for _, t := range []table{c.corpus, c.queries, c.qrels} {
		out = append(out, t.files...)
	}
	return out
}

func hubRetrieval(h hubSet, folder string) (Task, error) {
	c, err := h.collection(foundSet{folder: folder})
	return Task{files: c.files(), run: retrieval(c)}, err
}

// hubReranking reads lists of candidates, or the form of 2025: a collection and
// top_ranked.
func hubReranking(h hubSet, folder string) (Task, error) {
	top := part{stems: []string{"top_ranked"}, dirs: []string{""}, whole: []string{"top_ranked", "top_ranked/test"}, prefer: "test"}
	files, err := top.find(folder)
	if errors.As(err, &absentError{}) {
		t, err := h.table(folder, "test")
		return Task{files: t.files, run: reranking(t, rerankingFields)}, err
	}
	if err != nil {
		return Task{}, err
	}
	c, err := h.collection(foundSet{folder: folder})
	r := ranked{collection: c, candidates: table{files: files}, merged: h.merged}
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
		} else if _, ok := hubSets[cqaName(forum)]; ok {
			own--
		}
	}
	if own == 0 {
		return Task{}, false
	}
	if err == nil && missing != nil {
		err = fmt.Errorf("forums are missing: %s", strings.Join(missing, ", "))
	}
	t := Task{Name: "CQADupstackRetrieval", Column: Ret, Official: "CQADupstackRetrieval", form: "hub"}
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
			one := &session{enc: s.enc, seed: s.seed}
			score, err := retrieval(forums[cqaName(forum)])(ctx, one)
			if err != nil {
				return 0, err
			}
			scores = append(scores, score)
			s.note(strings.ToLower(forum), 100*score)
			s.warnings = append(s.warnings, one.warnings...)
			s.encoded, s.encoding = s.encoded+one.encoded, s.encoding+one.encoding
		}
		return mean(scores), nil
	}
	return t, true
}
