package logreg

import (
	"math"
	"slices"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// problem is the objective, taken per row, of parameters: the weights (outputs×D)
// followed by the intercepts (outputs).
type problem struct {
	rows, width int
	outputs     int // K, or 1 when K = 2
	x           design
	y           []int
	importance  []float64 // of a row, by its class; nil: all are 1
	total       float64   // of the importance
	penalty     float64   // 1/(C·total)

	at        []float64 // the parameters that value and slope belong to
	value     float64
	slope     []float64
	residuals []float64 // n×outputs: scores, then p − target
	losses    []float64 // n
}

func newProblem(x design, y []int, classes int, o Options) *problem {
	outputs := classes
	if classes == 2 {
		outputs = 1
	}
	rows, width := x.size()
	p := &problem{
		rows: rows, width: width, outputs: outputs, x: x, y: y, importance: o.ClassWeights, total: float64(rows),
		slope:     make([]float64, outputs*(width+1)),
		residuals: make([]float64, rows*outputs), losses: make([]float64, rows),
	}
	if p.importance != nil {
		p.total = 0
		for _, c := range y {
			p.total += p.importance[c]
		}
	}
	p.penalty = 1 / (o.C * p.total)
	return p
}

// start returns the parameters of a model, zeros where there is none.
func (p *problem) start(m *Model) []float64 {
	at := make([]float64, p.outputs*(p.width+1))
	if m != nil {
		copy(at[copy(at, m.Weights):], m.Intercepts)
	}
	return at
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
	p.x.scores(p.residuals, weights, p.outputs)

	p.eachRow(func(i int, row []float64) {
		for c := range row {
			row[c] += intercepts[c]
		}
		p.losses[i] = residual(row, p.y[i])
		if p.importance != nil {
			w := p.importance[p.y[i]]
			p.losses[i] *= w
			for c := range row {
				row[c] *= w
			}
		}
	})
	p.value = 0
	for _, l := range p.losses {
		p.value += l
	}
	p.value /= p.total

	p.x.gradient(p.slope[:len(weights)], p.residuals, p.outputs)
	perRow := 1 / p.total
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
