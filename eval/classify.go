package eval

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/logreg"
	"github.com/m2v-dev/m2v/matrix"
)

const (
	experiments = 10 // of a classification task
	perLabel    = 8  // training examples of a class, unless the task has its own number
)

// labelled are texts and their labels.
type labelled struct {
	text  []string
	label []string
	at    []data.Place
	share []string // what else rows are drawn by; nil if there is no third field
}

func readLabelled(t data.Table, want []data.Field) (*labelled, error) {
	d := &labelled{}
	err := t.Read(want, func(r data.Row) error {
		label, err := r.ID(0)
		if err != nil {
			return err
		}
		text, err := r.Text(1)
		if err != nil {
			return err
		}
		d.label, d.text, d.at = append(d.label, label), append(d.text, text), append(d.at, r.At)
		if len(want) < 3 {
			return nil
		}
		share, err := r.ID(2)
		d.share = append(d.share, share)
		return err
	})
	return d, err
}

// classes is a data set of Class.
type classes struct {
	train, test data.Table
	want        []data.Field // the label, the text
	perClass    int          // training examples of a class
	// first, if it is not 0 and test is longer, is how many of its rows are drawn, each
	// label in its share.
	first int
	f1    bool // the score is macro F1, not accuracy
	// halves, if it is not 0, is how many rows each of train and test are, drawn from
	// one file by the third field's shares.
	halves int
}

// multiHateRows are those of MultiHateClassification.
//
// Source: MultiHateClassification.dataset_transform of mteb 2.20.0.
const multiHateRows = 1000

// read returns the training and the test texts.
func (c classes) read(s *session) (learn, check *labelled, err error) {
	if learn, err = readLabelled(s.watch(c.train), c.want); err != nil {
		return nil, nil, err
	}
	if c.halves > 0 {
		if len(learn.text) < 2*c.halves {
			return nil, nil, learn.at[0].Errorf("there are %d texts, and %d are to be drawn", len(learn.text), 2*c.halves)
		}
		train, test := nprand.StratifiedSplits(s.seed, numbered(learn.share), c.halves, c.halves)
		return learn.pick(train), learn.pick(test), nil
	}
	if check, err = readLabelled(s.watch(c.test), c.want); err != nil {
		return nil, nil, err
	}
	if c.first > 0 && c.first < len(check.text) {
		check = check.pick(stratify(check.label, c.first, s.seed))
	}
	return learn, check, nil
}

// classification is the protocol of Class: ten times, logistic regression learns from
// examples drawn from train, perClass of each label; the mean of its accuracies on test.
func (c classes) classification() protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		learn, check, err := c.read(s)
		if err != nil {
			return 0, err
		}
		labels := slices.Compact(slices.Sorted(slices.Values(learn.label)))
		if len(labels) < 2 {
			return 0, learn.at[0].Errorf("there is only one class: all %d training examples are %q", len(learn.label), data.Short(labels[0]))
		}
		truth, err := s.truth(check, labels, c.train, c.test.Strict)
		if err != nil {
			return 0, err
		}
		draws := drawExamples(learn, c.perClass, s.seed)
		accuracy, err := c.experiments(ctx, s, learn, check, draws, truth, labels)
		if err != nil {
			return 0, err
		}
		s.note("sd", 100*metric.Deviation(accuracy))
		s.note("examples", float64(len(draws[0])))
		s.note("texts", float64(len(check.text)))
		return metric.Mean(accuracy), nil
	}
}

// truth returns the class of each test text, -1 for a label that training never shows.
func (s *session) truth(check *labelled, labels []string, train data.Table, strict bool) ([]int, error) {
	out := make([]int, len(check.label))
	unseen := &data.Oddities{What: "labels of test are in no line of " + filepath.Base(train.Files[0]) + "; such texts count as wrong"}
	for i, label := range check.label {
		c, ok := slices.BinarySearch(labels, label)
		if !ok {
			if strict {
				return nil, check.at[i].Errorf("label %q is in no line of %s", data.Short(label), filepath.ToSlash(train.Files[0]))
			}
			c = -1
		}
		unseen.Meet(check.at[i], !ok)
		out[i] = c
	}
	return out, unseen.Judge(s.warnf)
}

// drawExamples returns, for each experiment, the rows of the first perClass examples of
// each label in a random order of all rows. As in mteb, each experiment shuffles the order
// of the one before, by the same seed.
//
// Source: AbsTaskClassification._undersample_data of mteb 1.14.15 and 2.
func drawExamples(d *labelled, perClass int, seed uint64) [][]int {
	order := upTo(len(d.label))
	draws := make([][]int, experiments)
	for e := range draws {
		nprand.NewState(seed).Shuffle(order)
		taken := map[string]int{}
		for _, i := range order {
			if label := d.label[i]; taken[label] < perClass {
				taken[label]++
				draws[e] = append(draws[e], i)
			}
		}
	}
	return draws
}

// experiments returns the score of each draw.
func (c classes) experiments(ctx context.Context, s *session, learn, check *labelled, draws [][]int, truth []int, labels []string) ([]float64, error) {
	var t texts
	tested := make([]int, len(check.text))
	for i, text := range check.text {
		tested[i] = t.add(text, check.at[i])
	}
	drawn := make([][]int, len(draws))
	for e, rows := range draws {
		for _, i := range rows {
			drawn[e] = append(drawn[e], t.add(learn.text[i], learn.at[i]))
		}
	}
	m, err := s.encode(ctx, &t)
	if err != nil {
		return nil, err
	}
	x := gather(m, tested)
	accuracy := make([]float64, len(draws))
	err = parallel.Errors(parallel.Cores(), len(draws), 1, func(e, _ int) error {
		y := make([]int, len(draws[e]))
		for k, i := range draws[e] {
			y[k], _ = slices.BinarySearch(labels, learn.label[i])
		}
		model, err := logreg.Fit(ctx, gather(m, drawn[e]), y, len(labels), logreg.DefaultOptions)
		if err != nil {
			return fmt.Errorf("experiment %d: %w", e+1, err)
		}
		predicted := model.Predict(x)
		if c.f1 {
			accuracy[e] = metric.MacroF1(truth, predicted)
			return nil
		}
		right := 0
		for i, label := range predicted {
			if label == truth[i] {
				right++
			}
		}
		accuracy[e] = float64(right) / float64(len(truth))
		return nil
	})
	return accuracy, err
}

// gather returns the given rows of m.
func gather(m *matrix.Matrix, rows []int) *matrix.Matrix {
	out := matrix.New(len(rows), m.Cols)
	for k, i := range rows {
		copy(out.Row(k), m.Row(i))
	}
	return out
}
