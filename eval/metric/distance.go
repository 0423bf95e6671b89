package metric

import "math"

// tiny is added to norms: a vector of zeros has cosine 0 with any.
const tiny = 1e-32

// Dot returns Σ a[i]·b[i] in double precision, in a fixed order. b is as long as a.
func Dot(a, b []float32) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i]) * float64(b[i])
		s1 += float64(a[i+1]) * float64(b[i+1])
		s2 += float64(a[i+2]) * float64(b[i+2])
		s3 += float64(a[i+3]) * float64(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i]) * float64(b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// Norm returns the Euclidean length of a plus 1e-32.
func Norm(a []float32) float64 { return math.Sqrt(Dot(a, a)) + tiny }

// Cosine returns the cosine of the angle between a and b; 0 if either is of zeros.
func Cosine(a, b []float32) float64 { return Dot(a, b) / (Norm(a) * Norm(b)) }

// Distances returns the Euclidean and the Manhattan distance of a and b.
func Distances(a, b []float32) (euclidean, manhattan float64) {
	for j, v := range a {
		d := float64(v) - float64(b[j])
		euclidean += d * d
		manhattan += math.Abs(d)
	}
	return math.Sqrt(euclidean), manhattan
}
