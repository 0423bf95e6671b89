package cluster

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// index answers which of k centers is closest to a row x. It compares scores:
// ‖x−c‖² less what all centers share, in float32.
//
// With m the mean of the rows and c' = c−m, ‖x−c‖² = ‖x−m‖² + ‖c'‖² + 2m·c' − 2x·c'.
// The first term is shared; the next two, a center's bias, are taken in float64. The
// product is of c' and not of c, so a mean far from the origin costs less precision,
// and the rows need no centred copy.
type index struct {
	mean     []float64      // D
	centered *matrix.Matrix // k×D
	bias     []float32      // k
}

func newIndex(centers *matrix.Matrix, mean []float64) *index {
	x := &index{mean: mean, centered: matrix.New(centers.Rows, centers.Cols), bias: make([]float32, centers.Rows)}
	for c := range centers.Rows {
		x.set(centers, c)
	}
	return x
}

// move takes over the centers that moved.
func (x *index) move(centers *matrix.Matrix, moved []int) {
	for _, c := range moved {
		x.set(centers, c)
	}
}

func (x *index) set(centers *matrix.Matrix, c int) {
	var bias float64
	for j, v := range centers.Row(c) {
		from := float32(float64(v) - x.mean[j])
		x.centered.Row(c)[j] = from
		bias += float64(from) * (float64(from) + 2*x.mean[j])
	}
	x.bias[c] = float32(bias)
}

// productValues bounds the values of a block of products: 8 MiB.
const productValues = 1 << 21

// blockRows returns the rows of a block: by the number of centers alone, so that
// products have the same shapes on any machine.
func blockRows(centers int) int { return min(max(productValues/centers, 64), 4096) }

// nearest sets labels and scores (V each) to those of the closest center of each row,
// the first of equals.
func (x *index) nearest(rows *matrix.Matrix, labels []int32, scores []float32) {
	k := x.centered.Rows
	block := blockRows(k)
	product := make([]float32, min(block, rows.Rows)*k)
	for start := 0; start < rows.Rows; start += block {
		n := min(block, rows.Rows-start)
		part := &matrix.Matrix{Rows: n, Cols: rows.Cols, Data: rows.Data[start*rows.Cols:][:n*rows.Cols]}
		multiply(part, x.centered, product)
		parallel.Ranges(n, 64, func(from, to int) {
			for i := from; i < to; i++ {
				labels[start+i], scores[start+i] = x.least(product[i*k:][:k])
			}
		})
	}
}

// least returns the center of the least score among the products of one row with all.
func (x *index) least(products []float32) (label int32, score float32) {
	score = float32(math.Inf(1))
	bias := x.bias[:len(products)]
	for c, p := range products {
		if s := bias[c] - 2*p; s < score {
			label, score = int32(c), s
		}
	}
	return label, score
}

// renearest brings labels and scores up to date after some centers moved. Rows of a
// moved center are compared with all centers, the others with the moved ones only.
func (x *index) renearest(rows *matrix.Matrix, moved []int, labels []int32, scores []float32) {
	k := x.centered.Rows
	isMoved := make([]bool, k)
	for _, c := range moved {
		isMoved[c] = true
	}
	var all, some []int // rows to compare with all centers, with the moved ones
	for i, c := range labels {
		if isMoved[c] {
			all = append(all, i)
		} else {
			some = append(some, i)
		}
	}
	// Gathering rows has its price; where little is saved, take them as they lie.
	if full := rows.Rows * k; len(all)*k+len(some)*len(moved) > full-full/4 {
		x.nearest(rows, labels, scores)
		return
	}
	x.compare(rows, all, x, nil, labels, scores)
	part := &index{mean: x.mean, centered: gather(x.centered, moved), bias: make([]float32, len(moved))}
	for n, c := range moved {
		part.bias[n] = x.bias[c]
	}
	x.compare(rows, some, part, moved, labels, scores)
}

// compare brings up to date the rows chosen, against the centers of part. names gives
// their numbers in x; nil means that part is x and that old scores do not count.
func (x *index) compare(rows *matrix.Matrix, chosen []int, part *index, names []int, labels []int32, scores []float32) {
	k := part.centered.Rows
	block := blockRows(k)
	product := make([]float32, min(block, len(chosen))*k)
	for start := 0; start < len(chosen); start += block {
		some := chosen[start:min(start+block, len(chosen))]
		multiply(gather(rows, some), part.centered, product)
		parallel.Ranges(len(some), 64, func(from, to int) {
			for n := from; n < to; n++ {
				i := some[n]
				label, score := part.least(product[n*k:][:k])
				if names != nil {
					label = int32(names[label])
					if score > scores[i] || score == scores[i] && label > labels[i] {
						continue
					}
				}
				labels[i], scores[i] = label, score
			}
		})
	}
}

// gather returns the rows chosen, in their order.
func gather(rows *matrix.Matrix, chosen []int) *matrix.Matrix {
	out := matrix.New(len(chosen), rows.Cols)
	for n, i := range chosen {
		copy(out.Row(n), rows.Row(i))
	}
	return out
}

// multiply sets out, a.Rows×b.Rows, to a·bᵀ.
func multiply(a, b *matrix.Matrix, out []float32) {
	if a.Rows == 0 || b.Rows == 0 {
		return
	}
	general := func(rows, cols int, data []float32) blas32.General {
		return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data}
	}
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, general(a.Rows, a.Cols, a.Data), general(b.Rows, b.Cols, b.Data),
		0, general(a.Rows, b.Rows, out[:a.Rows*b.Rows]))
}

// rowDistances sets out[i] to ‖x[i] − centers[labels[i]]‖², from the differences, in float64.
func rowDistances(x, centers *matrix.Matrix, labels []int32, out []float64) {
	parallel.Ranges(x.Rows, 256, func(from, to int) {
		for i := from; i < to; i++ {
			out[i] = squaredDistance(x.Row(i), centers.Row(int(labels[i])))
		}
	})
}

func squaredDistance(a, b []float32) float64 {
	var s float64
	b = b[:len(a)]
	for j, v := range a {
		d := float64(v) - float64(b[j])
		s += d * d
	}
	return s
}

// columnMoments returns the D column means of x and the mean of the D column variances.
func columnMoments(x *matrix.Matrix) (mean []float64, variance float64) {
	mean = make([]float64, x.Cols)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(x.Rows)
	}
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			d := float64(v) - mean[j]
			variance += d * d
		}
	}
	return mean, variance / float64(x.Rows) / float64(x.Cols)
}
