package logreg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// problem is the objective, taken per row, of parameters: the weights (outputs×D)
// followed by the intercepts (outputs).
type problem struct {
	rows, width int
	outputs     int // K, or 1 when K = 2
	x           []float64
	y           []int
	penalty     float64 // 1/(C·n)

	at        []float64 // the parameters that value and slope belong to
	value     float64
	slope     []float64
	residuals []float64 // n×outputs: scores, then p − target
	losses    []float64 // n
}

func newProblem(x *matrix.Matrix, y []int, classes int, c float64) *problem {
	outputs := classes
	if classes == 2 {
		outputs = 1
	}
	p := &problem{
		rows: x.Rows, width: x.Cols, outputs: outputs, y: y,
		x: make([]float64, len(x.Data)), penalty: 1 / (c * float64(x.Rows)),
		slope:     make([]float64, outputs*(x.Cols+1)),
		residuals: make([]float64, x.Rows*outputs), losses: make([]float64, x.Rows),
	}
	widen(p.x, x.Data)
	return p
}

// loss and gradient are asked for in turn at the same place, and share most work.

func (p *problem) loss(at []float64) float64 {
	p.evaluate(at)
	return p.value
}

func (p *problem) gradient(dst, at []float64) {
	p.evaluate(at)
	copy(dst, p.slope)
}

func (p *problem) evaluate(at []float64) {
	if slices.Equal(at, p.at) {
		return
	}
	p.at = append(p.at[:0], at...)
	weights, intercepts := at[:p.outputs*p.width], at[p.outputs*p.width:]
	x := general(p.rows, p.width, p.x)
	w := general(p.outputs, p.width, weights)
	residuals := general(p.rows, p.outputs, p.residuals)
	multiply(blas.NoTrans, blas.Trans, x, w, residuals) // scores, n×K

	p.eachRow(func(i int, row []float64) {
		for c := range row {
			row[c] += intercepts[c]
		}
		p.losses[i] = residual(row, p.y[i])
	})
	p.value = 0
	for _, l := range p.losses {
		p.value += l
	}
	p.value /= float64(p.rows)

	slope := general(p.outputs, p.width, p.slope)
	multiply(blas.Trans, blas.NoTrans, residuals, x, slope) // K×D
	perRow := 1 / float64(p.rows)
	var squares float64
	for i, v := range weights {
		p.slope[i] = p.slope[i]*perRow + p.penalty*v
		squares += v * v
	}
	p.value += p.penalty / 2 * squares
	bias := p.slope[p.outputs*p.width:]
	clear(bias)
	for i := range p.rows {
		for c, r := range p.residuals[i*p.outputs:][:p.outputs] {
			bias[c] += r * perRow
		}
	}
}

// eachRow calls do for every row of residuals, on all cores.
func (p *problem) eachRow(do func(i int, row []float64)) {
	const worth = 4096 // exponentials: some thousand are worth a core
	parallel.Ranges(p.rows, max(1, worth/p.outputs), func(from, to int) {
		for i := from; i < to; i++ {
			do(i, p.residuals[i*p.outputs:][:p.outputs])
		}
	})
}

// residual turns the scores of a row into p − target and returns its loss −log p(class).
func residual(scores []float64, class int) float64 {
	if len(scores) == 1 {
		s := scores[0]
		scores[0] = logistic(s) - float64(class)
		if class == 1 {
			s = -s
		}
		return max(s, 0) + math.Log1p(math.Exp(-math.Abs(s))) // log(1+exp(s)), without overflow
	}
	own := scores[class]
	loss := softmax(scores) - own
	scores[class]--
	return loss
}

func logistic(s float64) float64 {
	if s >= 0 {
		return 1 / (1 + math.Exp(-s))
	}
	e := math.Exp(s)
	return e / (1 + e)
}

// softmax turns scores into probabilities and returns log Σ exp(scores).
func softmax(scores []float64) float64 {
	highest := slices.Max(scores)
	var sum float64
	for c, s := range scores {
		scores[c] = math.Exp(s - highest)
		sum += scores[c]
	}
	for c := range scores {
		scores[c] /= sum
	}
	return highest + math.Log(sum)
}
