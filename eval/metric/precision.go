package metric

import (
	"cmp"
	"slices"
)

// AveragePrecision returns Σ (R[k]−R[k−1])·P[k] over the distinct scores in descending
// order, where P and R are precision and recall of everything at or above the k-th:
// items of equal score come in together. positive tells which are right; at least one
// has to be.
//
// Source: sklearn.metrics.average_precision_score.
func AveragePrecision(score []float64, positive []bool) float64 {
	order := make([]int, len(score))
	total := 0
	for i := range order {
		order[i] = i
		if positive[i] {
			total++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
	sum, hits := 0.0, 0
	for from := 0; from < len(order); {
		to, found := from, 0
		for to < len(order) && score[order[to]] == score[order[from]] {
			if positive[order[to]] {
				found++
			}
			to++
		}
		hits += found
		sum += float64(found) * float64(hits) / float64(to)
		from = to
	}
	return sum / float64(total)
}
