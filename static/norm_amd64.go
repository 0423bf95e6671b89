//go:build !purego

package static

import "golang.org/x/sys/cpu"

// squares adds the squares of the first values of v to s, as addSquares does, and returns of
// how many.
func squares(s *[8]float64, v []float32) int {
	n := len(v) &^ 7
	if n == 0 || !cpu.X86.HasAVX {
		return 0
	}
	addSquaresAVX(&s[0], &v[0], n)
	return n
}

// multiply multiplies each value.
func multiply(v []float32, factor float32) {
	if n := len(v) &^ 7; n > 0 && cpu.X86.HasAVX {
		multiplyAVX(&v[0], n, factor)
		v = v[n:]
	}
	for i := range v {
		v[i] *= factor
	}
}

// accumulate adds each value to its total.
func accumulate(totals []float64, v []float32) {
	totals = totals[:len(v)]
	if n := len(v) &^ 7; n > 0 && cpu.X86.HasAVX {
		accumulateAVX(&totals[0], &v[0], n)
		totals, v = totals[n:], v[n:]
	}
	for j, x := range v {
		totals[j] += float64(x)
	}
}

// n is a multiple of 8, and not 0.

//go:noescape
func addSquaresAVX(sums *float64, v *float32, n int)

//go:noescape
func multiplyAVX(v *float32, n int, factor float32)

//go:noescape
func accumulateAVX(totals *float64, v *float32, n int)
