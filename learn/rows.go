package learn

import (
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// Rows are token rows that train. A text's vector is the mean over its tokens of weight ×
// row. It belongs to one goroutine.
type Rows struct {
	Table   *matrix.Matrix // K×D
	Weights []float32      // by token id; nil: all are 1
	Mapping []int32        // the row of each token id; nil: the id itself

	seen places // of token ids in a batch
	rows places // of rows in a batch, where there is a mapping
}

// Sparse is a gradient of a few rows of a table; all others are 0.
type Sparse struct {
	Rows   []int32        // distinct, in the order in which the batch shows them
	Values *matrix.Matrix // len(Rows)×D
}

// TokenGradient is the gradient of Rows for one batch.
type TokenGradient struct {
	Rows    Sparse // of Table
	Weights Sparse // of Weights, as a table of one column; empty where there are none
}

// texts of a range of the parallel loops here, and rows.
const textsAtATime, rowsAtATime = 16, 64

// Means returns the vector of each text, B×D; a text without tokens has zeros. Every id must
// have a row.
func (r *Rows) Means(b *Bags) *matrix.Matrix {
	out := matrix.New(b.Len(), r.Table.Cols)
	parallel.Ranges(b.Len(), textsAtATime, func(from, to int) {
		for i := from; i < to; i++ {
			ids, sum := b.Text(i), out.Row(i)
			for _, id := range ids {
				add(sum, r.weight(id)/float32(len(ids)), r.row(id))
			}
		}
	})
	return out
}

// Distinct returns the rows that the batch holds, in the order of Gradient's where there is
// no mapping.
func (r *Rows) Distinct(b *Bags) []int32 {
	ids, _ := r.seen.group(b.IDs, max(r.Table.Rows, len(r.Mapping)))
	if r.Mapping == nil {
		return ids
	}
	of := make([]int32, len(ids))
	for i, id := range ids {
		of[i] = r.Mapping[id]
	}
	rows, _ := r.rows.group(of, r.Table.Rows)
	return rows
}

// Gradient returns the gradient of the rows, and of the weights where there are any, given
// that of the vectors, slope (B×D). Memory is that of the rows that the batch holds.
func (r *Rows) Gradient(b *Bags, slope *matrix.Matrix) TokenGradient {
	size := r.Table.Rows
	if r.Mapping != nil {
		size = len(r.Mapping)
	}
	ids, occurrences := r.seen.group(b.IDs, size)
	texts := make([]int32, len(b.IDs)) // the text of each token
	for i := range b.Ends {
		for k := b.Ends[i] - len(b.Text(i)); k < b.Ends[i]; k++ {
			texts[k] = int32(i)
		}
	}
	sums := matrix.New(len(ids), r.Table.Cols) // of slope/length over an id's occurrences
	parallel.Ranges(len(ids), rowsAtATime, func(from, to int) {
		for i := from; i < to; i++ {
			for _, k := range occurrences(i) {
				text := int(texts[k])
				add(sums.Row(i), 1/float32(len(b.Text(text))), slope.Row(text))
			}
		}
	})
	g := TokenGradient{}
	if r.Weights != nil {
		g.Weights = Sparse{ids, matrix.New(len(ids), 1)}
		for i, id := range ids {
			g.Weights.Values.Data[i] = float32(matrix.Dot(r.row(id), sums.Row(i)))
			scale(sums.Row(i), r.Weights[id])
		}
	}
	g.Rows = Sparse{ids, sums}
	if r.Mapping != nil {
		g.Rows = r.mapped(ids, sums)
	}
	return g
}

// mapped adds the gradients of token ids that share a row.
func (r *Rows) mapped(ids []int32, sums *matrix.Matrix) Sparse {
	of := make([]int32, len(ids))
	for i, id := range ids {
		of[i] = r.Mapping[id]
	}
	rows, members := r.rows.group(of, r.Table.Rows)
	out := matrix.New(len(rows), sums.Cols)
	for i := range rows {
		for _, k := range members(i) {
			add(out.Row(i), 1, sums.Row(int(k)))
		}
	}
	return Sparse{rows, out}
}

func (r *Rows) row(id int32) []float32 {
	if r.Mapping != nil {
		id = r.Mapping[id]
	}
	return r.Table.Row(int(id))
}

func (r *Rows) weight(id int32) float32 {
	if r.Weights == nil {
		return 1
	}
	return r.Weights[id]
}

// places groups equal keys in linear time. Between calls all of at is 0.
type places struct {
	at []int32 // by key, 1 + its place among the distinct keys of the call
}

// group returns the distinct keys, 0 ≤ key < size, in the order of their first occurrence,
// and a function that gives the positions of the i-th of them, ascending.
func (p *places) group(keys []int32, size int) (distinct []int32, positions func(i int) []int32) {
	if len(p.at) < size {
		p.at = make([]int32, size)
	}
	var counts []int32
	for _, key := range keys {
		if p.at[key] == 0 {
			distinct, counts = append(distinct, key), append(counts, 0)
			p.at[key] = int32(len(distinct))
		}
		counts[p.at[key]-1]++
	}
	ends := make([]int32, len(distinct)) // first the start of each, in the end its end
	for i := 1; i < len(ends); i++ {
		ends[i] = ends[i-1] + counts[i-1]
	}
	list := make([]int32, len(keys))
	for k, key := range keys {
		i := p.at[key] - 1
		list[ends[i]] = int32(k)
		ends[i]++
	}
	for _, key := range distinct {
		p.at[key] = 0
	}
	return distinct, func(i int) []int32 { return list[ends[i]-counts[i] : ends[i]] }
}

// add adds a·x to dst.
func add(dst []float32, a float32, x []float32) {
	blas32.Axpy(a, blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(dst), Data: dst, Inc: 1})
}

// scale multiplies x by a.
func scale(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}
