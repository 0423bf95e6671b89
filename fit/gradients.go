package fit

import (
	"context"
	"math"
	"sync"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// system is the normal equations ((aS)ᵀ(aS) + λI)·E = (aS)ᵀT + λP over the tokens
// that texts hold: for any other token E = P.
type system struct {
	texts   *Texts
	scale   []float32 // N, a_n²; 0: the text is left out
	inverse []float32 // tokens seen, 1 / the diagonal of the matrix
	ridge   float32
	threads int
}

// newSystem returns the equations for the texts whose weight a is not zero, but for
// those with the numbers of without.
func newSystem(t *Texts, a []float32, without []int, ridge float64, threads int) *system {
	s := &system{texts: t, scale: make([]float32, len(a)), inverse: make([]float32, t.Seen()), ridge: float32(ridge), threads: threads}
	for n, an := range a {
		s.scale[n] = an * an
	}
	for _, n := range without {
		s.scale[n] = 0
	}
	diagonal := make([]float64, t.Seen())
	for n, scale := range s.scale {
		for _, e := range t.text(n) {
			diagonal[e.column] += float64(float64(scale) * float64(e.share*e.share))
		}
	}
	for i, v := range diagonal {
		s.inverse[i] = float32(1 / (v + ridge))
	}
	return s
}

// columns is what the conjugate gradients remember of each column of a panel.
type columns struct{ rz, rr [lanes]float64 }

// solve turns e, the prior P, into the rows E, and r, (aS)ᵀT, into the residual, by
// conjugate gradients with the diagonal as preconditioner. Each column has its own
// step size; all take the same number of steps. size is the norm of the whole
// right-hand side; solve ends at a residual of tolerance·size or after so many steps.
func (s *system) solve(ctx context.Context, e, r *panels, size, tolerance float64, steps int, progress func(step int)) (taken int, residual float64, err error) {
	q := newPanels(e.rows, e.cols)
	state := make([]columns, len(e.data))
	scratch := sync.Pool{New: func() any { w := make([]float32, e.rows*lanes); return &w }}

	step := func(work func(p int, w []float32)) error {
		parallel.Each(s.threads, len(e.data), func(p int) {
			if ctx.Err() != nil {
				return
			}
			w := scratch.Get().(*[]float32)
			defer scratch.Put(w)
			work(p, *w)
		})
		residual = norm(state) / size
		return ctx.Err()
	}
	// R = right − matrix·P; λP is on both sides.
	err = step(func(p int, w []float32) {
		s.start(&state[p], e.data[p], r.data[p], q.data[p], w)
	})
	for err == nil && taken < steps && residual > tolerance {
		err = step(func(p int, w []float32) {
			s.step(&state[p], e.data[p], r.data[p], q.data[p], w)
		})
		taken++
		progress(taken)
	}
	return taken, residual, err
}

// start sets the first residual and direction of a panel.
func (s *system) start(c *columns, e, r, q, w []float32) {
	clear(w)
	normal(w, e, s.texts.entries, s.texts.ends, s.scale)
	one := row{}
	for j := range one {
		one[j] = 1
	}
	c.rz, c.rr = advance(e, r, q, w, s.inverse, &one) // q is 0, so e stays
	turn(q, r, s.inverse, &row{})
}

// step takes one step in a panel.
func (s *system) step(c *columns, e, r, q, w []float32) {
	clear(w)
	normal(w, q, s.texts.entries, s.texts.ends, s.scale)
	curve := curvature(w, q, s.ridge)
	var size, next row
	for j := range size {
		size[j] = ratio(c.rz[j], curve[j])
	}
	before := c.rz
	c.rz, c.rr = advance(e, r, q, w, s.inverse, &size)
	for j := range next {
		next[j] = ratio(c.rz[j], before[j])
	}
	turn(q, r, s.inverse, &next)
}

// ratio returns a/b, or 0 where a column has come to its end.
func ratio(a, b float64) float32 {
	if !(b > math.SmallestNonzeroFloat32) {
		return 0
	}
	return float32(a / b)
}

// norm returns the Frobenius norm of the residual.
func norm(state []columns) float64 {
	var sum float64
	for _, c := range state {
		for _, v := range c.rr {
			sum += v
		}
	}
	return math.Sqrt(sum)
}
