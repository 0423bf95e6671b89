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

// Recall returns the share of the judged grades above 0 that are among the first k found;
// 0 if there are none.
//
// Source: trec_eval's recall.
func Recall(found, judged []float64, k int) float64 {
	count := func(grades []float64) (n float64) {
		for _, g := range grades {
			if g > 0 {
				n++
			}
		}
		return n
	}
	all := count(judged)
	if all == 0 {
		return 0
	}
	return count(found[:min(k, len(found))]) / all
}

// ReciprocalRank returns 1/rank of the first right one of candidates by descending score,
// 0 if it is not among the first k. Equal scores keep their order.
//
// Source: mrr_at_k of mteb.
func ReciprocalRank(score []float64, positive []bool, k int) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
	for rank, i := range order[:min(k, len(order))] {
		if positive[i] {
			return 1 / float64(rank+1)
		}
	}
	return 0
}
