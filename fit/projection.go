package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// A projection makes T of the joint vectors: their whitened components, at unit length.
type projection struct {
	targets   *targets
	basis     blas64.General // ΣH×D, whitened components
	variances []float64      // D, over N
	extreme   []float64      // D, the score of largest magnitude so far

	centred, scores []float64 // scratch of a batch
	out             *panels
}

// smallestVariance is the floor of a component's variance, relative to the largest.
const smallestVariance = 1e-9

// newProjection keeps dims components, component j divided by variance^(a/2).
func newProjection(t *targets, dims int, a float64) *projection {
	h := t.basis.Width()
	p := &projection{
		targets: t, basis: blas64.General{Rows: h, Cols: dims, Stride: dims, Data: make([]float64, h*dims)},
		variances: make([]float64, dims), extreme: make([]float64, dims),
	}
	overN := float64(t.count-1) / float64(t.count)
	for j := range dims {
		p.variances[j] = overN * max(t.basis.Variances[j], smallestVariance*t.basis.Variances[0])
		factor := math.Pow(p.variances[j], -a/2)
		for i, v := range t.basis.Component(j) {
			p.basis.Data[i*dims+j] = v * factor
		}
	}
	return p
}

// of returns the targets of a batch (n×D, unit length), valid until the next call.
func (p *projection) of(b batch) *panels {
	n, h, d := len(b.numbers), p.basis.Rows, p.basis.Cols
	if p.out == nil {
		rows := min(BatchTexts, p.targets.texts.Len())
		p.centred, p.scores, p.out = make([]float64, rows*h), make([]float64, rows*d), newPanels(rows, d)
	}
	for i := range n {
		to := p.centred[i*h:][:h]
		for j, v := range b.joint.Row(i) {
			to[j] = float64(v) - p.targets.basis.Mean[j]
		}
	}
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
		blas64.General{Rows: n, Cols: h, Stride: h, Data: p.centred[:n*h]}, p.basis,
		0, blas64.General{Rows: n, Cols: d, Stride: d, Data: p.scores[:n*d]}) // n×D
	target := make([]float32, d)
	for i := range n {
		p.unit(target, p.scores[i*d:][:d])
		p.out.set(i, target)
	}
	return p.out
}

// done gives the scratch back.
func (p *projection) done() { p.centred, p.scores, p.out = nil, nil, nil }

// unit writes scores at unit length to target and keeps the extremes.
func (p *projection) unit(target []float32, scores []float64) {
	var sum float64
	for j, s := range scores {
		if math.Abs(s) > math.Abs(p.extreme[j]) {
			p.extreme[j] = s
		}
		sum += float64(s * s)
	}
	factor := 1 / max(math.Sqrt(sum), minNorm)
	for j, s := range scores {
		target[j] = float32(s * factor)
	}
}
