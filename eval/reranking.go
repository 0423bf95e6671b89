package eval

import (
	"context"
	"math"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/parallel"
)

// reranking is the protocol of Rank: candidates in descending order of their cosine
// with the query, of several queries the largest; mean of the average precisions.
// Queries without a right or a wrong candidate do not count.
func reranking(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, samples, dropped, err := readSamples(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, all)
		if err != nil {
			return 0, err
		}
		precision := make([]float64, len(samples))
		parallel.Ranges(len(samples), 16, func(from, to int) {
			for i := from; i < to; i++ {
				q := samples[i]
				score, positive := make([]float64, len(q.candidates)), make([]bool, len(q.candidates))
				for k, c := range q.candidates {
					score[k], positive[k] = math.Inf(-1), k < q.positives
					for _, query := range q.queries {
						score[k] = max(score[k], metric.Dot(m.Row(c), m.Row(query)))
					}
				}
				precision[i] = metric.AveragePrecision(score, positive)
			}
		})
		s.note("queries", float64(len(samples)))
		if dropped > 0 {
			s.note("dropped", float64(dropped))
		}
		return metric.Mean(precision), nil
	}
}

// A rerankSample is a query, in one wording or several, and its candidates, the right
// ones first; all are indices of texts.
type rerankSample struct {
	queries    []int
	candidates []int
	positives  int
}

func readSamples(t data.Table, want []data.Field) (all *texts, samples []rerankSample, dropped int, err error) {
	all = &texts{}
	var last data.Place
	err = t.Read(want, func(r data.Row) error {
		last = r.At
		query, err := r.List(0, true)
		if err != nil {
			return err
		}
		positive, err := r.List(1, false)
		if err != nil {
			return err
		}
		negative, err := r.List(2, false)
		if err != nil {
			return err
		}
		if len(query) == 0 {
			return r.At.Errorf("the row has no query")
		}
		if len(positive) == 0 || len(negative) == 0 {
			dropped++
			return nil
		}
		samples = append(samples, rerankSample{
			queries:    all.addAll(query, r.At),
			candidates: append(all.addAll(positive, r.At), all.addAll(negative, r.At)...),
			positives:  len(positive),
		})
		return nil
	})
	if err == nil && len(samples) == 0 {
		err = last.Errorf("no query has both right and wrong candidates: there is nothing to rank")
	}
	return all, samples, dropped, err
}
