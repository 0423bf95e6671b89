package eval

import (
	"context"
	"math"
)

// reranking is the protocol of Rank: candidates in descending order of their cosine
// with the query, of several queries the largest; mean of the average precisions.
// Queries without a right or a wrong candidate do not count.
func reranking(t table, want []field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, samples, dropped, err := readSamples(t.in(s), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, all)
		if err != nil {
			return 0, err
		}
		precision := make([]float64, len(samples))
		parallel(len(samples), 16, func(from, to int) {
			for i := from; i < to; i++ {
				q := samples[i]
				score, positive := make([]float64, len(q.candidates)), make([]bool, len(q.candidates))
				for k, c := range q.candidates {
					score[k], positive[k] = math.Inf(-1), k < q.positives
					for _, query := range q.queries {
						score[k] = max(score[k], dot(m.Row(c), m.Row(query)))
					}
				}
				precision[i] = averagePrecision(score, positive)
			}
		})
		s.note("queries", float64(len(samples)))
		if dropped > 0 {
			s.note("dropped", float64(dropped))
		}
		return mean(precision), nil
	}
}

// A rerankSample is a query, in one wording or several, and its candidates, the right
// ones first; all are indices of texts.
type rerankSample struct {
	queries    []int
	candidates []int
	positives  int
}

func readSamples(t table, want []field) (all *texts, samples []rerankSample, dropped int, err error) {
	all = &texts{}
	var last place
	err = t.read(want, func(r row) error {
		last = r.at
		query, err := r.list(0, true)
		if err != nil {
			return err
		}
		positive, err := r.list(1, false)
		if err != nil {
			return err
		}
		negative, err := r.list(2, false)
		if err != nil {
			return err
		}
		if len(query) == 0 {
			return r.at.errorf("no query")
		}
		if len(positive) == 0 || len(negative) == 0 {
			dropped++
			return nil
		}
		samples = append(samples, rerankSample{
			queries:    all.addAll(query, r.at),
			candidates: append(all.addAll(positive, r.at), all.addAll(negative, r.at)...),
			positives:  len(positive),
		})
		return nil
	})
	if err == nil && len(samples) == 0 {
		err = last.errorf("one class only: no query has both right and wrong candidates")
	}
	return all, samples, dropped, err
}

// summaries is the protocol of Sum: a machine's summary scores its largest cosine with
// a human one; Spearman's correlation of that with people's scores, mean over texts. A
// text whose summaries all have one score does not count. Extractive systems write the
// same sentences in another order, so cosines are nearly equal and a rounding of 1e-7
// changes ranks: lengths are divided out in float64.
//
// withP is MTEB's v1, whose number is by mistake the mean of correlations and of their
// p-values: half of what is meant, about.
//
// Source: SummarizationEvaluator and DeprecatedSummarizationEvaluator of mteb 1.14.15.
func summaries(t table, want []field, withP bool) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, list, err := readSummaries(t.in(s), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, all)
		if err != nil {
			return 0, err
		}
		length := make([]float64, m.Rows)
		for i := range length {
			length[i] = math.Sqrt(dot(m.Row(i), m.Row(i))) + 1e-32
		}
		var rho []float64
		for _, d := range list {
			cosine := make([]float64, len(d.machine))
			for i, a := range d.machine {
				cosine[i] = math.Inf(-1)
				for _, b := range d.human {
					cosine[i] = max(cosine[i], dot(m.Row(a), m.Row(b))/length[a]/length[b])
				}
			}
			if constant(d.score) || constant(cosine) {
				continue
			}
			r, err := spearman(cosine, d.score)
			if err != nil {
				return 0, d.at.errorf("%w", err)
			}
			if withP {
				r = (r + pValue(r, len(cosine))) / 2
			}
			rho = append(rho, r)
		}
		if len(rho) == 0 {
			return 0, list[0].at.errorf("no text has summaries that differ in score and in cosine: %w", errConstant)
		}
		s.note("texts", float64(len(rho)))
		if dropped := len(list) - len(rho); dropped > 0 {
			s.note("dropped", float64(dropped))
		}
		return mean(rho), nil
	}
}

// A summarised text: indices of its summaries, and the score of each machine's.
type summarised struct {
	at             place
	human, machine []int
	score          []float64
}

func readSummaries(t table, want []field) (*texts, []summarised, error) {
	all := &texts{}
	var out []summarised
	err := t.read(want, func(r row) error {
		human, err := r.list(0, false)
		if err != nil {
			return err
		}
		machine, err := r.list(1, false)
		if err != nil {
			return err
		}
		score, err := r.numbers(2)
		if err != nil {
			return err
		}
		if len(human) == 0 || len(machine) < 2 || len(score) != len(machine) {
			return r.at.errorf("%d human and %d machine summaries with %d scores", len(human), len(machine), len(score))
		}
		out = append(out, summarised{r.at, all.addAll(human, r.at), all.addAll(machine, r.at), score})
		return nil
	})
	return all, out, err
}
