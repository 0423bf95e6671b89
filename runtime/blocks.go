package runtime

import (
	"sync"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// Block sizes, in rows of C and in terms of the sum. They decide how results are
// rounded, so they are constants: neither threads nor machine may change them.
const (
	blockRows  = 512
	blockTerms = 2048
)

// multiply cuts p into blocks and runs them on b's threads. Which way it cuts
// depends on which operands have their blocks in one piece:
//
//	A not transposed   by rows of C: rows of A, all of B
//	both transposed    by columns of C: all of A, rows of B
//	A transposed       by terms of the sum: rows of A, rows of B, partial sums added in order
func multiply[T number](b *BLAS, p problem[T]) error {
	session, err := graph[T](b, p.tA, p.tB)
	if err != nil {
		return err
	}
	if p.alpha == 1 && p.beta == 0 && p.ldc == p.n {
		return product(b, session, &p)
	}
	// C is touched only after all blocks have gone well: on an error gonum computes
	// the product instead, and beta·C must still be C's own.
	whole := p
	whole.c, whole.ldc = make([]T, p.m*p.n), p.n
	if err := product(b, session, &whole); err != nil {
		return err
	}
	p.merge(whole.c)
	return nil
}

// product writes op(A)·op(B) to C, which has no gaps.
func product[T number](b *BLAS, s *Session, p *problem[T]) error {
	switch {
	case !p.tA:
		return byRows(b, s, p)
	case p.tB:
		return byColumns(b, s, p)
	}
	return byTerms(b, s, p)
}

func byRows[T number](b *BLAS, s *Session, p *problem[T]) error {
	_, _, bRows, bCols := p.shapes()
	right := packed(p.b, bRows, bCols, p.ldb)
	return parallel.Errors(b.threads, p.m, blockRows, func(from, to int) error {
		left := packed(p.a[from*p.lda:], to-from, p.k, p.lda)
		return run(s, left, to-from, p.k, right, bRows, bCols, p.c[from*p.n:], to-from, p.n)
	})
}

func byColumns[T number](b *BLAS, s *Session, p *problem[T]) error {
	left := packed(p.a, p.k, p.m, p.lda)
	return parallel.Errors(b.threads, p.n, blockRows, func(from, to int) error {
		cols := to - from
		right := packed(p.b[from*p.ldb:], cols, p.k, p.ldb)
		y := make([]T, p.m*cols)
		if err := run(s, left, p.k, p.m, right, cols, p.k, y, p.m, cols); err != nil {
			return err
		}
		for i := range p.m {
			copy(p.c[i*p.n+from:], y[i*cols:(i+1)*cols])
		}
		return nil
	})
}

func byTerms[T number](b *BLAS, s *Session, p *problem[T]) error {
	clear(p.c[:p.m*p.n])
	turn := newTurns()
	return parallel.Errors(b.threads, p.k, blockTerms, func(from, to int) error {
		block := from / blockTerms
		terms := to - from
		left := packed(p.a[from*p.lda:], terms, p.m, p.lda)
		right := packed(p.b[from*p.ldb:], terms, p.n, p.ldb)
		y := make([]T, p.m*p.n)
		err := run(s, left, terms, p.m, right, terms, p.n, y, p.m, p.n)
		turn.wait(block)
		defer turn.end(block)
		if err != nil {
			return err
		}
		for i, v := range y {
			p.c[i] += v
		}
		return nil
	})
}

// merge writes C = alpha·y + beta·C. As in BLAS, beta 0 means that C is not read:
// it may hold NaN.
func (p *problem[T]) merge(y []T) {
	for i := range p.m {
		dst, src := p.c[i*p.ldc:i*p.ldc+p.n], y[i*p.n:(i+1)*p.n]
		if p.beta == 0 {
			for j, v := range src {
				dst[j] = p.alpha * v
			}
			continue
		}
		for j, v := range src {
			dst[j] = p.alpha*v + p.beta*dst[j]
		}
	}
}

// packed returns rows × cols values without gaps: data itself if it has none.
func packed[T number](data []T, rows, cols, stride int) []T {
	if stride == cols || rows == 1 {
		return data[:rows*cols]
	}
	dst := make([]T, rows*cols)
	for i := range rows {
		copy(dst[i*cols:(i+1)*cols], data[i*stride:i*stride+cols])
	}
	return dst
}

// turns lets blocks pass one after the other, by number.
type turns struct {
	mu   sync.Mutex
	cond *sync.Cond
	now  int
}

func newTurns() *turns {
	t := &turns{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

func (t *turns) wait(block int) {
	t.mu.Lock()
	for t.now != block {
		t.cond.Wait()
	}
	t.mu.Unlock()
}

// end lets the next block pass; wait must have been called for this one.
func (t *turns) end(block int) {
	t.mu.Lock()
	t.now = block + 1
	t.cond.Broadcast()
	t.mu.Unlock()
}
