package ablate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIntervalExactly compares with all resamples, each once: where the share below a
// value is not within chance of 2.5 %, the percentile is the very value.
func TestIntervalExactly(t *testing.T) {
	for _, groups := range [][][]float64{
		{{1, 5}},                 // 1/4 is 1, 1/4 is 5
		{{-1, 0.5, 4}},           // 1/27 is −1, 1/27 is 4
		{{3, 8, -2, 20}},         // 256 resamples
		{{1, 2}, {7, -4}},        // 4 × 4
		{{2}, {1, 9}, {-3, 100}}, // the first group never changes
	} {
		var all []float64
		var walk func(g, i int, in, sum float64)
		walk = func(g, i int, in, sum float64) {
			if g == len(groups) {
				all = append(all, sum/float64(len(groups)))
				return
			}
			if i == len(groups[g]) {
				walk(g+1, 0, 0, sum+in/float64(len(groups[g])))
				return
			}
			for _, x := range groups[g] {
				walk(g, i+1, in+x, sum)
			}
		}
		walk(0, 0, 0, 0)
		slices.Sort(all)
		low, high := interval(groups, rand.New(rand.NewPCG(1, 2)))
		if math.Abs(low-all[int(0.025*float64(len(all)))]) > 1e-12 || math.Abs(high-all[int(0.975*float64(len(all)))]) > 1e-12 {
			t.Errorf("%v: interval [%v, %v], by enumeration [%v, %v]", groups, low, high, all[int(0.025*float64(len(all)))], all[int(0.975*float64(len(all)))])
		}
	}
}
