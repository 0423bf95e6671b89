package metric

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// VMeasure returns the harmonic mean of homogeneity and completeness of clusters
// against classes, in [0, 1]. It equals the mutual information divided by the mean of
// the two entropies. classes[i] and clusters[i] are of row i.
//
// Source: sklearn.metrics.v_measure_score, and normalized_mutual_info_score with the
// arithmetic mean; Rosenberg and Hirschberg, V-Measure (2007).
func VMeasure(classes, clusters []int32) float64 {
	joint := map[[2]int32]float64{}
	rows, columns := map[int32]float64{}, map[int32]float64{}
	for i, c := range classes {
		joint[[2]int32{c, clusters[i]}]++
		rows[c]++
		columns[clusters[i]]++
	}
	if len(rows) <= 1 && len(columns) <= 1 {
		return 1
	}
	n := float64(len(classes))
	// In a fixed order: that of a map would change the last bits.
	information := 0.0
	byLabels := func(a, b [2]int32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	for _, key := range slices.SortedFunc(maps.Keys(joint), byLabels) {
		count := joint[key]
		information += count / n * math.Log(count*n/(rows[key[0]]*columns[key[1]]))
	}
	if information <= 0 {
		return 0
	}
	return 2 * information / (entropy(rows, n) + entropy(columns, n))
}

func entropy(counts map[int32]float64, n float64) float64 {
	sum := 0.0
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		p := counts[key] / n
		sum -= p * math.Log(p)
	}
	return sum
}
