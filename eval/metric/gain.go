package metric

import (
	"cmp"
	"math"
	"slices"
)

// NDCG returns the discounted gain of the grades that were found, best rank first, over
// that of all judged grades in their best order, both cut after k ranks; 0 if no grade is
// above 0.
//
// Source: trec_eval's ndcg_cut, which grades linearly.
func NDCG(found, judged []float64, k int) float64 {
	ideal := slices.SortedFunc(slices.Values(judged), func(a, b float64) int { return cmp.Compare(b, a) })
	best := discounted(ideal, k)
	if best <= 0 {
		return 0
	}
	return discounted(found, k) / best
}

// discounted returns Σ grade[i]/log2(i+2) over the first k grades above 0.
func discounted(grades []float64, k int) float64 {
	sum := 0.0
	for i, g := range grades[:min(k, len(grades))] {
		sum += max(g, 0) / math.Log2(float64(i+2))
	}
	return sum
}
