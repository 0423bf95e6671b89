package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// What PEARL's probe is trained with.
//
// Source: evaluation/pearl/probing.py in MinishLab/evaluation.
const (
	probeHidden   = 256
	probeRate     = 1e-4 // of Adam
	probeBatch    = 200
	probeEpochs   = 100
	probeLeast    = 3 // epochs
	probePatience = 5 // epochs without a better accuracy on the development part
	probeFewest   = 6 // pairs: one to test on, one to stop by

	probeStream = 1 // of the generator, beside the seed
)

// probing is the protocol of PEARL's PPDB: a network of one hidden layer learns from the
// vectors [u; v] of two phrases whether they paraphrase each other, on 80 % of the rows;
// accuracy on 10 %, the other 10 % tell when to stop. The parts are the reference's;
// its first weights and the order of its batches have no seed, ours come from a PCG.
func probing(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		p, positive, err := readParaphrases(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, &p.texts)
		if err != nil {
			return 0, err
		}
		x := matrix.New(len(p.left), 2*m.Cols)
		y := make([]float32, len(p.left))
		for i := range y {
			copy(x.Row(i), m.Row(p.left[i]))
			copy(x.Row(i)[m.Cols:], m.Row(p.right[i]))
			if positive[i] {
				y[i] = 1
			}
		}
		if len(y) < probeFewest {
			return 0, data.Place{File: t.Files[0], Line: 1}.Errorf("%d pairs are too few to be split into training, validation and test: %d are needed", len(y), probeFewest)
		}
		learn, stop, test := probeParts(s.seed, len(y))
		random := rand.New(rand.NewPCG(s.seed, probeStream))
		n := newNetwork(x.Cols, random)
		shuffle := func(rows []int) {
			random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		}
		if err := n.train(ctx, x, y, learn, stop, shuffle); err != nil {
			return 0, err
		}
		s.note("pairs", float64(len(y)))
		s.note("epochs", float64(n.epochs))
		return n.accuracy(x, y, test), nil
	}
}

// probeParts returns which of n rows a network learns from, which tell it when to stop,
// and which it is tested on.
//
// Source: two of scikit-learn's train_test_split, of a fifth and of half of that fifth.
func probeParts(seed uint64, n int) (learn, stop, test []int) {
	order := nprand.NewState(seed).Perm(n)
	rest := order[:(n+4)/5]
	halves := nprand.NewState(seed).Perm(len(rest))
	stopping := (len(rest) + 1) / 2
	for k, i := range halves {
		if k < stopping {
			stop = append(stop, rest[i])
		} else {
			test = append(test, rest[i])
		}
	}
	return order[len(rest):], stop, test
}

// A network is x → ReLU(x·W1ᵀ + b1) → σ(·w2 + b2): the probability of a paraphrase.
type network struct {
	width  int
	params []float32 // W1 (hidden×width), b1, w2, b2
	grads  []float32
	m, v   []float64 // Adam's moments
	steps  int
	epochs int
}

// newNetwork draws weights as torch.nn.Linear does: uniform within ±1/√inputs.
func newNetwork(width int, random *rand.Rand) *network {
	size := probeHidden*width + 2*probeHidden + 1
	n := &network{width: width, params: make([]float32, size), grads: make([]float32, size),
		m: make([]float64, size), v: make([]float64, size)}
	for i := range n.params {
		inputs := width
		if i >= probeHidden*(width+1) {
			inputs = probeHidden
		}
		n.params[i] = float32((2*random.Float64() - 1) / math.Sqrt(float64(inputs)))
	}
	return n
}

// parts returns W1, b1, w2 and b2 of params or grads.
func (n *network) parts(all []float32) (w1, b1, w2, b2 []float32) {
	k := probeHidden * n.width
	return all[:k], all[k:][:probeHidden], all[k+probeHidden:][:probeHidden], all[k+2*probeHidden:]
}

// forward returns the hidden layer of the rows of x (B×hidden) and their probabilities.
func (n *network) forward(x *matrix.Matrix) (*matrix.Matrix, []float64) {
	w1, b1, w2, b2 := n.parts(n.params)
	h := matrix.New(x.Rows, probeHidden)
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, block(x, 0, x.Rows),
		blas32.General{Rows: probeHidden, Cols: n.width, Stride: n.width, Data: w1}, 0, block(h, 0, h.Rows))
	p := make([]float64, x.Rows)
	for i := range p {
		row := h.Row(i)
		for j := range row {
			row[j] = max(0, row[j]+b1[j])
		}
		p[i] = 1 / (1 + math.Exp(-(metric.Dot(row, w2) + float64(b2[0]))))
	}
	return h, p
}

// step moves the weights along the gradient of the mean cross-entropy of a batch.
func (n *network) step(x *matrix.Matrix, y []float32) {
	h, p := n.forward(x)
	_, _, w2, _ := n.parts(n.params)
	g1, gb1, g2, gb2 := n.parts(n.grads)
	clear(gb1)
	clear(g2)
	clear(gb2)
	back := matrix.New(x.Rows, probeHidden)
	for i := range p {
		d := float32((p[i] - float64(y[i])) / float64(len(p)))
		gb2[0] += d
		hidden, out := h.Row(i), back.Row(i)
		for j, v := range hidden {
			if v > 0 {
				out[j] = d * w2[j]
				g2[j] += d * v
				gb1[j] += out[j]
			}
		}
	}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, block(back, 0, back.Rows), block(x, 0, x.Rows), 0,
		blas32.General{Rows: probeHidden, Cols: n.width, Stride: n.width, Data: g1})
	n.adam()
}

// adam is Adam's update with its usual constants.
//
// Source: Kingma and Ba, Adam (2015), as torch.optim.Adam has it.
func (n *network) adam() {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	n.steps++
	scale1, scale2 := 1-math.Pow(beta1, float64(n.steps)), 1-math.Pow(beta2, float64(n.steps))
	parallel.Ranges(len(n.params), 1<<14, func(from, to int) {
		for i := from; i < to; i++ {
			g := float64(n.grads[i])
			n.m[i] = beta1*n.m[i] + (1-beta1)*g
			n.v[i] = beta2*n.v[i] + (1-beta2)*g*g
			n.params[i] -= float32(probeRate * (n.m[i] / scale1) / (math.Sqrt(n.v[i]/scale2) + epsilon))
		}
	})
}

// train takes epochs over the rows learn, in the order that shuffle puts them in, until
// the accuracy on stop no longer rises.
func (n *network) train(ctx context.Context, x *matrix.Matrix, y []float32, learn, stop []int, shuffle func([]int)) error {
	best, without := math.Inf(-1), 0
	for n.epochs < probeEpochs {
		shuffle(learn)
		for from := 0; from < len(learn); from += probeBatch {
			if err := ctx.Err(); err != nil {
				return err
			}
			rows := learn[from:min(from+probeBatch, len(learn))]
			batch := make([]float32, len(rows))
			for k, i := range rows {
				batch[k] = y[i]
			}
			n.step(gather(x, rows), batch)
		}
		n.epochs++
		if a := n.accuracy(x, y, stop); a > best {
			best, without = a, 0
		} else {
			without++
		}
		if without >= probePatience && n.epochs >= probeLeast {
			return nil
		}
	}
	return nil
}

// accuracy returns the share of rows whose probability is on the right side of a half:
// the mean of the shares of batches, in which the last, smaller batch counts as much as
// the others, as in the reference.
func (n *network) accuracy(x *matrix.Matrix, y []float32, rows []int) float64 {
	sum, batches := 0.0, 0
	for batch := range slices.Chunk(rows, probeBatch) {
		_, p := n.forward(gather(x, batch))
		right := 0
		for k, i := range batch {
			if (p[k] >= 0.5) == (y[i] == 1) {
				right++
			}
		}
		sum += float64(right) / float64(len(batch))
		batches++
	}
	return sum / float64(batches)
}
