package static

import "math"

// average divides a sum of n rows by n and, if normalize, the mean by its norm
// plus 1e-32, which keeps a mean of zeros zero.
func average(v []float32, n int, normalize bool) {
	if !normalize {
		for i := range v {
			v[i] /= float32(n)
		}
		return
	}
	// The sum is divided once by both: ‖sum/n‖ = ‖sum‖/n.
	length := norm(v) / float64(n)
	multiply(v, float32(1/(float64(n)*(length+1e-32))))
}

// norm returns the Euclidean norm. Eight sums let the processor overlap the
// additions; their order is fixed.
func norm(v []float32) float64 {
	var s [8]float64
	done := squares(&s, v)
	addSquares(&s, v[done:])
	return math.Sqrt(s[0] + s[1] + (s[2] + s[3]) + (s[4] + s[5] + (s[6] + s[7])))
}

// addSquares adds the square of value i to sum i modulo 8.
func addSquares(s *[8]float64, v []float32) {
	s0, s1, s2, s3, s4, s5, s6, s7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
	for ; len(v) >= 8; v = v[8:] {
		s0 += square(v[0])
		s1 += square(v[1])
		s2 += square(v[2])
		s3 += square(v[3])
		s4 += square(v[4])
		s5 += square(v[5])
		s6 += square(v[6])
		s7 += square(v[7])
	}
	*s = [8]float64{s0, s1, s2, s3, s4, s5, s6, s7}
	for i, x := range v {
		s[i] += square(x)
	}
}

// square returns x², which a float64 holds exactly: a fused addition changes nothing.
func square(x float32) float64 { return float64(x) * float64(x) }
