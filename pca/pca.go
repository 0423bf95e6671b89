// Package pca reduces the width of rows by principal component analysis: the
// covariance method, float32 rows with float64 accumulation, in blocks, so that
// extra memory is a few H×H matrices whatever the number of rows is.
//
// Products go through blas64.Gemm and nothing else, so a faster BLAS registered
// with blas64.Use serves here by itself. Block shapes depend on the width alone
// and sums are taken in block order: results do not depend on GOMAXPROCS.
//
// In names and shapes, V is the number of rows, H their width, k the width kept.
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

// Basis is the principal axes of some rows.
type Basis struct {
	Rows       int       // V, rows seen by Fit
	Mean       []float64 // H, subtracted before projecting
	Components []float64 // H×H, row-major: row j is component j, of length 1
	Variances  []float64 // H, descending, ≥ 0: variance along each component, over V−1
}

// Fit returns the principal axes of x (V×H), which it does not change. The
// covariance is over V−1. A component's sign is arbitrary, yet the same for the
// same x, until Project settles it.
//
// x needs two rows at least and finite values: an error names the first row that
// has another. Time is V×H² for the covariance and about 6×H³ for the axes.
//
// Source: sklearn.decomposition.PCA (svd_solver="full" and "covariance_eigh"
// differ by rounding only).
func Fit(ctx context.Context, x *matrix.Matrix) (*Basis, error) {
	if x.Rows < 2 || x.Cols < 1 {
		return nil, fmt.Errorf("pca: fit %d×%d rows: need at least 2 rows and 1 column", x.Rows, x.Cols)
	}
	mean, err := columnMeans(x) // H
	if err != nil {
		return nil, err
	}
	cov, err := covariance(ctx, x, mean) // H×H
	if err != nil {
		return nil, err
	}
	return axes(x.Rows, mean, cov)
}

// axes returns the basis of V rows with that mean (H) and covariance (H×H, which is
// overwritten).
func axes(rows int, mean, cov []float64) (*Basis, error) {
	variances, components, err := eigen(cov, len(mean)) // H, H×H
	if err != nil {
		return nil, err
	}
	for j, v := range variances {
		variances[j] = max(v, 0) // rounding can leave −1e-17 where the rows have no spread
	}
	return &Basis{Rows: rows, Mean: mean, Components: components, Variances: variances}, nil
}

// Width returns H.
func (b *Basis) Width() int { return len(b.Mean) }

// Component returns component j, which aliases the basis.
func (b *Basis) Component(j int) []float64 {
	h := b.Width()
	return b.Components[j*h : (j+1)*h : (j+1)*h]
}

// Explained returns the share of the total variance, in [0, 1], that components
// from ≤ j < to hold; 1 when the rows have no variance at all.
func (b *Basis) Explained(from, to int) float64 {
	total := sum(b.Variances)
	if total == 0 {
		return 1
	}
	return sum(b.Variances[from:to]) / total
}

func sum(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s
}

// columnMeans returns the H column means of x.
func columnMeans(x *matrix.Matrix) ([]float64, error) {
	mean := make([]float64, x.Cols)
	parallel.Ranges(x.Cols, 128, func(from, to int) {
		for i := range x.Rows {
			for j, v := range x.Row(i)[from:to] {
				mean[from+j] += float64(v)
			}
		}
	})
	for j := range mean {
		mean[j] /= float64(x.Rows)
		// Finite float32 values cannot overflow a float64 sum, so this is a row's fault.
		if notFinite(mean[j]) {
			return nil, notFiniteError(x)
		}
	}
	return mean, nil
}

func notFinite(v float64) bool { return v-v != 0 }

func notFiniteError(x *matrix.Matrix) error {
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			if notFinite(float64(v)) {
				return fmt.Errorf("pca: row %d, column %d is %v", i, j, v)
			}
		}
	}
	return fmt.Errorf("pca: column means are not finite")
}

// blockRows returns the rows of a block of centred rows: 4096, of wide rows as many as
// take 32 MiB. It depends on the width alone, so that sums over blocks do not depend
// on the machine.
func blockRows(width int) int {
	const rows, values = 4096, 1 << 22
	return min(rows, max(64, values/width))
}

// panelWidth bounds the columns of a panel. The covariance is symmetric, so only
// products of panels p ≤ q are taken: 3/4 of the work at 384 columns, 2/3 at 768.
const panelWidth = 256

// covariance returns the H×H covariance of x over V−1, row-major.
func covariance(ctx context.Context, x *matrix.Matrix, mean []float64) ([]float64, error) {
	cov := make([]float64, x.Cols*x.Cols)
	if _, err := addCovariance(ctx, cov, nil, x, mean); err != nil {
		return nil, err
	}
	scaleCovariance(cov, x.Cols, x.Rows)
	return cov, nil
}

// addProducts adds pᵀ·q, for all panels p ≤ q of a block, to their places in cov. They
// are taken at the same time: a BLAS may well run a product of this size on one core.
func addProducts(cov []float64, h int, bounds []int, packed []blas64.General) {
	type pair struct{ p, q int }
	var pairs []pair
	for p := range packed {
		for q := p; q < len(packed); q++ {
			pairs = append(pairs, pair{p, q})
		}
	}
	parallel.Workers(parallel.Cores(), len(pairs), 1, func() func(from, to int) {
		scratch := make([]float64, panelWidth*panelWidth)
		return func(i, _ int) {
			p, q := pairs[i].p, pairs[i].q
			addProduct(cov[bounds[p]*h+bounds[q]:], h, packed[p], packed[q], scratch)
		}
	})
}

// centrePanels fills panels with rows start… of x less their means: panel p holds
// columns bounds[p] … bounds[p+1]−1.
func centrePanels(panels []blas64.General, bounds []int, x *matrix.Matrix, start int, mean []float64) {
	parallel.Ranges(panels[0].Rows, 256, func(from, to int) {
		for p, panel := range panels {
			first, end := bounds[p], bounds[p+1]
			mean := mean[first:end]
			for i := from; i < to; i++ {
				out := panel.Data[i*panel.Stride:][:len(mean)]
				for j, v := range x.Row(start + i)[first:end] {
					out[j] = float64(v) - mean[j]
				}
			}
		}
	})
}

// addProduct adds aᵀ·b to the matrix that starts at dst. The product is taken into
// scratch first: a BLAS over ONNX Runtime is at its best with α = 1, β = 0.
func addProduct(dst []float64, stride int, a, b blas64.General, scratch []float64) {
	c := blas64.General{Rows: a.Cols, Cols: b.Cols, Stride: b.Cols, Data: scratch[:a.Cols*b.Cols]}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, a, b, 0, c)
	for i := range c.Rows {
		out := dst[i*stride:][:c.Cols]
		for j, v := range c.Data[i*c.Stride:][:c.Cols] {
			out[j] += v
		}
	}
}

// vanishing reports whether variance v is rounding's and not the rows', beside the
// largest of h variances.
func vanishing(v, largest float64, h int) bool {
	const epsilon = 0x1p-52
	return v <= float64(h)*epsilon*largest || math.IsNaN(v)
}
