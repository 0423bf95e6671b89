package learn

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/matrix"
)

// Pairs say which text is which in a batch of InfoNCE. Texts have numbers; equal texts have
// equal ones.
type Pairs struct {
	Temperature float64 // cosines are divided by it; above 0
	Anchors     []int32 // the number of each anchor, B
	// Candidates are the numbers of the positives, of anchor 0 … B−1, and after them of any
	// number of hard negatives, which are negatives of every anchor.
	Candidates []int32
}

// masked tells whether candidate j is not a negative of anchor i: it is the text of the
// positive, or the positive of an anchor of the same text, or the anchor itself.
func (p Pairs) masked(i, j int) bool {
	return j != i && (p.Candidates[j] == p.Candidates[i] || p.Candidates[j] == p.Anchors[i] && j >= len(p.Anchors) ||
		j < len(p.Anchors) && p.Anchors[j] == p.Anchors[i])
}

// anchorsAtATime bounds the memory of InfoNCE: so many rows of cosines at a time.
const anchorsAtATime = 512

// InfoNCE returns the mean over the anchors (B×D) of the cross-entropy of finding an
// anchor's positive among the candidates (at least B×D), by cosine; and the gradients of
// both. A candidate that is not to be told apart from the positive is left out.
//
// Source: PairInfoNCELoss in model2vec's train/pairs.py; with hard negatives
// MultipleNegativesRankingLoss of sentence-transformers.
func InfoNCE(anchors, candidates *matrix.Matrix, p Pairs) (loss float64, a, c *matrix.Matrix) {
	if len(p.Anchors) != anchors.Rows || len(p.Candidates) != candidates.Rows || candidates.Rows < anchors.Rows {
		panic(fmt.Sprintf("learn: %d anchors and %d candidates with numbers of %d and %d", anchors.Rows, candidates.Rows, len(p.Anchors), len(p.Candidates)))
	}
	left, right := Unit(anchors), Unit(candidates)
	a, c = matrix.New(anchors.Rows, anchors.Cols), matrix.New(candidates.Rows, candidates.Cols)
	scores := matrix.New(min(anchorsAtATime, anchors.Rows), candidates.Rows)
	for from := 0; from < anchors.Rows; from += anchorsAtATime {
		n := min(anchorsAtATime, anchors.Rows-from)
		block := &matrix.Matrix{Rows: n, Cols: scores.Cols, Data: scores.Data[:n*scores.Cols]}
		rows := &matrix.Matrix{Rows: n, Cols: anchors.Cols, Data: left.Out.Data[from*anchors.Cols:][:n*anchors.Cols]}
		multiply(blas.NoTrans, blas.Trans, rows, right.Out, block)
		for i := range n {
			loss += p.contrast(block.Row(i), from+i) / float64(anchors.Rows)
		}
		scale(block.Data, float32(1/(p.Temperature*float64(anchors.Rows))))
		back := &matrix.Matrix{Rows: n, Cols: a.Cols, Data: a.Data[from*a.Cols:][:n*a.Cols]}
		multiply(blas.NoTrans, blas.NoTrans, block, right.Out, back)
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, general(block), general(rows), 1, general(c))
	}
	return loss, left.Backward(a), right.Backward(c)
}

// contrast makes of the cosines of anchor i the gradient of its loss by cosine/temperature,
// and returns the loss.
func (p Pairs) contrast(row []float32, i int) float64 {
	top := math.Inf(-1)
	for j := range row {
		if p.masked(i, j) {
			row[j] = float32(math.Inf(-1))
			continue
		}
		row[j] = float32(float64(row[j]) / p.Temperature)
		top = max(top, float64(row[j]))
	}
	own := float64(row[i])
	var sum float64
	for j, v := range row {
		e := math.Exp(float64(v) - top)
		row[j], sum = float32(e), sum+e
	}
	scale(row, float32(1/sum))
	row[i]--
	return math.Log(sum) - (own - top)
}

// Matryoshka returns the sum of a loss of pairs over the first columns of both matrices, for
// each width of dims, and the gradients.
//
// Source: MatryoshkaLoss of sentence-transformers.
func Matryoshka(anchors, candidates *matrix.Matrix, dims []int, loss func(a, c *matrix.Matrix) (float64, *matrix.Matrix, *matrix.Matrix)) (sum float64, a, c *matrix.Matrix) {
	a, c = matrix.New(anchors.Rows, anchors.Cols), matrix.New(candidates.Rows, candidates.Cols)
	for _, d := range dims {
		value, da, dc := loss(matrix.FirstColumns(anchors, d), matrix.FirstColumns(candidates, d))
		sum += value
		for i := range da.Rows {
			add(a.Row(i)[:d], 1, da.Row(i))
		}
		for i := range dc.Rows {
			add(c.Row(i)[:d], 1, dc.Row(i))
		}
	}
	return sum, a, c
}
