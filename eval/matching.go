package eval

import (
	"context"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/matrix"
)

// A join is a list of names, and others whose right one among them is to be found.
type join struct {
	at         data.Place
	candidates []string
	queries    []string
	gold       []string // of each query
}

// matching is the protocol of PEARL's AutoFJ, YAGO and UMLS: the share of queries whose
// nearest candidate by cosine, the first of equals, is the right one; mean over tables.
func matching(read func(s *session) ([]join, error)) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		joins, err := read(s)
		if err != nil {
			return 0, err
		}
		accuracy := make([]float64, len(joins))
		queries := 0
		for i, j := range joins {
			if accuracy[i], err = s.match(ctx, j); err != nil {
				return 0, err
			}
			queries += len(j.queries)
		}
		s.note("tables", float64(len(joins)))
		s.note("queries", float64(queries))
		return metric.Mean(accuracy), nil
	}
}

// match returns the accuracy of one table.
func (s *session) match(ctx context.Context, j join) (float64, error) {
	var all texts
	wanted := all.addAll(j.queries, j.at)
	m, err := s.encodeUnit(ctx, &all)
	if err != nil {
		return 0, err
	}
	queries, tops := gather(m, wanted), make([]top, len(wanted))
	for i := range tops {
		tops[i].size = 1
	}
	for from := 0; from < len(j.candidates); from += docBlock {
		var docs *matrix.Matrix
		all.reset()
		rows := all.addAll(j.candidates[from:min(from+docBlock, len(j.candidates))], j.at)
		if m, err = s.encodeUnit(ctx, &all); err != nil {
			return 0, err
		}
		if docs = m; len(rows) != m.Rows {
			docs = gather(m, rows)
		}
		scan(queries, docs, from, tops, nil)
	}
	right := 0
	for i, t := range tops {
		if j.candidates[t.heap[0].doc] == j.gold[i] {
			right++
		}
	}
	return float64(right) / float64(len(tops)), nil
}

// readJoins reads a table a row: lists of candidates, queries, and their gold.
func readJoins(t data.Table, want []data.Field) func(s *session) ([]join, error) {
	return func(s *session) ([]join, error) {
		var out []join
		err := s.watch(t).Read(want, func(r data.Row) error {
			j := join{at: r.At}
			for i, list := range []*[]string{&j.candidates, &j.queries, &j.gold} {
				var err error
				if *list, err = r.List(i, false); err != nil {
					return err
				}
			}
			if len(j.candidates) == 0 || len(j.queries) == 0 || len(j.gold) != len(j.queries) {
				return r.At.Errorf("the row has %d candidates, %d queries and %d answers (gold)", len(j.candidates), len(j.queries), len(j.gold))
			}
			out = append(out, j)
			return nil
		})
		return out, err
	}
}
