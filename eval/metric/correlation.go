package metric

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ErrConstant is why a correlation does not exist.
var ErrConstant = errors.New("all values are the same, so there is no correlation")

// Pearson returns Pearson's correlation of a model's similarities and the data's scores,
// n values each, in [-1, 1]. It is ErrConstant, wrapped, if either does not vary.
//
// Source: scipy.stats.pearsonr.
func Pearson(similarity, score []float64) (float64, error) {
	switch {
	case len(similarity) < 2:
		return 0, fmt.Errorf("%d pairs: a correlation needs at least two", len(similarity))
	case AllSame(similarity):
		return 0, fmt.Errorf("the model's similarities: %w", ErrConstant)
	case AllSame(score):
		return 0, fmt.Errorf("the scores of the data: %w", ErrConstant)
	}
	return max(-1, min(1, stat.Correlation(similarity, score, nil))), nil
}

// Spearman returns Pearson's correlation of the ranks of both; equal values share their
// mean rank.
//
// Source: scipy.stats.spearmanr.
func Spearman(similarity, score []float64) (float64, error) {
	return Pearson(ranks(similarity), ranks(score))
}

// SpearmanP returns how likely a Spearman correlation of at least |r| is among n ≥ 3
// pairs that do not depend on each other, by Student's distribution of n-2 degrees of
// freedom.
//
// Source: scipy.stats.spearmanr.
func SpearmanP(r float64, n int) float64 {
	freedom := float64(n - 2)
	t := math.Abs(r) * math.Sqrt(freedom/((1+r)*(1-r))) // +Inf for ±1
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t)
}

// ranks returns the rank of each value, from 1, ascending; equal values share their
// mean rank.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	out := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return out
}

// AllSame tells whether all values are equal; none are.
func AllSame[T comparable](x []T) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// Mean returns the arithmetic mean of x, NaN of none.
func Mean(x []float64) float64 { return stat.Mean(x, nil) }

// Deviation returns the standard deviation of x as a whole population (divided by n).
func Deviation(x []float64) float64 { return stat.PopStdDev(x, nil) }
