package eval

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// errConstant is why a correlation does not exist.
var errConstant = errors.New("all values are the same, so there is no correlation")

// pearson returns Pearson's correlation of x and y, n values each, in [-1, 1]. It is
// errConstant, wrapped, if either does not vary.
//
// Source: scipy.stats.pearsonr.
func pearson(x, y []float64) (float64, error) {
	if len(x) < 2 {
		return 0, fmt.Errorf("%d pairs: a correlation needs two at least", len(x))
	}
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	if constant(x) {
		return 0, fmt.Errorf("the system's similarities: %w", errConstant)
	}
	if constant(y) {
		return 0, fmt.Errorf("the scores of the data: %w", errConstant)
	}
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy))), nil
}

// spearman returns the correlation of the ranks of x, the system's similarities, and
// y, the data's scores; equal values share their mean rank.
//
// Source: scipy.stats.spearmanr.
func spearman(x, y []float64) (float64, error) {
	return pearson(ranks(x), ranks(y))
}

// pValue returns how likely a Spearman correlation of at least |r| is among n ≥ 3 pairs
// that do not depend on each other, by Student's distribution of n-2 degrees of freedom.
//
// Source: scipy.stats.spearmanr.
func pValue(r float64, n int) float64 {
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

func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// mean returns the arithmetic mean of x, NaN of none.
func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// deviation returns the standard deviation of x as a whole population (divided by n).
func deviation(x []float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)))
}
