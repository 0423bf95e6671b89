package eval

import (
	"cmp"
	"context"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

// An instructed is a data set of InstRet: a reranking set whose queries come twice, with
// an instruction (id-og) and with another that makes some documents wrong (id-changed).
type instructed struct {
	ranked
	instructions data.Table // of queries
	changed      data.Table // documents that are wrong by the other instruction
}

// following is the protocol of InstRet: p-MRR, how far the documents that the second
// instruction makes wrong fall, in [−1, 1]; mean over documents of a query, then over
// queries.
//
// Source: evaluate_p_mrr_change of mteb 2.20.0. Weller et al., FollowIR (2024).
func (c instructed) following() protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		instruction := map[string]string{}
		err := s.watch(c.instructions).Read(data.Fields("query-id|query_id", "instruction"), func(r data.Row) error {
			id, err := r.ID(0)
			if err != nil {
				return err
			}
			instruction[id], err = r.Text(1)
			return err
		})
		if err != nil {
			return 0, err
		}
		c.corpus, c.queries, c.qrels, c.candidates = s.watch(c.corpus), s.watch(c.queries), s.watch(c.qrels), s.watch(c.candidates)
		judged, err := c.readQrels()
		if err != nil {
			return 0, err
		}
		list, docs, err := c.readCandidates(judged)
		if err != nil {
			return 0, err
		}
		order, err := c.order(ctx, s, list, docs, instruction)
		if err != nil {
			return 0, err
		}
		return c.fallen(s, order)
	}
}

// order ranks the candidates of each query, by id, from 1: equal ones by their ids, the
// last first, as mteb has it.
func (c instructed) order(ctx context.Context, s *session, list []candidates, docs *names, instruction map[string]string) (map[string]map[string]int, error) {
	var all texts
	queries, err := c.readTexts(&all, list)
	if err != nil {
		return nil, err
	}
	var instructedTexts texts // with their instructions
	row := make([]int, len(list))
	for i, q := range list {
		text := all.list[queries[q.queries[0]]]
		if more, ok := instruction[q.queries[0]]; ok {
			text += " " + more
		}
		row[i] = instructedTexts.add(text, q.at)
	}
	docRows, err := c.readDocs(&instructedTexts, docs)
	if err != nil {
		return nil, err
	}
	m, err := s.encodeUnit(ctx, &instructedTexts)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]int{}
	for i, q := range list {
		score := make(map[int]float32, len(q.docs))
		for _, doc := range q.docs {
			score[doc] = float32(metric.Dot(m.Row(docRows[doc]), m.Row(row[i])))
		}
		best := slices.SortedFunc(slices.Values(q.docs), func(a, b int) int {
			return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(docs.names[b], docs.names[a]))
		})
		ranks := make(map[string]int, len(best))
		for k, doc := range best {
			ranks[docs.names[doc]] = k + 1
		}
		out[q.queries[0]] = ranks
	}
	return out, nil
}

// fallen returns p-MRR of the ranks.
func (c instructed) fallen(s *session, order map[string]map[string]int) (float64, error) {
	var byQuery []float64
	err := s.watch(c.changed).Read(data.Fields("query-id|query_id", "corpus-ids|corpus_ids"), func(r data.Row) error {
		id, err := r.ID(0)
		if err != nil {
			return err
		}
		list, err := r.Loose().List(1, true)
		if err != nil {
			return err
		}
		before, after := order[id+"-og"], order[id+"-changed"]
		if before == nil || after == nil || len(list) == 0 {
			return nil
		}
		sum := 0.0
		for _, doc := range list {
			old, now := rankOf(before, doc), rankOf(after, doc)
			if old >= now {
				sum += now/old - 1
			} else {
				sum += 1 - old/now
			}
		}
		byQuery = append(byQuery, sum/float64(len(list)))
		return nil
	})
	if err != nil {
		return 0, err
	}
	if len(byQuery) == 0 {
		return 0, data.Place{File: c.changed.Files[0], Line: 1}.Errorf("no query of it is ranked with both instructions (its id and -og, -changed)")
	}
	s.note("queries", float64(len(byQuery)))
	return metric.Mean(byQuery), nil
}

// rankOf is a document's rank; one that is not ranked comes after all that are.
func rankOf(ranks map[string]int, doc string) float64 {
	if rank, ok := ranks[doc]; ok {
		return float64(rank)
	}
	return float64(len(ranks) + 1)
}
