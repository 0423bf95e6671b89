package eval

import (
	"context"
	"math"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

const neighbours = 5 // that vote for a label

// multilabelled are texts, each of which has any number of labels.
type multilabelled struct {
	text  []string
	label [][]string
	at    []data.Place
}

func readMultilabelled(t data.Table, want []data.Field) (*multilabelled, error) {
	d := &multilabelled{}
	err := t.Read(want, func(r data.Row) error {
		label, err := r.Loose().List(0, true)
		if err != nil {
			return err
		}
		text, err := r.Text(1)
		d.label, d.text, d.at = append(d.label, label), append(d.text, text), append(d.at, r.At)
		return err
	})
	return d, err
}

// multilabel is the protocol of MultiClass: ten times, examples are drawn from train
// until each label has perLabel; a test text has the labels that most of its five nearest
// examples have. The mean share of texts whose labels are all right.
//
// Source: AbsTaskMultilabelClassification of mteb 2.20.0, whose sample of long test parts
// fails on lists of labels, so that all is tested.
func multilabel(train, test data.Table, want []data.Field, perLabel int) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		learn, err := readMultilabelled(s.watch(train), want)
		if err != nil {
			return 0, err
		}
		check, err := readMultilabelled(s.watch(test), want)
		if err != nil {
			return 0, err
		}
		names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(check.label...))))
		var all texts
		tested := make([]int, len(check.text))
		for i, text := range check.text {
			tested[i] = all.add(text, check.at[i])
		}
		draws, rows := make([][]int, experiments), make([][]int, experiments)
		for e := range draws {
			draws[e] = learn.draw(perLabel, s.generator())
			for _, i := range draws[e] {
				rows[e] = append(rows[e], all.add(learn.text[i], learn.at[i]))
			}
			if len(draws[e]) < neighbours {
				return 0, learn.at[0].Errorf("there are %d examples, fewer than the %d neighbours that vote", len(draws[e]), neighbours)
			}
		}
		m, err := s.encode(ctx, &all)
		if err != nil {
			return 0, err
		}
		truth := oneHot(check.label, names)
		x := gather(m, tested)
		accuracy := make([]float64, experiments)
		for e := range draws {
			var labels [][]string
			for _, i := range draws[e] {
				labels = append(labels, learn.label[i])
			}
			accuracy[e] = voted(x, gather(m, rows[e]), truth, oneHot(labels, names))
		}
		s.note("sd", 100*metric.Deviation(accuracy))
		s.note("texts", float64(len(check.text)))
		s.note("labels", float64(len(names)))
		return metric.Mean(accuracy), nil
	}
}

// draw returns rows in random order, those that have a label with fewer than perLabel
// examples so far.
func (d *multilabelled) draw(perLabel int, random *nprand.Generator) []int {
	var out []int
	taken := map[string]int{}
	for _, i := range random.Perm(len(d.text)) {
		if !slices.ContainsFunc(d.label[i], func(label string) bool { return taken[label] < perLabel }) {
			continue
		}
		out = append(out, i)
		for _, label := range d.label[i] {
			taken[label]++
		}
	}
	return out
}

// oneHot tells of each text which of the names are its labels; others do not count.
func oneHot(labels [][]string, names []string) [][]bool {
	out := make([][]bool, len(labels))
	for i, list := range labels {
		out[i] = make([]bool, len(names))
		for _, label := range list {
			if k, ok := slices.BinarySearch(names, label); ok {
				out[i][k] = true
			}
		}
	}
	return out
}

// voted returns the share of rows of x all of whose labels are those that most of the
// nearest rows of examples have.
func voted(x, examples *matrix.Matrix, truth, known [][]bool) float64 {
	right := make([]bool, x.Rows)
	parallel.Ranges(x.Rows, 16, func(from, to int) {
		for i := from; i < to; i++ {
			votes := make([]int, len(truth[i]))
			for _, k := range closest(x.Row(i), examples) {
				for c, yes := range known[k] {
					if yes {
						votes[c]++
					}
				}
			}
			right[i] = true
			for c, n := range votes {
				right[i] = right[i] && (n > neighbours/2) == truth[i][c]
			}
		}
	})
	n := 0
	for _, yes := range right {
		if yes {
			n++
		}
	}
	return float64(n) / float64(len(right))
}

// closest returns the rows of examples of the least Euclidean distance to v, the first
// of equals first.
func closest(v []float32, examples *matrix.Matrix) []int {
	t := top{size: neighbours}
	norm := metric.Dot(v, v)
	for k := range examples.Rows {
		e := examples.Row(k)
		square := norm - 2*metric.Dot(v, e) + metric.Dot(e, e)
		t.offerAll([]float32{float32(-math.Max(square, 0))}, k, 0, nil)
	}
	out := make([]int, 0, neighbours)
	for _, h := range t.sorted() {
		out = append(out, h.doc)
	}
	return out
}
