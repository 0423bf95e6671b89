package pca

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// eigen returns the eigenvalues of the symmetric n×n matrix a, descending, and its
// eigenvectors: row j of vectors, n×n, belongs to value j. a is overwritten.
//
// gonum's mat.EigenSym spends most of its time in Dsteqr, which turns columns of a
// row-major matrix one rotation at a time. Here the QR iteration runs on the
// tridiagonal matrix alone and its rotations are kept; then they are applied in
// bulk to a few rows at a time, on all cores. See docs/decisions/040-eigen.md and
// 260-faster-pca.md.
func eigen(a []float64, n int) (values, vectors []float64, err error) {
	d, e, tau := tridiagonalize(a, n) // a = Q·T·Qᵀ, T of d and e
	work := make([]float64, 64*n)
	gonum.Implementation{}.Dorgtr(blas.Upper, n, a, n, tau, work, len(work)) // a is Q

	groups := packRows(a, n)
	t := tridiagonal{d: d, e: e, groups: groups}
	if err := t.diagonalize(); err != nil {
		return nil, nil, err
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(d[j], d[i]) })
	values, vectors = make([]float64, n), a
	for to, from := range order {
		values[to] = d[from]
		for i := range n {
			vectors[to*n+i] = groups[i/lanes][from][i%lanes]
		}
	}
	return values, vectors, nil
}

// lanes is the number of rows that a rotation is applied to at once: their chains
// of dependent operations are independent of one another, which keeps a core busy.
// Four registers of AVX hold them.
const lanes = 16

// rowGroup is a few rows of a matrix, interleaved: [j][l] is column j of row l.
type rowGroup [][lanes]float64

func packRows(a []float64, n int) []rowGroup {
	groups := make([]rowGroup, (n+lanes-1)/lanes)
	for g := range groups {
		groups[g] = make(rowGroup, n)
		for l := range min(lanes, n-g*lanes) {
			for j, v := range a[(g*lanes+l)*n:][:n] {
				groups[g][j][l] = v
			}
		}
	}
	return groups
}

// rotation is a plane rotation of columns j and j+1.
type rotation struct{ c, s float64 }

// sweep is one QR step: a rotation of columns first and first+1, one of first+1 and
// first+2, and so on.
type sweep struct{ first, from, to int } // from, to: bounds in tridiagonal.rotations

// tridiagonal is a symmetric tridiagonal matrix under implicit QR iteration, and
// the rows of the orthogonal matrix that its rotations are to be applied to.
type tridiagonal struct {
	d, e      []float64 // diagonal, off-diagonal
	rotations []rotation
	sweeps    []sweep
	groups    []rowGroup
}

// keptRotations bounds the memory of rotations not yet applied: 8 MiB.
const keptRotations = 1 << 19

// diagonalize makes e zero, so that d holds the eigenvalues, unordered.
//
// Source: Golub and Van Loan, Matrix Computations, algorithm 8.3.3.
func (t *tridiagonal) diagonalize() error {
	const epsilon = 0x1p-53
	n := len(t.d)
	steps := 30 * n // LAPACK's Dsteqr gives up there too; 1.7 n is usual
	for q := n - 1; q > 0; {
		for i := range q {
			if math.Abs(t.e[i]) <= epsilon*(math.Abs(t.d[i])+math.Abs(t.d[i+1])) {
				t.e[i] = 0
			}
		}
		if t.e[q-1] == 0 {
			q--
			continue
		}
		p := q - 1 // the last unreduced block is p … q
		for p > 0 && t.e[p-1] != 0 {
			p--
		}
		if steps == 0 {
			return fmt.Errorf("pca: fit: eigenvalues of %d×%d covariance do not converge", n, n)
		}
		steps--
		t.step(p, q)
		if len(t.rotations) >= keptRotations {
			t.apply()
		}
	}
	t.apply()
	return nil
}

// step takes one implicit QR step with Wilkinson's shift on block p … q.
//
// Source: Golub and Van Loan, algorithm 8.3.2.
func (t *tridiagonal) step(p, q int) {
	half := (t.d[q-1] - t.d[q]) / 2
	shift := t.d[q] - t.e[q-1]*(t.e[q-1]/(half+math.Copysign(math.Hypot(half, t.e[q-1]), half)))
	from := len(t.rotations)
	x, z := t.d[p]-shift, t.e[p]
	for k := p; k < q; k++ {
		r := math.Hypot(x, z)
		c, s := 1.0, 0.0
		if r > 0 {
			c, s = x/r, z/r
		}
		if k > p {
			t.e[k-1] = r
		}
		a, b, g := t.d[k], t.e[k], t.d[k+1]
		t.d[k] = c*c*a + 2*c*s*b + s*s*g
		t.d[k+1] = s*s*a - 2*c*s*b + c*c*g
		t.e[k] = c*s*(g-a) + (c*c-s*s)*b
		if k < q-1 {
			x, z = t.e[k], s*t.e[k+1]
			t.e[k+1] *= c
		}
		t.rotations = append(t.rotations, rotation{c, s})
	}
	t.sweeps = append(t.sweeps, sweep{p, from, len(t.rotations)})
}

// apply applies the rotations kept to every group of rows, and forgets them.
func (t *tridiagonal) apply() {
	parallel.Ranges(len(t.groups), 1, func(g, _ int) {
		for _, s := range t.sweeps {
			t.groups[g].rotate(s.first, t.rotations[s.from:s.to])
		}
	})
	t.rotations, t.sweeps = t.rotations[:0], t.sweeps[:0]
}
