package runtime

import (
	"context"
	"fmt"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/m2v-dev/m2v/internal/onnx"
)

// BLAS is gonum's pure Go BLAS with large matrix products run by ONNX Runtime:
// ten times as fast or more. Register it with blas64.Use and blas32.Use. It needs no closing:
// its sessions are the Runtime's.
//
// A product is cut into blocks by its shape alone, each block runs on one
// thread, and partial sums are added in block order: the result has the same
// bits whatever the number of threads. It is safe for concurrent use.
type BLAS struct {
	gonum.Implementation

	rt      *Runtime
	threads int
}

// products are the sessions of a Runtime's matrix products, by precision and by
// transposition. They are opened when they are first needed, serve every BLAS, and stay
// as long as the Runtime does.
type products [2][4]struct {
	once    sync.Once
	session *Session
	err     error
}

var (
	_ blas.Float64 = (*BLAS)(nil)
	_ blas.Float32 = (*BLAS)(nil)
)

// NewBLAS returns a BLAS that works with that many threads, 1 at least. It runs
// one small product, so that a library that cannot is found here.
func NewBLAS(rt *Runtime, threads int) (*BLAS, error) {
	b := &BLAS{rt: rt, threads: max(threads, 1)}
	got := make([]float64, 1)
	p := problem[float64]{m: 1, n: 1, k: 1, lda: 1, ldb: 1, ldc: 1, alpha: 1, a: []float64{2}, b: []float64{3}, c: got}
	if err := multiply(b, p); err != nil {
		return nil, fmt.Errorf("runtime: start matrix product: %w", err)
	}
	if got[0] != 6 {
		return nil, fmt.Errorf("runtime: start matrix product: 2 × 3 gave %v", got[0])
	}
	return b, nil
}

// minWork is the number of multiplications from which a product is worth the
// some 20 µs that a session's run costs; gonum does a million in 200 µs.
const minWork = 1 << 19

// Dgemm computes C = alpha·op(A)·op(B) + beta·C, as gonum's.
func (b *BLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, bb []float64, ldb int, beta float64, c []float64, ldc int) {
	p := problem[float64]{tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, lda, ldb, ldc, alpha, beta, a, bb, c}
	if !p.worth() || multiply(b, p) != nil {
		b.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, bb, ldb, beta, c, ldc)
	}
}

// Sgemm is Dgemm in single precision.
func (b *BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, bb []float32, ldb int, beta float32, c []float32, ldc int) {
	p := problem[float32]{tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, lda, ldb, ldc, alpha, beta, a, bb, c}
	if !p.worth() || multiply(b, p) != nil {
		b.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, bb, ldb, beta, c, ldc)
	}
}

type number interface{ float32 | float64 }

// problem is one product, all matrices row-major: op(A) is m×k, op(B) k×n.
type problem[T number] struct {
	tA, tB        bool
	m, n, k       int
	lda, ldb, ldc int
	alpha, beta   T
	a, b, c       []T
}

// worth reports whether p is large enough, and as sane as gonum wants it: what
// is not, gonum refuses in its own words.
func (p *problem[T]) worth() bool {
	if p.m <= 0 || p.n <= 0 || p.k <= 0 || float64(p.m)*float64(p.n)*float64(p.k) < minWork {
		return false
	}
	aRows, aCols, bRows, bCols := p.shapes()
	fits := func(data []T, rows, cols, stride int) bool {
		return stride >= cols && len(data) >= (rows-1)*stride+cols
	}
	return fits(p.a, aRows, aCols, p.lda) && fits(p.b, bRows, bCols, p.ldb) && fits(p.c, p.m, p.n, p.ldc)
}

// shapes are those of A and B as stored.
func (p *problem[T]) shapes() (aRows, aCols, bRows, bCols int) {
	aRows, aCols, bRows, bCols = p.m, p.k, p.k, p.n
	if p.tA {
		aRows, aCols = aCols, aRows
	}
	if p.tB {
		bRows, bCols = bCols, bRows
	}
	return aRows, aCols, bRows, bCols
}

// graph returns the session for one transposition: Y = op(A)·op(B).
func graph[T number](b *BLAS, tA, tB bool) (*Session, error) {
	var zero T
	precision, elem := 0, onnx.Float64
	if _, single := any(zero).(float32); single {
		precision, elem = 1, onnx.Float32
	}
	at := 0
	var attributes []onnx.Attribute
	if tA {
		at |= 1
		attributes = append(attributes, onnx.Attribute{Name: "transA", Int: 1})
	}
	if tB {
		at |= 2
		attributes = append(attributes, onnx.Attribute{Name: "transB", Int: 1})
	}
	slot := &b.rt.products[precision][at]
	slot.once.Do(func() {
		value := func(name, rows, cols string) onnx.Value {
			return onnx.Value{Name: name, Type: elem, Dims: []onnx.Dim{onnx.Symbol(rows), onnx.Symbol(cols)}}
		}
		g := onnx.Graph{
			Inputs:  []onnx.Value{value("A", "a", "b"), value("B", "c", "d")},
			Outputs: []onnx.Value{value("Y", "m", "n")},
			Nodes:   []onnx.Node{{Op: "Gemm", Inputs: []string{"A", "B"}, Outputs: []string{"Y"}, Attributes: attributes}},
			Opset:   13,
		}
		slot.session, slot.err = b.rt.OpenBytes(g.Marshal(), SessionOptions{Inputs: []string{"A", "B"}, Outputs: []string{"Y"}})
	})
	return slot.session, slot.err
}

// run computes y = op(a)·op(b) for matrices without gaps, of the given stored shapes.
func run[T number](s *Session, a []T, aRows, aCols int, b []T, bRows, bCols int, y []T, yRows, yCols int) error {
	var tensors []*Tensor
	defer func() {
		for _, t := range tensors {
			t.Close()
		}
	}()
	add := func(data []T, rows, cols int) error {
		t, err := NewTensor(data[:rows*cols], int64(rows), int64(cols))
		if err == nil {
			tensors = append(tensors, t)
		}
		return err
	}
	if err := add(a, aRows, aCols); err != nil {
		return err
	}
	if err := add(b, bRows, bCols); err != nil {
		return err
	}
	if err := add(y, yRows, yCols); err != nil {
		return err
	}
	return s.Run(context.Background(), tensors[:2], tensors[2:])
}
