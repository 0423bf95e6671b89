package tokenlearn

import (
	"math"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
)

// model is what trains.
type model struct {
	options Options
	x       *examples
	rows    *learn.Rows // directions V×D, and norms V as weights
	head    *learn.Head // one linear layer, D→D

	directions, norms *learn.TableAdam
	dense             *learn.Adam // of the head
	err               error       // of reading examples
}

// newModel splits the rows of the start (V×D), which it takes over, into directions and norms.
//
// Source: StaticModelFineTuner in tokenlearn's pretrain.py; of the head, torch.nn.Linear.
func newModel(start *matrix.Matrix, x *examples, o Options) *model {
	norms := make([]float32, start.Rows)
	for i := range norms {
		n := matrix.Norm(start.Row(i))
		norms[i] = float32(n)
		for j, v := range start.Row(i) {
			if n > 0 {
				start.Row(i)[j] = float32(float64(v) / n)
			}
		}
	}
	random, bound := nprand.NewGenerator(o.Seed), 1/math.Sqrt(float64(start.Cols))
	draw := func(values []float32) []float32 {
		for i := range values {
			values[i] = float32((2*random.Float64() - 1) * bound)
		}
		return values
	}
	layer := learn.Linear{Weight: matrix.New(x.dims, start.Cols)}
	layer.Weight.Data, layer.Bias = draw(layer.Weight.Data), draw(make([]float32, x.dims))
	m := &model{options: o, x: x, rows: &learn.Rows{Table: start, Weights: norms}, head: &learn.Head{Layers: []learn.Linear{layer}}}
	m.directions = learn.NewTableAdam(learn.DefaultAdamW, start)
	m.norms = learn.NewTableAdam(learn.DefaultAdamW, &matrix.Matrix{Rows: len(norms), Cols: 1, Data: norms})
	m.dense = learn.NewAdam(learn.DefaultAdamW, m.head.Params()...)
	return m
}

// step trains on a batch and returns its loss.
func (m *model) step(numbers []int, rate float64) float64 {
	bags, targets, err := m.x.load(numbers) // B texts, B×D
	if err != nil {
		m.err = err
		return math.NaN()
	}
	touched := m.rows.Distinct(bags)
	m.directions.CatchUp(touched)
	m.norms.CatchUp(touched)
	pass := m.head.Forward(m.rows.Means(bags)) // B×D
	loss, slope := m.loss(pass.Out(), targets)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss
	}
	slope, layer := m.head.Backward(pass, slope)
	g := m.rows.Gradient(bags, slope)
	m.directions.Step(rate, g.Rows)
	m.norms.Step(rate, g.Weights)
	m.dense.Step(rate, layer...)
	return loss
}

// loss compares outputs with targets, B×D.
func (m *model) loss(out, targets *matrix.Matrix) (float64, *matrix.Matrix) {
	switch m.options.Loss {
	case Cosine:
		return learn.Cosine(out, targets)
	case Contrastive:
		numbers := make([]int32, 2*out.Rows) // all texts are different
		for i := range numbers {
			numbers[i] = int32(i)
		}
		pairs := learn.Pairs{Temperature: m.options.Temperature, Anchors: numbers[:out.Rows], Candidates: numbers[out.Rows:]}
		loss, slope, _ := learn.InfoNCE(out, targets, pairs)
		return loss, slope
	}
	return learn.MSE(out, targets)
}

// validate returns the mean loss over batches of the examples from first on.
func (m *model) validate(first int) (learn.Validation, error) {
	if m.err != nil {
		return learn.Validation{}, m.err
	}
	m.directions.CatchUpAll()
	m.norms.CatchUpAll()
	var sum float64
	batches := 0
	for from := first; from < m.x.len(); from += m.options.Batch {
		numbers := make([]int, min(m.options.Batch, m.x.len()-from))
		for i := range numbers {
			numbers[i] = from + i
		}
		bags, targets, err := m.x.load(numbers)
		if err != nil {
			return learn.Validation{}, err
		}
		loss, _ := m.loss(m.head.Forward(m.rows.Means(bags)).Out(), targets)
		sum, batches = sum+loss, batches+1
	}
	loss := sum / float64(batches)
	return learn.Validation{Loss: loss, Score: loss}, nil
}

// vectors returns norm × direction of each token, V×D. It takes the directions over.
func (m *model) vectors() *matrix.Matrix {
	for i, n := range m.rows.Weights {
		row := m.rows.Table.Row(i)
		for j := range row {
			row[j] *= n
		}
	}
	return m.rows.Table
}
