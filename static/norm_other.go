//go:build !amd64 || purego

package static

func squares(*[8]float64, []float32) int { return 0 }

// multiply multiplies each value.
func multiply(v []float32, factor float32) {
	for i := range v {
		v[i] *= factor
	}
}

func accumulate(totals []float64, v []float32) {
	for j, x := range v {
		totals[j] += float64(x)
	}
}
