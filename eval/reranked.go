package eval

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

// A ranked is a reranking data set in MTEB's form of 2025: a collection, and of each
// query the candidates.
type ranked struct {
	collection
	candidates data.Table
	// merged queries are wordings of one, by what their ids have before the last "_".
	merged bool
	main   string // the score that counts, as mteb calls it; "" is average precision
}

// A candidates are the documents that a query ranks; numbers are those of docs.
type candidates struct {
	at      data.Place
	queries []string // ids
	docs    []int
}

// reranking is the protocol of Rank on that form: see reranking in ranking.go. A right
// document that is no candidate counts as not found.
func (c ranked) reranking() protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		c.corpus, c.queries, c.qrels, c.candidates = s.watch(c.corpus), s.watch(c.queries), s.watch(c.qrels), s.watch(c.candidates)
		judged, err := c.readQrels()
		if err != nil {
			return 0, err
		}
		list, docs, err := c.readCandidates(judged)
		if err != nil {
			return 0, err
		}
		var all texts
		queries, err := c.readTexts(&all, list)
		if err != nil {
			return 0, err
		}
		rows, err := c.readDocs(&all, docs)
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, &all)
		if err != nil {
			return 0, err
		}
		var precision []float64
		for _, q := range list {
			right, total := map[string]bool{}, 0
			for _, j := range judged.byQuery[q.queries[0]] {
				if j.grade > 0 {
					right[j.id] = true
					total++
				}
			}
			score, positive := make([]float64, len(q.docs)), make([]bool, len(q.docs))
			found := 0
			for k, doc := range q.docs {
				score[k] = math.Inf(-1)
				for _, id := range q.queries {
					score[k] = max(score[k], metric.Dot(m.Row(rows[doc]), m.Row(queries[id])))
				}
				if positive[k] = right[docs.names[doc]]; positive[k] {
					found++
				}
			}
			if found == 0 || found == len(q.docs) {
				continue
			}
			one := metric.AveragePrecision(score, positive) * float64(found) / float64(total)
			if c.main == "mrr_at_10" {
				one = metric.ReciprocalRank(score, positive, hits)
			}
			precision = append(precision, one)
		}
		if len(precision) == 0 {
			return 0, list[0].at.Errorf("no query has both right and wrong candidates: there is nothing to rank")
		}
		s.note("queries", float64(len(precision)))
		if dropped := len(list) - len(precision); dropped > 0 {
			s.note("dropped", float64(dropped))
		}
		return metric.Mean(precision), nil
	}
}

// A names gives names numbers: there are millions of candidates, and few documents.
type names struct {
	names  []string
	number map[string]int
}

func (n *names) add(name string) int {
	i, ok := n.number[name]
	if !ok {
		i = len(n.names)
		n.number[name] = i
		n.names = append(n.names, name)
	}
	return i
}

// readCandidates returns the judged queries and what they rank. Wordings of one query
// have the same candidates.
func (c ranked) readCandidates(j *judgements) ([]candidates, *names, error) {
	docs := &names{number: map[string]int{}}
	var out []candidates
	group := map[string]int{}
	err := c.candidates.Read(data.Fields("query-id|query_id", "corpus-ids|corpus_ids"), func(r data.Row) error {
		query, err := r.ID(0)
		if err != nil {
			return err
		}
		ids, err := r.List(1, false)
		if err != nil {
			return err
		}
		if _, ok := j.byQuery[query]; !ok {
			return nil
		}
		key := query
		if end := strings.LastIndexByte(query, '_'); c.merged && end > 0 {
			key = query[:end]
		}
		if i, ok := group[key]; ok && c.merged {
			out[i].queries = append(out[i].queries, query)
			return nil
		} else if ok {
			return r.At.Errorf("query %q occurs twice", data.Short(query))
		}
		group[key] = len(out)
		one := candidates{at: r.At, queries: []string{query}, docs: make([]int, len(ids))}
		for k, id := range ids {
			one.docs[k] = docs.add(id)
		}
		out = append(out, one)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = data.Place{File: c.candidates.Files[0], Line: 1}.Errorf("no query of it has judgements")
	}
	return out, docs, err
}

// readTexts adds the texts of the queries of list to all and returns their rows by id.
func (c ranked) readTexts(all *texts, list []candidates) (map[string]int, error) {
	rows := map[string]int{}
	for _, q := range list {
		for _, id := range q.queries {
			rows[id] = -1
		}
	}
	err := c.queries.Read(queryFields, func(r data.Row) error {
		id, err := r.ID(0)
		if err != nil {
			return err
		}
		if _, ok := rows[id]; !ok {
			return nil
		}
		text, err := r.Text(1)
		rows[id] = all.add(text, r.At)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, q := range list {
		for _, id := range q.queries {
			if rows[id] < 0 {
				return nil, q.at.Errorf("query %q is in no line of %s", data.Short(id), filepath.Base(c.queries.Files[0]))
			}
		}
	}
	return rows, nil
}

// readDocs adds the texts of docs to all and returns their rows by number.
func (c ranked) readDocs(all *texts, docs *names) ([]int, error) {
	rows := make([]int, len(docs.names))
	for i := range rows {
		rows[i] = -1
	}
	err := c.corpus.Read(docFields, func(r data.Row) error {
		id, err := r.ID(0)
		if err != nil {
			return err
		}
		i, ok := docs.number[id]
		if !ok {
			return nil
		}
		text, err := document(r)
		r.Meet(text == "")
		rows[i] = all.add(text, r.At)
		return err
	})
	if err != nil {
		return nil, err
	}
	if i := slices.Index(rows, -1); i >= 0 {
		return nil, data.Place{File: c.candidates.Files[0], Line: 1}.Errorf("document %q is in no line of %s", data.Short(docs.names[i]), filepath.Base(c.corpus.Files[0]))
	}
	return rows, nil
}
