package eval

import (
	"context"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// pairs are two texts a row, and what the data say of them.
type pairs struct {
	texts texts
	left  []int // n: index in texts
	right []int
	score []float64 // n: how similar they are, or 1 for a paraphrase and 0
}

// readPairs reads rows of two texts and a number.
func readPairs(t data.Table, want []data.Field) (*pairs, error) {
	p := &pairs{}
	err := t.Read(want, func(r data.Row) error {
		score, err := r.Number(0)
		if err != nil {
			return err
		}
		a, err := r.Text(1)
		if err != nil {
			return err
		}
		b, err := r.Text(2)
		if err != nil {
			return err
		}
		p.left, p.right = append(p.left, p.texts.add(a, r.At)), append(p.right, p.texts.add(b, r.At))
		p.score = append(p.score, score)
		return nil
	})
	return p, err
}

// cosines returns the cosine of each pair. A text of zeros has cosine 0 with any.
func (s *session) cosines(ctx context.Context, p *pairs) ([]float64, error) {
	m, err := s.encodeUnit(ctx, &p.texts)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p.left))
	for i := range out {
		out[i] = metric.Dot(m.Row(p.left[i]), m.Row(p.right[i]))
	}
	return out, nil
}

// similarity is the protocol of STS and WordSim: Spearman's correlation of cosines with
// the scores of people.
func similarity(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		p, err := readPairs(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		cosines, err := s.cosines(ctx, p)
		if err != nil {
			return 0, err
		}
		s.note("pairs", float64(len(cosines)))
		return metric.Spearman(cosines, p.score)
	}
}

// relatedness is the protocol of PEARL's BIRD: Pearson's correlation of (cosine+1)/2
// with the scores of people.
func relatedness(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		p, err := readPairs(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		cosines, err := s.cosines(ctx, p)
		if err != nil {
			return 0, err
		}
		for i, c := range cosines {
			cosines[i] = (c + 1) / 2
		}
		s.note("pairs", float64(len(cosines)))
		return metric.Pearson(cosines, p.score)
	}
}

// paraphrase is the protocol of PairClass: the best average precision over cosine, dot
// product, Euclidean and Manhattan distance.
func paraphrase(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		p, positive, err := readParaphrases(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		return s.bestPrecision(ctx, p, positive)
	}
}

// bestPrecision is the best average precision of telling the positive pairs.
func (s *session) bestPrecision(ctx context.Context, p *pairs, positive []bool) (float64, error) {
	m, err := s.encode(ctx, &p.texts)
	if err != nil {
		return 0, err
	}
	names := []string{"cosine", "dot", "euclidean", "manhattan"}
	by := similarities(m, p)
	best, precision := 0.0, make([]float64, len(by))
	parallel.Ranges(len(by), 1, func(i, _ int) { precision[i] = metric.AveragePrecision(by[i], positive) })
	for i, name := range names {
		s.note(name, 100*precision[i])
		best = max(best, precision[i])
	}
	s.note("pairs", float64(len(positive)))
	return best, nil
}

// entailment is the protocol of PairClass on XNLI: of 2,048 rows, drawn by label if there
// are more, those that say yes (0) or no (2); 1 is neither.
//
// Source: XNLI.dataset_transform of mteb 2.20.0.
func entailment(t data.Table) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		var label, premise, hypothesis []string
		var at []data.Place
		err := s.watch(t).Read(data.Fields("label", "premise", "hypothesis"), func(r data.Row) error {
			cells := make([]string, 3)
			for i, get := range []func(int) (string, error){r.ID, r.Text, r.Text} {
				var err error
				if cells[i], err = get(i); err != nil {
					return err
				}
			}
			label, premise, hypothesis, at = append(label, cells[0]), append(premise, cells[1]), append(hypothesis, cells[2]), append(at, r.At)
			return nil
		})
		if err != nil {
			return 0, err
		}
		rows := upTo(len(label))
		if drawnTexts < len(rows) {
			rows = stratify(label, drawnTexts, s.seed)
		}
		p := &pairs{}
		var positive []bool
		for _, i := range rows {
			if label[i] != "0" && label[i] != "2" {
				continue
			}
			p.left, p.right = append(p.left, p.texts.add(premise[i], at[i])), append(p.right, p.texts.add(hypothesis[i], at[i]))
			positive = append(positive, label[i] == "0")
		}
		if len(positive) == 0 || metric.AllSame(positive) {
			return 0, at[0].Errorf("there is only one class: all %d pairs have the same label", len(positive))
		}
		return s.bestPrecision(ctx, p, positive)
	}
}

// readParaphrases reads rows of 0 or 1 and two texts, or of lists of them: MTEB's files
// have all pairs on one line.
func readParaphrases(t data.Table, want []data.Field) (*pairs, []bool, error) {
	p := &pairs{}
	var positive []bool
	var first data.Place
	err := t.Read(want, func(r data.Row) error {
		labels, err := r.Yeses(0)
		if err != nil {
			return err
		}
		a, err := r.List(1, true)
		if err != nil {
			return err
		}
		b, err := r.List(2, true)
		if err != nil {
			return err
		}
		if len(a) != len(labels) || len(b) != len(labels) {
			return r.At.Errorf("the row has %d labels for %d and %d texts", len(labels), len(a), len(b))
		}
		if first.Line == 0 {
			first = r.At
		}
		for i, label := range labels {
			positive = append(positive, label)
			p.left, p.right = append(p.left, p.texts.add(a[i], r.At)), append(p.right, p.texts.add(b[i], r.At))
		}
		return nil
	})
	if err == nil && (len(positive) == 0 || metric.AllSame(positive)) {
		err = first.Errorf("there is only one class: all %d pairs have the same label", len(positive))
	}
	return p, positive, err
}

// similarities returns, for each pair, the cosine, the dot product, and the negative
// Euclidean and Manhattan distances.
func similarities(m *matrix.Matrix, p *pairs) [4][]float64 {
	var out [4][]float64
	for i := range out {
		out[i] = make([]float64, len(p.left))
	}
	parallel.Ranges(len(p.left), 256, func(from, to int) {
		for i := from; i < to; i++ {
			a, b := m.Row(p.left[i]), m.Row(p.right[i])
			euclidean, manhattan := metric.Distances(a, b)
			out[0][i] = metric.Cosine(a, b)
			out[1][i] = metric.Dot(a, b)
			out[2][i], out[3][i] = -euclidean, -manhattan
		}
	})
	return out
}
