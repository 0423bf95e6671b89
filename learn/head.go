package learn

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

// Linear is x·Weightᵀ + Bias.
type Linear struct {
	Weight *matrix.Matrix // outputs×inputs
	Bias   []float32      // outputs
}

// Head is linear layers with a ReLU between each two. Without layers it is the identity.
type Head struct {
	Layers []Linear
}

// NewHead returns a head from width inputs over hidden layers, each so wide, to outputs,
// with random weights: Kaiming's uniform start for the hidden layers, Xavier's for the last,
// biases 0.
//
// Source: construct_head in model2vec's train/base.py.
func NewHead(random *nprand.Generator, width int, hidden []int, outputs int) *Head {
	h := &Head{}
	for _, n := range hidden {
		h.Layers = append(h.Layers, newLinear(random, width, n, math.Sqrt(6/float64(width))))
		width = n
	}
	h.Layers = append(h.Layers, newLinear(random, width, outputs, math.Sqrt(6/float64(width+outputs))))
	return h
}

// newLinear draws weights uniformly within ±bound.
func newLinear(random *nprand.Generator, inputs, outputs int, bound float64) Linear {
	l := Linear{matrix.New(outputs, inputs), make([]float32, outputs)}
	for i := range l.Weight.Data {
		l.Weight.Data[i] = float32((2*random.Float64() - 1) * bound)
	}
	return l
}

// Params returns the weights and biases of all layers, for an optimiser: they alias the head.
func (h *Head) Params() [][]float32 {
	var list [][]float32
	for _, l := range h.Layers {
		list = append(list, l.Weight.Data, l.Bias)
	}
	return list
}

// Pass is what Backward needs of a Forward.
type Pass struct {
	values []*matrix.Matrix // the input, then the output of each layer, after its ReLU
}

// Out returns the outputs, B×O, before any softmax or sigmoid.
func (p *Pass) Out() *matrix.Matrix { return p.values[len(p.values)-1] }

// Forward runs rows of x (B×inputs) through the layers.
func (h *Head) Forward(x *matrix.Matrix) *Pass {
	p := &Pass{values: []*matrix.Matrix{x}}
	for n, l := range h.Layers {
		out := matrix.New(x.Rows, len(l.Bias))
		multiply(blas.NoTrans, blas.Trans, x, l.Weight, out)
		for i := range out.Rows {
			row := out.Row(i)
			for j, b := range l.Bias {
				row[j] += b
				if n < len(h.Layers)-1 && row[j] < 0 {
					row[j] = 0
				}
			}
		}
		p.values = append(p.values, out)
		x = out
	}
	return p
}

// Backward returns the gradient of the inputs (B×inputs) and those of Params, in their
// order, given the gradient of Out. It changes slope.
func (h *Head) Backward(p *Pass, slope *matrix.Matrix) (inputs *matrix.Matrix, params [][]float32) {
	params = make([][]float32, 2*len(h.Layers))
	for n := len(h.Layers) - 1; n >= 0; n-- {
		l, x := h.Layers[n], p.values[n]
		if n < len(h.Layers)-1 { // through the ReLU
			for i, v := range p.values[n+1].Data {
				if v <= 0 {
					slope.Data[i] = 0
				}
			}
		}
		weight, bias := matrix.New(l.Weight.Rows, l.Weight.Cols), make([]float32, len(l.Bias))
		multiply(blas.Trans, blas.NoTrans, slope, x, weight)
		for i := range slope.Rows {
			add(bias, 1, slope.Row(i))
		}
		params[2*n], params[2*n+1] = weight.Data, bias
		back := matrix.New(x.Rows, x.Cols)
		multiply(blas.NoTrans, blas.NoTrans, slope, l.Weight, back)
		slope = back
	}
	return slope, params
}

// Softmax turns each row of scores into probabilities that sum to 1, in place.
func Softmax(scores *matrix.Matrix) {
	for i := range scores.Rows {
		row := scores.Row(i)
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		var sum float64
		for j, v := range row {
			e := math.Exp(float64(v - top))
			row[j], sum = float32(e), sum+e
		}
		scale(row, float32(1/sum))
	}
}

// Sigmoid turns each score into a probability, in place.
func Sigmoid(scores *matrix.Matrix) {
	for i, v := range scores.Data {
		scores.Data[i] = float32(sigmoid(float64(v)))
	}
}

func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func multiply(tA, tB blas.Transpose, a, b, out *matrix.Matrix) {
	if a.Rows == 0 || b.Rows == 0 || a.Cols == 0 || b.Cols == 0 {
		return // nothing to add to the zeros
	}
	blas32.Gemm(tA, tB, 1, general(a), general(b), 0, general(out))
}

func general(m *matrix.Matrix) blas32.General {
	return blas32.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Cols, Data: m.Data}
}
