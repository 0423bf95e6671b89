package cluster

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// initialize draws k first centers (k×D) from the rows of x, whose mean is about mean (D).
func initialize(ctx context.Context, x *matrix.Matrix, mean []float64, k int, how Init, random *nprand.State) (*matrix.Matrix, error) {
	if how == PlusPlus {
		return plusPlus(ctx, x, mean, k, random)
	}
	return gather(x, draw(x.Rows, k, random)), nil
}

// draw returns k different numbers below n, all with the same chance.
func draw(n, k int, random *nprand.State) []int {
	return random.Perm(n)[:k]
}

// drawOne returns a number below n as choice(n, p=weights) does for equal weights. It
// looks a uniform number up in their cumulated sums, which are multiples of 1/n but
// for rounding.
func drawOne(n int, random *nprand.State) int {
	return min(int(random.Float64()*float64(n)), n-1)
}

// plusPlus draws centers by greedy k-means++: a candidate's chance is its squared
// distance from the centers so far; of 2+⌊ln k⌋ candidates the one that leaves the
// least sum of squared distances is taken.
//
// Source: Arthur and Vassilvitskii (2007); _kmeans_plusplus in sklearn/cluster/_kmeans.py.
func plusPlus(ctx context.Context, x *matrix.Matrix, mean []float64, k int, random *nprand.State) (*matrix.Matrix, error) {
	trials := 2 + int(math.Log(float64(k)))
	centers := matrix.New(k, x.Cols)
	from := newDistances(x, mean)
	first := drawOne(x.Rows, random)
	copy(centers.Row(0), x.Row(first))
	closest := make([]float32, x.Rows) // squared distance to the closest center so far
	from.rows([]int{first}, [][]float32{closest})

	others := make([][]float32, trials)
	for t := range others {
		others[t] = make([]float32, x.Rows)
	}
	cumulative := make([]float32, x.Rows)
	candidates := make([]int, trials)
	for c := 1; c < k; c++ {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("cluster: k-means: %w", err)
		}
		// In float32, as NumPy cumulates: some draws fall between its sum and a better one.
		var total float64
		var sum float32
		for i, d := range closest {
			total += float64(d)
			sum += d
			cumulative[i] = sum
		}
		for t := range candidates {
			want := random.Float64() * float64(float32(total))
			at := sort.Search(x.Rows, func(i int) bool { return float64(cumulative[i]) >= want })
			candidates[t] = min(at, x.Rows-1)
		}
		from.rows(candidates, others)
		best := keepLeast(closest, others)
		copy(centers.Row(c), x.Row(candidates[best]))
		closest, others[best] = others[best], closest
	}
	return centers, nil
}

// keepLeast lowers each candidate's distances to the closest ones so far where those
// are less, and returns the candidate of the least sum.
func keepLeast(closest []float32, candidates [][]float32) int {
	sums := make([]float64, len(candidates))
	parallel.Ranges(len(candidates), 1, func(from, to int) {
		for t := from; t < to; t++ {
			d := candidates[t]
			for i, old := range closest {
				if old < d[i] {
					d[i] = old
				}
				sums[t] += float64(d[i])
			}
		}
	})
	best := 0
	for t, s := range sums {
		if s < sums[best] {
			best = t
		}
	}
	return best
}

// distances measures from rows of x to all rows.
type distances struct {
	x     *matrix.Matrix
	mean  []float64
	norms []float64 // V: ‖x[i] − mean‖²
}

func newDistances(x *matrix.Matrix, mean []float64) *distances {
	d := &distances{x: x, mean: mean, norms: make([]float64, x.Rows)}
	parallel.Ranges(x.Rows, 256, func(from, to int) {
		for i := from; i < to; i++ {
			for j, v := range x.Row(i) {
				by := float64(v) - mean[j]
				d.norms[i] += by * by
			}
		}
	})
	return d
}

// rows sets out[t][i] to ‖x[i] − x[chosen[t]]‖².
func (d *distances) rows(chosen []int, out [][]float32) {
	picked := newIndex(gather(d.x, chosen), d.mean)
	block := blockRows(len(chosen))
	product := make([]float32, min(block, d.x.Rows)*len(chosen))
	for start := 0; start < d.x.Rows; start += block {
		n := min(block, d.x.Rows-start)
		part := &matrix.Matrix{Rows: n, Cols: d.x.Cols, Data: d.x.Data[start*d.x.Cols:][:n*d.x.Cols]}
		multiply(part, picked.centered, product)
		for t, c := range chosen {
			for i := range n {
				score := picked.bias[t] - 2*product[i*len(chosen)+t]
				out[t][start+i] = max(float32(d.norms[start+i]+float64(score)), 0)
			}
			if start <= c && c < start+n {
				out[t][c] = 0 // rounding must not let a center be drawn again
			}
		}
	}
}
