package logreg

import (
	"gonum.org/v1/gonum/mat"

	"github.com/m2v-dev/m2v/matrix"
)

// spanRows is how many rows may be turned into their own space: their products among each
// other are held, n×n.
const spanRows = 2000

// span holds few sparse rows in the space that they span. The best weights are a combination
// of the rows, and lengths and products are the same there, so that the penalized problem
// is the same too, with r ≤ n columns in place of D.
type span struct {
	rows   *Sparse
	basis  *mat.TriDense // r×r, upper: the products of the pivots are basisᵀ·basis
	pivots []int         // r rows that span the others
	z      *matrix.Matrix
}

// newSpan returns the space of the rows, nil where it would not be smaller than half of D.
func newSpan(s *Sparse) *span {
	n := len(s.Ends)
	if n > spanRows || n == 0 || s.Cols < 2*n {
		return nil
	}
	var c mat.PivotedCholesky
	c.Factorize(products(s), 1e-10)
	r := c.Rank()
	if r == 0 {
		return nil // all rows are zeros
	}
	order, u := c.ColumnPivots(nil), c.RawU()
	p := &span{rows: s, pivots: order[:r], basis: mat.NewTriDense(r, mat.Upper, nil), z: matrix.New(n, r)}
	for k, row := range order {
		for i := range min(k+1, r) {
			v := u.At(i, k)
			p.z.Row(row)[i] = float32(v)
			if k < r {
				p.basis.SetTri(i, k, v)
			}
		}
	}
	return p
}

// products returns the products of all rows with each other, n×n.
func products(s *Sparse) *mat.SymDense {
	n := len(s.Ends)
	out := mat.NewSymDense(n, nil)
	full := make([]float64, s.Cols)
	for i := range n {
		columns, values := s.Row(i)
		for k, j := range columns {
			full[j] = float64(values[k])
		}
		for other := i; other < n; other++ {
			list, v := s.Row(other)
			var sum float64
			for k, j := range list {
				sum += float64(v[k]) * full[j]
			}
			out.SetSym(i, other, sum)
		}
		for _, j := range columns {
			full[j] = 0
		}
	}
	return out
}

// back returns a model of z as one of the sparse rows: w = Σ β·row over the pivots, with
// basis·β = v.
func (p *span) back(m *Model) *Model {
	out := *m
	out.Width, out.Weights = p.rows.Cols, make([]float64, len(m.Intercepts)*p.rows.Cols)
	for c := range m.Intercepts {
		beta := append([]float64(nil), m.Weights[c*m.Width:][:m.Width]...)
		for i := len(beta) - 1; i >= 0; i-- { // back substitution
			for k := i + 1; k < len(beta); k++ {
				beta[i] -= p.basis.At(i, k) * beta[k]
			}
			beta[i] /= p.basis.At(i, i)
		}
		w := out.Weights[c*out.Width:][:out.Width]
		for i, row := range p.pivots {
			columns, values := p.rows.Row(row)
			for k, j := range columns {
				w[j] += beta[i] * float64(values[k])
			}
		}
	}
	return &out
}
