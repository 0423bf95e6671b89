package pca

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// ProjectOptions choose the components that rows are projected on, and how.
type ProjectOptions struct {
	// Dims is the number of components kept, at least 1. Where the width ends
	// before, fewer are: min(Dims, H−Drop).
	Dims int
	// Drop leaves out that many of the strongest components, 0 ≤ Drop < H: the
	// components kept are Drop … Drop+Dims−1.
	Drop int
	// Whiten is A in [0, 1]: the scores of a component are multiplied by
	// variance^(−A/2). 0 leaves them, 1 gives every component variance 1. The scores
	// of a component without variance are 0.
	Whiten float64
	// KeepSigns leaves the components' signs as they are in the basis. Otherwise
	// Project turns around, in the scores and in the basis, each component kept
	// whose score of largest magnitude over x is negative.
	KeepSigns bool
}

// Project returns the scores (V×k, k = min(o.Dims, H−o.Drop)) of the rows of x (V×H)
// on the components of b. x is not changed. Unless o.KeepSigns, b's signs are
// settled by x, so that a later Project of other rows with KeepSigns agrees; then b
// must not be in use elsewhere.
//
// Source of the sign rule: the reference's students, in which the score of largest
// magnitude of each component is positive.
func (b *Basis) Project(ctx context.Context, x *matrix.Matrix, o ProjectOptions) (*matrix.Matrix, error) {
	return b.project(ctx, nil, x, o)
}

// ProjectInPlace is Project, with the scores written over the rows of x: it takes
// no second V×k matrix. The result aliases x.Data, whose values are lost, also when
// it returns an error.
func (b *Basis) ProjectInPlace(ctx context.Context, x *matrix.Matrix, o ProjectOptions) (*matrix.Matrix, error) {
	return b.project(ctx, x.Data, x, o)
}

// project writes the scores of x to dst, or to new memory when dst is nil. dst may
// be x.Data: a block is read whole before its scores are written, and scores are
// not wider than rows, so no row is written over before it is read.
func (b *Basis) project(ctx context.Context, dst []float32, x *matrix.Matrix, o ProjectOptions) (*matrix.Matrix, error) {
	if err := b.check(x, o); err != nil {
		return nil, err
	}
	h := b.Width()
	k := min(o.Dims, h-o.Drop)
	if dst == nil {
		dst = make([]float32, x.Rows*k)
	}
	out := &matrix.Matrix{Rows: x.Rows, Cols: k, Data: dst[:x.Rows*k]}

	kept := blas64.General{Rows: k, Cols: h, Stride: h, Data: b.Components[o.Drop*h : (o.Drop+k)*h]}
	scale := b.scales(o, k)
	rows := min(blockRows(h), x.Rows)
	block := make([]float64, rows*h)
	scores := make([]float64, rows*k)
	extremes := make([]float64, k)
	for start := 0; start < x.Rows; start += rows {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("pca: project: %w", err)
		}
		n := min(rows, x.Rows-start)
		centred := blas64.General{Rows: n, Cols: h, Stride: h, Data: block[:n*h]}
		centrePanels([]blas64.General{centred}, []int{0, h}, x, start, b.Mean) // n×H
		product := blas64.General{Rows: n, Cols: k, Stride: k, Data: scores[:n*k]}
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, centred, kept, 0, product) // n×k
		parallel.Ranges(k, 64, func(from, to int) {                         // columns
			for i := range n {
				row := out.Row(start + i)
				for j := from; j < to; j++ {
					s := product.Data[i*k+j]
					if math.Abs(s) > math.Abs(extremes[j]) {
						extremes[j] = s
					}
					row[j] = float32(s * scale[j])
				}
			}
		})
	}
	if !o.KeepSigns {
		b.orient(out, o.Drop, extremes)
	}
	return out, nil
}

func (b *Basis) check(x *matrix.Matrix, o ProjectOptions) error {
	h := b.Width()
	switch {
	case x.Cols != h:
		return fmt.Errorf("pca: project %d×%d rows: the basis has width %d", x.Rows, x.Cols, h)
	case o.Dims < 1:
		return fmt.Errorf("pca: project on %d components: need at least 1", o.Dims)
	case o.Drop < 0 || o.Drop >= h:
		return fmt.Errorf("pca: drop %d of %d components", o.Drop, h)
	case !(o.Whiten >= 0 && o.Whiten <= 1): // also rejects NaN
		return fmt.Errorf("pca: whitening %v is not in [0, 1]", o.Whiten)
	}
	return nil
}

// scales returns the factor of each of the k components kept.
func (b *Basis) scales(o ProjectOptions, k int) []float64 {
	scale := make([]float64, k)
	for j := range scale {
		v := b.Variances[o.Drop+j]
		switch {
		case o.Whiten == 0:
			scale[j] = 1
		case !vanishing(v, b.Variances[0], b.Width()):
			scale[j] = math.Pow(v, -o.Whiten/2)
		}
	}
	return scale
}

// orient turns around each component whose extreme score is negative.
func (b *Basis) orient(scores *matrix.Matrix, drop int, extremes []float64) {
	sign := make([]float32, len(extremes))
	for j, e := range extremes {
		sign[j] = 1
		if e < 0 {
			sign[j] = -1
			for i, v := range b.Component(drop + j) {
				b.Component(drop + j)[i] = -v
			}
		}
	}
	for i := range scores.Rows {
		for j := range scores.Row(i) {
			scores.Row(i)[j] *= sign[j]
		}
	}
}
