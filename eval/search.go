package eval

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// A hit is a document and its score.
type hit struct {
	doc   int
	score float32
}

// better tells whether h comes before o: by score, and where that is equal by the
// order of documents.
func (h hit) better(o hit) bool {
	return h.score > o.score || h.score == o.score && h.doc < o.doc
}

// top holds the best hits of one query in a heap, the worst of them first.
type top struct {
	size int
	heap []hit
}

// worst is the score that a hit has to exceed, if there are size hits already.
func (t *top) full() bool { return len(t.heap) == t.size }

// offer takes h if it is among the best.
func (t *top) offer(h hit) {
	if !t.full() {
		t.heap = append(t.heap, h)
		for i := len(t.heap) - 1; i > 0; {
			parent := (i - 1) / 2
			if t.heap[i].better(t.heap[parent]) {
				return
			}
			t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
			i = parent
		}
		return
	}
	if !h.better(t.heap[0]) {
		return
	}
	t.heap[0] = h
	t.sink(len(t.heap))
}

// sink restores the heap of the first n hits after its first one changed.
func (t *top) sink(n int) {
	for i := 0; ; {
		child := 2*i + 1
		if child >= n {
			return
		}
		if child+1 < n && t.heap[child].better(t.heap[child+1]) {
			child++
		}
		if !t.heap[i].better(t.heap[child]) {
			return
		}
		t.heap[i], t.heap[child] = t.heap[child], t.heap[i]
		i = child
	}
}

// sorted returns the hits, best first, and leaves t without its order.
func (t *top) sorted() []hit {
	for n := len(t.heap) - 1; n > 0; n-- {
		t.heap[0], t.heap[n] = t.heap[n], t.heap[0]
		t.sink(n)
	}
	return t.heap
}

// queryBlock and docBlock bound the block of scores that is in memory: 32 MiB.
const (
	queryBlock = 1024
	docBlock   = 8192
)

// scan offers the inner product of each query with each document, the first of which
// is number first, to tops. skip tells which documents a query must not find; nil is none.
func scan(queries, docs *matrix.Matrix, first int, tops []top, skip func(query, doc int) bool) {
	scores := make([]float32, min(queryBlock, queries.Rows)*min(docBlock, docs.Rows))
	for q := 0; q < queries.Rows; q += queryBlock {
		n := min(queryBlock, queries.Rows-q)
		for d := 0; d < docs.Rows; d += docBlock {
			m := min(docBlock, docs.Rows-d)
			blas32.Gemm(blas.NoTrans, blas.Trans, 1, block(queries, q, n), block(docs, d, m),
				0, blas32.General{Rows: n, Cols: m, Stride: m, Data: scores[:n*m]})
			parallel.Ranges(n, 16, func(from, to int) {
				for i := from; i < to; i++ {
					tops[q+i].offerAll(scores[i*m:][:m], first+d, q+i, skip)
				}
			})
		}
	}
}

// offerAll offers the scores of documents from number first on.
func (t *top) offerAll(scores []float32, first, query int, skip func(query, doc int) bool) {
	for j, score := range scores {
		if t.full() && score <= t.heap[0].score {
			continue // documents come in order: an equal one is behind those that are in
		}
		if skip == nil || !skip(query, first+j) {
			t.offer(hit{first + j, score})
		}
	}
}

func block(m *matrix.Matrix, from, rows int) blas32.General {
	return blas32.General{Rows: rows, Cols: m.Cols, Stride: m.Cols, Data: m.Data[from*m.Cols:][:rows*m.Cols]}
}
