package pairs

import (
	"context"
	"math"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
)

// Trained is the outcome of Train.
type Trained struct {
	*static.Model
	learn.Result
	Pairs, HeldOut int // that the rows were trained with, and validated on
	NoTokens       int // pairs of which a text has no token that counts, left out
	Touched        int // rows that the pairs moved
}

// trainer is what trains.
type trainer struct {
	options Options
	data    *Data
	rows    *learn.Rows
	table   *learn.SparseAdam
	size    float64 // root mean square of the rows' values in the beginning
}

// Train trains the rows of a model on pairs and returns a model of the same tokenizer, rows
// stored as the model's. Each validation is told to tell, which may be nil.
//
// Where it is broken off by ctx, or by a loss that is not finite (learn.NotFiniteError),
// Train returns the error and a model of the best rows up to there, the first ones where no
// validation was done.
func Train(ctx context.Context, base *static.Model, d *Data, o Options, tell func(learn.Record)) (*Trained, error) {
	if err := o.Check(base.Dims()); err != nil {
		return nil, err
	}
	t := newTrainer(base, d, o)
	train, held := make([]int, d.Len()), []int(nil)
	for i := range train {
		train[i] = i
	}
	if o.Validation > 0 {
		train, held = learn.Split(d.Len(), o.Validation, nil, o.Seed)
	}
	steps := (len(train) + o.Batch - 1) / o.Batch * o.Epochs
	loop := &learn.Loop{
		Examples: len(train), Batch: o.Batch, Epochs: o.Epochs, Seed: o.Seed, Tell: tell,
		Schedule: learn.WarmUp{Peak: o.Rate * t.size, Warm: int(o.WarmUp * float64(steps)), Total: steps},
		Stop:     &learn.EarlyStop{Patience: o.Patience}, Params: []learn.Optimiser{t.table},
		Step: func(list []int, rate float64) float64 { return t.step(at(train, list), rate) },
	}
	epoch := 0
	loop.Validate = func() (learn.Validation, error) {
		epoch++
		if held == nil {
			return learn.Validation{Score: -float64(epoch)}, nil // the last state counts as the best
		}
		return t.validate(held), nil
	}
	result, broken := loop.Run(ctx)
	m, err := t.model(base)
	if err != nil {
		return nil, err
	}
	return &Trained{m, result, len(train), len(held), d.NoTokens, t.table.Touched()}, broken
}

func newTrainer(base *static.Model, d *Data, o Options) *trainer {
	rows := &learn.Rows{Table: base.Table().Matrix(), Mapping: base.Mapping()}
	if weights := base.Weights(); weights != nil {
		rows.Weights = make([]float32, len(weights))
		for i, w := range weights {
			rows.Weights[i] = float32(w)
		}
	}
	if o.Random > 0 {
		rows = &learn.Rows{Table: randomRows(base.Size(), o.Random, o.Seed)}
	}
	t := &trainer{options: o, data: d, rows: rows, table: learn.NewSparseAdam(learn.DefaultAdam, rows.Table)}
	for _, v := range rows.Table.Data {
		t.size += float64(v) * float64(v) / float64(len(rows.Table.Data))
	}
	t.size = math.Sqrt(t.size)
	return t
}

// randomRows draws normal values: torch.nn.Embedding's start.
func randomRows(rows, cols int, seed uint64) *matrix.Matrix {
	random, m := nprand.NewGenerator(seed), matrix.New(rows, cols)
	for i := range m.Data {
		// Box and Muller, A note on the generation of random normal deviates (1958).
		radius := math.Sqrt(-2 * math.Log(1-random.Float64()))
		m.Data[i] = float32(radius * math.Cos(2*math.Pi*random.Float64()))
	}
	return m
}

// at returns list's places in all.
func at(all, list []int) []int {
	out := make([]int, len(list))
	for i, k := range list {
		out[i] = all[k]
	}
	return out
}

// batch is the texts of some pairs: anchors, and after them positives and negatives.
type batch struct {
	anchors, candidates *learn.Bags
	pairs               learn.Pairs
	scores              []float64
}

func (t *trainer) batch(list []int) batch {
	d := t.data
	b := batch{anchors: d.Anchors.Select(list), candidates: d.Positives.Select(list), pairs: learn.Pairs{Temperature: t.options.Temperature}}
	for _, i := range list {
		b.pairs.Anchors, b.pairs.Candidates = append(b.pairs.Anchors, d.anchors[i]), append(b.pairs.Candidates, d.positives[i])
		if d.Scores != nil {
			b.scores = append(b.scores, d.Scores[i])
		}
	}
	if d.Negatives == nil {
		return b
	}
	for _, i := range list {
		for k := range d.Negatives[i].Len() {
			b.candidates.Append(d.Negatives[i].Text(k))
		}
		b.pairs.Candidates = append(b.pairs.Candidates, d.negatives[i]...)
	}
	return b
}

// loss returns a batch's loss and the gradients of its vectors.
func (t *trainer) loss(b batch) (float64, *matrix.Matrix, *matrix.Matrix) {
	anchors, candidates := t.rows.Means(b.anchors), t.rows.Means(b.candidates) // B×D, at least B×D
	one := func(a, c *matrix.Matrix) (float64, *matrix.Matrix, *matrix.Matrix) {
		if b.scores != nil {
			return learn.CoSENT(a, c, b.scores, t.options.Temperature)
		}
		return learn.InfoNCE(a, c, b.pairs)
	}
	if len(t.options.Dims) == 0 {
		return one(anchors, candidates)
	}
	return learn.Matryoshka(anchors, candidates, t.options.Dims, one)
}

func (t *trainer) step(list []int, rate float64) float64 {
	b := t.batch(list)
	loss, a, c := t.loss(b)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss
	}
	// One gradient of both sides: all texts in one list.
	all := &learn.Bags{}
	slope := matrix.New(0, a.Cols)
	for _, side := range []struct {
		bags  *learn.Bags
		slope *matrix.Matrix
	}{{b.anchors, a}, {b.candidates, c}} {
		for i := range side.bags.Len() {
			all.Append(side.bags.Text(i))
		}
		slope.Rows, slope.Data = slope.Rows+side.slope.Rows, append(slope.Data, side.slope.Data...)
	}
	t.table.Step(rate, t.rows.Gradient(all, slope).Rows)
	return loss
}

// validate returns the mean loss over batches of pairs.
func (t *trainer) validate(held []int) learn.Validation {
	var sum float64
	for from := 0; from < len(held); from += t.options.Batch {
		list := held[from:min(from+t.options.Batch, len(held))]
		loss, _, _ := t.loss(t.batch(list))
		sum += loss * float64(len(list))
	}
	loss := sum / float64(len(held))
	return learn.Validation{Loss: loss, Score: loss}
}

// model returns a model of the rows as they are.
func (t *trainer) model(base *static.Model) (*static.Model, error) {
	file, err := base.TokenizerFile()
	if err != nil {
		return nil, err
	}
	table, _, err := quantize.Store(t.rows.Table, base.Table().Type)
	if err != nil {
		return nil, err
	}
	weights := base.Weights()
	if t.options.Random > 0 {
		weights = nil
	}
	return static.New(file, table, weights, t.rows.Mapping, base.Config())
}
