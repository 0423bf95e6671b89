package compare

import (
	"context"
	"slices"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

const (
	nearest        = 10
	overlapSampled = 500 // tokens: enough for two digits, and a second on 30,000
)

// overlap returns the mean share of common neighbours over evenly spread tokens, whose
// ids in both models are given. Their rows have a direction.
func overlap(ctx context.Context, a, b *static.Model, shared [][2]int32) (mean float64, tokens int, err error) {
	if len(shared) <= nearest {
		return 0, 0, nil
	}
	rowsA, rowsB := make([][]float32, len(shared)), make([][]float32, len(shared))
	for i, ids := range shared {
		rowsA[i], rowsB[i] = matrix.Unit(a.Row(ids[0])), matrix.Unit(b.Row(ids[1]))
	}
	stride := max(1, len(shared)/overlapSampled)
	for i := 0; i < len(shared); i += stride {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		inA, inB := nearestTo(i, rowsA), nearestTo(i, rowsB)
		common := 0
		for _, j := range inA {
			if slices.Contains(inB, j) {
				common++
			}
		}
		mean += float64(common) / nearest
		tokens++
	}
	return mean / float64(tokens), tokens, nil
}

// nearestTo returns the indices of the ten rows of length 1 nearest to row i, itself left
// out; of equally near ones the first.
func nearestTo(i int, rows [][]float32) []int {
	best := make([]int, 0, nearest+1)
	cosines := make([]float64, 0, nearest+1)
	for j, row := range rows {
		if j == i {
			continue
		}
		c := matrix.Dot(rows[i], row)
		if len(best) == nearest && c <= cosines[nearest-1] {
			continue
		}
		at, _ := slices.BinarySearchFunc(cosines, c, func(x, c float64) int {
			if x >= c { // descending, equal ones in order
				return -1
			}
			return 1
		})
		best, cosines = slices.Insert(best, at, j), slices.Insert(cosines, at, c)
		if len(best) > nearest {
			best, cosines = best[:nearest], cosines[:nearest]
		}
	}
	return best
}
