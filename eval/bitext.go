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

// parallelColumns are the sentences of a table with a column for each language. The
// table is read once, and each column encoded once a run, however many pairs it is in.
type parallelColumns struct {
	table data.Table
	names []string
	texts map[string]*texts
	rows  map[string][]int
}

// mining is the protocol of BitMining on two columns.
func (p *parallelColumns) mining(a, b string) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		left, err := p.column(ctx, s, a)
		if err != nil {
			return 0, err
		}
		right, err := p.column(ctx, s, b)
		if err != nil {
			return 0, err
		}
		return metric.WeightedF1(upTo(left.Rows), nearest(left, right)), nil
	}
}

// column returns the vectors of a column, n×D of length 1.
func (p *parallelColumns) column(ctx context.Context, s *session, name string) (*matrix.Matrix, error) {
	if m, ok := s.columns[name]; ok {
		return m, nil
	}
	if p.texts == nil {
		if err := p.read(s); err != nil {
			return nil, err
		}
	}
	m, err := s.encodeUnit(ctx, p.texts[name])
	if err != nil {
		return nil, err
	}
	s.columns[name] = gather(m, p.rows[name])
	return s.columns[name], nil
}

func (p *parallelColumns) read(s *session) error {
	all, rows := map[string]*texts{}, map[string][]int{}
	for _, name := range p.names {
		all[name] = &texts{}
	}
	err := s.watch(p.table).Read(data.Fields(p.names...), func(r data.Row) error {
		for i, name := range p.names {
			text, err := r.Text(i)
			if err != nil {
				return err
			}
			rows[name] = append(rows[name], all[name].add(text, r.At))
		}
		return nil
	})
	if err == nil {
		p.texts, p.rows = all, rows
	}
	return err
}
