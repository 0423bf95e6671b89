package pca

import (
	"gonum.org/v1/gonum/blas"
	level2 "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// reflectors is the number of columns that are reduced before the rest of the matrix
// is updated, and the width below which no columns are put off: both LAPACK's.
const reflectors = 32

// tridiagonalize reduces the symmetric n×n matrix a, of which it reads the upper
// half, to T = Qᵀ·a·Q with diagonal d (n) and off-diagonal e (n−1). a is overwritten
// with the reflectors of Q, for Dorgtr, and tau (n−1) holds their factors.
//
// It does what gonum's Dsytrd does in the same order, to the same bits, with a
// product of its own for the two loops that take nine tenths of the time.
//
// Source: Dsytrd and Dlatrd of LAPACK, upper half.
func tridiagonalize(a []float64, n int) (d, e, tau []float64) {
	d, e, tau = make([]float64, n), make([]float64, max(n-1, 0)), make([]float64, max(n-1, 0))
	r := reduction{a: a, n: n, e: e, tau: tau, w: make([]float64, n*reflectors), x: make([]float64, n), y: make([]float64, n)}
	rest := n
	for ; rest > reflectors; rest -= reflectors {
		first := rest - reflectors
		r.columns(first)
		r.update(first)
		for j := first; j < rest; j++ {
			a[(j-1)*n+j] = e[j-1]
			d[j] = a[j*n+j]
		}
	}
	gonum.Implementation{}.Dsytd2(blas.Upper, rest, a, n, d, e, tau)
	return d, e, tau
}

// reduction is a matrix on its way to tridiagonal form.
type reduction struct {
	a      []float64 // n×n; V, the reflectors, in the columns that are reduced
	n      int
	e, tau []float64
	w      []float64 // n×reflectors: the update to come is a − V·Wᵀ − W·Vᵀ
	x, y   []float64 // scratch for a column of V and of W, without gaps
}

// columns reduces columns first … first+reflectors−1, the last one first, and leaves
// in w what the columns before them are to be updated with.
func (r *reduction) columns(first int) {
	const nb = reflectors
	n, a, w := r.n, r.a, r.w
	var lapack gonum.Implementation
	var bi level2.Implementation
	end := first + nb // columns from here on are done
	for i := end - 1; i >= first; i-- {
		iw, done := i-first, end-1-i
		if done > 0 { // update column i with the reflectors of the columns after it
			bi.Dgemv(blas.NoTrans, i+1, done, -1, a[i+1:], n, w[i*nb+iw+1:], 1, 1, a[i:], n)
			bi.Dgemv(blas.NoTrans, i+1, done, -1, w[iw+1:], nb, a[i*n+i+1:], 1, 1, a[i:], n)
		}
		r.e[i-1], r.tau[i-1] = lapack.Dlarfg(i, a[(i-1)*n+i], a[i:], n)
		a[(i-1)*n+i] = 1
		r.symmetricProduct(i, iw)
		if done > 0 {
			bi.Dgemv(blas.Trans, i, done, 1, w[iw+1:], nb, a[i:], n, 0, w[(i+1)*nb+iw:], nb)
			bi.Dgemv(blas.NoTrans, i, done, -1, a[i+1:], n, w[(i+1)*nb+iw:], nb, 1, w[iw:], nb)
			bi.Dgemv(blas.Trans, i, done, 1, a[i+1:], n, a[i:], n, 0, w[(i+1)*nb+iw:], nb)
			bi.Dgemv(blas.NoTrans, i, done, -1, w[iw+1:], nb, w[(i+1)*nb+iw:], nb, 1, w[iw:], nb)
		}
		bi.Dscal(i, r.tau[i-1], w[iw:], nb)
		alpha := -0.5 * r.tau[i-1] * bi.Ddot(i, w[iw:], nb, a[i:], n)
		bi.Daxpy(i, alpha, a[i:], n, w[iw:], nb)
	}
}

// symmetricProduct sets rows 0 … m−1 of column iw of w to the leading m×m part of a
// times column m of a.
func (r *reduction) symmetricProduct(m, iw int) {
	x, y := r.x[:m], r.y[:m]
	for i := range x {
		x[i], y[i] = r.a[i*r.n+m], 0
	}
	i := 0
	for ; i+4 <= m; i += 4 {
		fourRows(r.a[i*r.n+i:], r.n, x[i:], y[i:])
	}
	for ; i < m; i++ {
		y[i] += oneRow(r.a[i*r.n+i:], x[i:], y[i:])
	}
	for i, v := range y {
		r.w[i*reflectors+iw] = v
	}
}

// oneRow adds x[0] times a row to y but for its first value, and returns the row's
// product with x. The row begins with its diagonal value.
func oneRow(row, x, y []float64) float64 {
	s := x[0] * row[0]
	for j := 1; j < len(x); j++ {
		s += x[j] * row[j]
		y[j] += x[0] * row[j]
	}
	return s
}

// fourRows is oneRow of four rows, stride apart, of which row r begins with its
// diagonal value at column r, and adds each row's product to its place in y. Every
// sum has its terms in the order that one row after the other gives them: four sums
// at a time keep a core busy, which one does not.
func fourRows(rows []float64, stride int, x, y []float64) {
	var s [4]float64
	for r := range 4 {
		s[r] = oneRow(rows[r*stride+r:], x[r:4], y[r:4])
	}
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	n := len(x) - 4
	right, out := x[4:][:n], y[4:][:n]
	r0, r1, r2, r3 := rows[4:][:n], rows[stride+4:][:n], rows[2*stride+4:][:n], rows[3*stride+4:][:n]
	for j, v := range right {
		a0, a1, a2, a3 := r0[j], r1[j], r2[j], r3[j]
		s0 += v * a0
		s1 += v * a1
		s2 += v * a2
		s3 += v * a3
		out[j] = out[j] + x0*a0 + x1*a1 + x2*a2 + x3*a3
	}
	for r, v := range [4]float64{s0, s1, s2, s3} {
		y[r] += v
	}
}

// update subtracts V·Wᵀ + W·Vᵀ from the upper half of the leading m×m part of a.
func (r *reduction) update(m int) {
	const nb = reflectors
	v := make([]float64, m*nb) // V without gaps
	for i := range m {
		copy(v[i*nb:(i+1)*nb], r.a[i*r.n+m:])
	}
	parallel.Ranges(m, 16, func(from, to int) {
		for i := from; i < to; i++ {
			vi, wi := (*[nb]float64)(v[i*nb:]), (*[nb]float64)(r.w[i*nb:])
			row := r.a[i*r.n:][:m]
			j := i
			for ; j+2 <= m; j += 2 {
				p, q := twoSums(vi, wi, (*[2 * nb]float64)(v[j*nb:]), (*[2 * nb]float64)(r.w[j*nb:]))
				row[j] -= p
				row[j+1] -= q
			}
			for ; j < m; j++ {
				row[j] -= oneSum(vi, wi, (*[nb]float64)(v[j*nb:]), (*[nb]float64)(r.w[j*nb:]))
			}
		}
	})
}

// twoSums is oneSum for two rows j and j+1, which lie one after the other.
func twoSums(vi, wi *[reflectors]float64, vj, wj *[2 * reflectors]float64) (p, q float64) {
	var p1, p2, q1, q2 float64
	for l := range reflectors {
		p1 += vj[l] * wi[l]
		p2 += vi[l] * wj[l]
		q1 += vj[reflectors+l] * wi[l]
		q2 += vi[l] * wj[reflectors+l]
	}
	return p1 + p2, q1 + q2
}

// oneSum returns vj·wi + vi·wj, each product a sum in the order of its terms.
func oneSum(vi, wi, vj, wj *[reflectors]float64) float64 {
	var s1, s2 float64
	for l := range reflectors {
		s1 += vj[l] * wi[l]
		s2 += vi[l] * wj[l]
	}
	return s1 + s2
}
