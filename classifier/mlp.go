package classifier

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// mlp is the reference's full finetune under way: rows and a head that train together.
type mlp struct {
	options Options
	task    Task
	rows    *learn.Rows
	head    *learn.Head
	class   learn.ClassOptions

	bags    *learn.Bags // of all texts: to train with, and after them to validate with
	targets targets
	random  *nprand.Generator // of token dropout

	table, weights *learn.SparseAdam // nil where they stay
	dense          *learn.Adam
}

// trainMLP trains rows and head.
//
// Source: StaticModelForClassification.fit in model2vec's train/classifier.py. The rows are
// trained by SparseAdam where the reference has Adam: a row does not move in a step that
// does not hold it, and a step costs its own tokens, not the vocabulary.
func (c *Classifier) trainMLP(ctx context.Context, r *Report, train, validate *Examples, t targets, weights []float64, o Options) error {
	m := &mlp{options: o, task: c.Task, class: learn.ClassOptions{Weights: weights, Gamma: o.Focal}, random: nprand.NewGenerator(o.Seed + 1)}
	var strata []int
	if c.Task == Single {
		strata = t.classes
	}
	learned, held := learn.Split(train.Len(), o.Validation, strata, o.Seed)
	texts := train.Texts
	if validate != nil {
		learned, held = upTo(0, train.Len()), upTo(train.Len(), train.Len()+validate.Len())
		texts = append(append([]string(nil), texts...), validate.Texts...)
		more, _ := validate.targets(c.Classes)
		t = t.append(more)
	}
	m.targets, m.bags = t, tokens(c.base.Static, texts)
	outputs := len(c.Classes)
	if c.Task == Regression {
		outputs = t.values.Cols
	}
	m.begin(c.base.Static, outputs)
	batch := o.Batch
	if batch == 0 {
		batch = learn.BatchSize(len(learned))
	}
	result, err := m.loop(r, learned, held, batch).Run(ctx)
	r.Examples, r.Epochs, r.Steps, r.Batch = len(learned), result.Epochs, result.Steps, batch
	if result.Best.Step > 0 {
		r.Best = &result.Best
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("classifier: fit: %w", err)
	}
	if err != nil && r.Best == nil {
		return err
	}
	trained, buildErr := m.model(c.base.Static)
	if buildErr != nil {
		return buildErr
	}
	c.base.Static, c.Head = trained, m.head
	r.Validation = c.scores(m.outputs(held), m.targets.pick(held), DefaultThreshold)
	return err
}

// loop says how the training runs.
func (m *mlp) loop(r *Report, learned, held []int, batch int) *learn.Loop {
	o := m.options
	stop := learn.NewEarlyStop(m.task != Regression)
	stop.Patience = o.Patience
	every := o.ValidateEvery
	if every == 0 {
		every = learn.Interval(len(learned), batch)
	}
	params := []learn.Optimiser{m.dense}
	for _, p := range []*learn.SparseAdam{m.table, m.weights} {
		if p != nil {
			params = append(params, p)
		}
	}
	return &learn.Loop{
		Examples: len(learned), Batch: batch, Epochs: o.Epochs, Every: every, Seed: o.Seed,
		Schedule: learn.NewPlateau(o.Rate), Stop: stop, Params: params,
		Step: func(examples []int, rate float64) float64 {
			list := make([]int, len(examples))
			for i, k := range examples {
				list[i] = learned[k]
			}
			return m.step(list, rate)
		},
		Validate: func() (learn.Validation, error) { return m.validate(held), nil },
		Tell: func(record learn.Record) {
			r.Log = append(r.Log, record)
			if o.Tell != nil {
				o.Tell(record)
			}
		},
	}
}

// begin copies the model's rows and draws a head.
func (m *mlp) begin(s *static.Model, outputs int) {
	table := s.Table().Matrix()
	m.rows = &learn.Rows{Table: &matrix.Matrix{Rows: table.Rows, Cols: table.Cols, Data: append([]float32(nil), table.Data...)}, Mapping: s.Mapping()}
	for i, v := range m.rows.Table.Data {
		if v != v {
			m.rows.Table.Data[i] = 0
		}
	}
	if w := s.Weights(); w != nil {
		for _, v := range w {
			m.rows.Weights = append(m.rows.Weights, float32(v))
		}
	} else if m.options.LearnWeights {
		m.rows.Weights = make([]float32, max(table.Rows, len(s.Mapping())))
		for i := range m.rows.Weights {
			m.rows.Weights[i] = 1
		}
	}
	hidden := make([]int, m.options.Layers)
	for i := range hidden {
		hidden[i] = m.options.Hidden
	}
	m.head = learn.NewHead(nprand.NewGenerator(m.options.Seed), table.Cols, hidden, outputs)
	m.dense = learn.NewAdam(learn.DefaultAdam, m.head.Params()...)
	if !m.options.Freeze {
		m.table = learn.NewSparseAdam(learn.DefaultAdam, m.rows.Table)
	}
	if m.rows.Weights != nil && !m.options.FreezeWeights {
		m.weights = learn.NewSparseAdam(learn.DefaultAdam, &matrix.Matrix{Rows: len(m.rows.Weights), Cols: 1, Data: m.rows.Weights})
	}
}

// step trains on some texts at a rate.
func (m *mlp) step(list []int, rate float64) float64 {
	bags := m.bags.Select(list).Drop(m.options.TokenDropout, m.random)
	unit := learn.Unit(m.rows.Means(bags))             // B×D
	pass := m.head.Forward(unit.Out)                   // B×K
	loss, slope := m.loss(pass.Out(), m.targets, list) // B×K
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss // and nothing moves
	}
	slope, layers := m.head.Backward(pass, slope) // B×D
	if m.table != nil || m.weights != nil {
		g := m.rows.Gradient(bags, unit.Backward(slope))
		if m.table != nil {
			m.table.Step(rate, g.Rows)
		}
		if m.weights != nil {
			m.weights.Step(rate, g.Weights)
		}
	}
	m.dense.Step(rate, layers...)
	return loss
}

func (m *mlp) loss(scores *matrix.Matrix, t targets, list []int) (float64, *matrix.Matrix) {
	want := t.pick(list)
	switch m.task {
	case Single:
		return learn.CrossEntropy(scores, want.classes, m.class)
	case Multi:
		return learn.BinaryCrossEntropy(scores, want.values, m.class)
	}
	return learn.MSE(scores, want.values)
}

// outputs returns what the head makes of texts, before softmax or sigmoid.
func (m *mlp) outputs(list []int) *matrix.Matrix {
	out := matrix.New(len(list), len(m.head.Layers[len(m.head.Layers)-1].Bias))
	const group = 1024
	for from := 0; from < len(list); from += group {
		to := min(from+group, len(list))
		pass := m.head.Forward(learn.Unit(m.rows.Means(m.bags.Select(list[from:to]))).Out)
		copy(out.Data[from*out.Cols:], pass.Out().Data)
	}
	return out
}

// validate returns the loss, and the accuracy, for several labels a text the mean Jaccard
// index, for numbers the loss itself.
func (m *mlp) validate(held []int) learn.Validation {
	out := m.outputs(held)
	loss, _ := m.loss(out, m.targets, held)
	want, score := m.targets.pick(held), loss
	switch m.task {
	case Single:
		right := 0
		for i, c := range want.classes {
			if highest(out.Row(i)) == c {
				right++
			}
		}
		score = float64(right) / float64(len(held))
	case Multi:
		score = 0
		for i := range held {
			score += jaccard(out.Row(i), want.values.Row(i)) / float64(len(held))
		}
	}
	return learn.Validation{Loss: loss, Score: score}
}

// jaccard is the part of the labels of either side that both have, 0 where none has any.
func jaccard(scores, want []float32) float64 {
	both, either := 0.0, 0.0
	for k, s := range scores {
		if s > 0 && want[k] == 1 {
			both++
		}
		if s > 0 || want[k] == 1 {
			either++
		}
	}
	if either == 0 {
		return 0
	}
	return both / either
}

// upTo returns from … to−1.
func upTo(from, to int) []int {
	var list []int
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

// append returns t and, after it, more.
func (t targets) append(more targets) targets {
	if t.classes != nil {
		return targets{classes: append(append([]int(nil), t.classes...), more.classes...)}
	}
	out := &matrix.Matrix{Rows: t.values.Rows + more.values.Rows, Cols: t.values.Cols}
	out.Data = append(append(out.Data, t.values.Data...), more.values.Data...)
	return targets{values: out}
}

// highest returns the place of the highest score, the first of equals.
func highest(scores []float32) int {
	best := 0
	for c, s := range scores {
		if s > scores[best] {
			best = c
		}
	}
	return best
}
