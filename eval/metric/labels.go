package metric

import (
	"maps"
	"slices"
)

// MacroF1 returns the mean over the labels that occur of 2·right/(true + predicted).
//
// Source: sklearn.metrics.f1_score(average="macro").
func MacroF1(want, got []int) float64 { return f1(want, got, func(int) float64 { return 1 }) }

// WeightedF1 is MacroF1 with each label weighing as often as it is in want.
//
// Source: sklearn.metrics.f1_score(average="weighted").
func WeightedF1(want, got []int) float64 {
	return f1(want, got, func(times int) float64 { return float64(times) })
}

func f1(want, got []int, weight func(times int) float64) float64 {
	type count struct{ want, got, right int }
	counts := map[int]*count{}
	at := func(label int) *count {
		c, ok := counts[label]
		if !ok {
			c = &count{}
			counts[label] = c
		}
		return c
	}
	for i, label := range want {
		at(label).want++
		at(got[i]).got++
		if got[i] == label {
			at(label).right++
		}
	}
	sum, total := 0.0, 0.0
	for _, label := range slices.Sorted(maps.Keys(counts)) { // in a fixed order
		c := counts[label]
		w := weight(c.want)
		sum += w * 2 * float64(c.right) / float64(c.want+c.got)
		total += w
	}
	return sum / total
}
