package eval

import (
	"context"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/matrix"
)

// mining is the protocol of BitMining: of each sentence the one in the other language of
// the largest cosine, the first of equals; F1 of finding its own translation, weighted.
//
// Source: AbsTaskBitextMining and BitextMiningEvaluator of mteb 2.20.0.
func mining(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		var all texts
		var left, right []int
		err := s.watch(t).Read(want, func(r data.Row) error {
			a, err := r.Text(0)
			if err != nil {
				return err
			}
			b, err := r.Text(1)
			left, right = append(left, all.add(a, r.At)), append(right, all.add(b, r.At))
			return err
		})
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, &all)
		if err != nil {
			return 0, err
		}
		s.note("pairs", float64(len(left)))
		gold := upTo(len(left))
		return metric.WeightedF1(gold, nearest(gather(m, left), gather(m, right))), nil
	}
}

// nearest returns, for each row of queries, the row of docs of the largest inner product,
// the first of equals.
func nearest(queries, docs *matrix.Matrix) []int {
	tops := make([]top, queries.Rows)
	for i := range tops {
		tops[i].size = 1
	}
	scan(queries, docs, 0, tops, nil)
	out := make([]int, len(tops))
	for i, t := range tops {
		out[i] = t.heap[0].doc
	}
	return out
}
