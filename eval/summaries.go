package eval

import (
	"context"
	"math"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

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
func summaries(t data.Table, want []data.Field, withP bool) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, list, err := readSummaries(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, all)
		if err != nil {
			return 0, err
		}
		length := make([]float64, m.Rows)
		for i := range length {
			length[i] = math.Sqrt(metric.Dot(m.Row(i), m.Row(i))) + 1e-32
		}
		var rho []float64
		for _, d := range list {
			cosine := make([]float64, len(d.machine))
			for i, a := range d.machine {
				cosine[i] = math.Inf(-1)
				for _, b := range d.human {
					cosine[i] = max(cosine[i], metric.Dot(m.Row(a), m.Row(b))/length[a]/length[b])
				}
			}
			if metric.AllSame(d.score) || metric.AllSame(cosine) {
				continue
			}
			r, err := metric.Spearman(cosine, d.score)
			if err != nil {
				return 0, d.at.Errorf("%w", err)
			}
			if withP {
				r = (r + metric.SpearmanP(r, len(cosine))) / 2
			}
			rho = append(rho, r)
		}
		if len(rho) == 0 {
			return 0, list[0].at.Errorf("no text has summaries that differ in score and in cosine: %w", metric.ErrConstant)
		}
		s.note("texts", float64(len(rho)))
		if dropped := len(list) - len(rho); dropped > 0 {
			s.note("dropped", float64(dropped))
		}
		return metric.Mean(rho), nil
	}
}

// A summarised text: indices of its summaries, and the score of each machine's.
type summarised struct {
	at             data.Place
	human, machine []int
	score          []float64
}

func readSummaries(t data.Table, want []data.Field) (*texts, []summarised, error) {
	all := &texts{}
	var out []summarised
	err := t.Read(want, func(r data.Row) error {
		human, err := r.List(0, false)
		if err != nil {
			return err
		}
		machine, err := r.List(1, false)
		if err != nil {
			return err
		}
		score, err := r.Numbers(2)
		if err != nil {
			return err
		}
		if len(human) == 0 || len(machine) < 2 || len(score) != len(machine) {
			return r.At.Errorf("the row has %d human and %d machine summaries with %d scores", len(human), len(machine), len(score))
		}
		out = append(out, summarised{r.At, all.addAll(human, r.At), all.addAll(machine, r.At), score})
		return nil
	})
	return all, out, err
}
