package pca

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/matrix"
)

// Moments gathers the mean and the covariance of rows that come in batches, for
// rows that do not fit in memory. It holds one H×H matrix and one block of rows.
//
// The batches are part of the input: other batches of the same rows round
// otherwise. GOMAXPROCS does not matter.
type Moments struct {
	rows     int
	shift    []float64 // H, the mean of the first batch: keeps sums of squares small
	sum      []float64 // H, Σ (x − shift)
	products []float64 // H×H, Σ (x − shift)·(x − shift)ᵀ; panels p ≤ q only
	block    []float64
}

// NewMoments returns the moments of no rows yet, of width H, 1 at least.
func NewMoments(width int) *Moments {
	return &Moments{sum: make([]float64, width), products: make([]float64, width*width)}
}

// Rows returns the number of rows added.
func (m *Moments) Rows() int { return m.rows }

// Add adds the rows of x (n×H), which it does not change. An error names the first
// row of x that holds a value that is not finite; m is then of no more use.
func (m *Moments) Add(ctx context.Context, x *matrix.Matrix) error {
	h := len(m.sum)
	if x.Cols != h {
		return fmt.Errorf("pca: add %d×%d rows: the moments have width %d", x.Rows, x.Cols, h)
	}
	if x.Rows == 0 {
		return nil
	}
	mean, err := columnMeans(x)
	if err != nil {
		return err
	}
	if m.shift == nil {
		m.shift = mean
	}
	for j, v := range mean {
		m.sum[j] += (v - m.shift[j]) * float64(x.Rows)
	}
	m.block, err = addCovariance(ctx, m.products, m.block, x, m.shift)
	m.rows += x.Rows
	return err
}

// Fit returns the principal axes of the rows added, as the function Fit does of
// rows in memory. It needs two rows at least. m is of no more use.
func (m *Moments) Fit() (*Basis, error) {
	h := len(m.sum)
	if m.rows < 2 {
		return nil, fmt.Errorf("pca: fit %d×%d rows: need at least 2 rows and 1 column", m.rows, h)
	}
	mean := make([]float64, h)
	offset := make([]float64, h) // of the mean from shift
	for j := range mean {
		offset[j] = m.sum[j] / float64(m.rows)
		mean[j] = m.shift[j] + offset[j]
	}
	for i := range h {
		for j := i; j < h; j++ {
			m.products[i*h+j] -= offset[i] * m.sum[j]
		}
	}
	scaleCovariance(m.products, h, m.rows)
	return axes(m.rows, mean, m.products)
}

// addCovariance adds Σ (x − centre)·(x − centre)ᵀ to the panels p ≤ q of sums, H×H.
// block is scratch from an earlier call, or nil; it is returned for the next.
func addCovariance(ctx context.Context, sums, block []float64, x *matrix.Matrix, centre []float64) ([]float64, error) {
	h := x.Cols
	bounds := panelBounds(h)
	rows := min(blockRows(h), x.Rows)
	if len(block) < rows*h {
		block = make([]float64, rows*h)
	}
	for start := 0; start < x.Rows; start += rows {
		if err := ctx.Err(); err != nil {
			return block, fmt.Errorf("pca: fit: %w", err)
		}
		n := min(rows, x.Rows-start)
		packed := make([]blas64.General, len(bounds)-1)
		for p := range packed {
			from, to := bounds[p], bounds[p+1]
			packed[p] = blas64.General{Rows: n, Cols: to - from, Stride: to - from, Data: block[n*from : n*to]}
		}
		centrePanels(packed, bounds, x, start, centre)
		addProducts(sums, h, bounds, packed)
	}
	return block, nil
}

// panelBounds returns the first column of each panel, and h.
func panelBounds(h int) []int {
	panels := (h + panelWidth - 1) / panelWidth
	bounds := make([]int, panels+1)
	for p := range bounds {
		bounds[p] = p * h / panels
	}
	return bounds
}

// scaleCovariance divides sums over V rows by V−1 and mirrors the upper half.
func scaleCovariance(cov []float64, h, rows int) {
	scale := 1 / float64(rows-1)
	for i := range h {
		for j := i; j < h; j++ {
			cov[i*h+j] *= scale
			cov[j*h+i] = cov[i*h+j]
		}
	}
}
