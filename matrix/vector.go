package matrix

import "math"

// Dot returns the scalar product of two vectors of one length, summed in order as
// float64.
func Dot(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// Norm returns the Euclidean length of v.
func Norm(v []float32) float64 { return math.Sqrt(Dot(v, v)) }

// Cosine returns the cosine between two vectors of one length, in [-1, 1], and 0 if
// one of them is zero.
func Cosine(a, b []float32) float64 {
	product := Norm(a) * Norm(b)
	if product == 0 {
		return 0
	}
	return max(-1, min(1, Dot(a, b)/product)) // rounding may take it past 1
}

// Cosines returns the cosine of each of m's rows with each, Rows×Rows.
func Cosines(m *Matrix) [][]float64 {
	all := make([][]float64, m.Rows)
	for i := range all {
		all[i] = make([]float64, m.Rows)
		for j := range all[i] {
			all[i][j] = Cosine(m.Row(i), m.Row(j))
		}
	}
	return all
}

// Unit returns v with length 1, a new slice; a zero vector is returned as it is.
func Unit(v []float32) []float32 {
	length := Norm(v)
	if length == 0 {
		return v
	}
	u := make([]float32, len(v))
	for j, x := range v {
		u[j] = float32(float64(x) / length)
	}
	return u
}

// FirstColumns returns the first n columns of m, a copy of Rows×n; n is at most Cols.
func FirstColumns(m *Matrix, n int) *Matrix {
	out := New(m.Rows, n)
	for i := range m.Rows {
		copy(out.Row(i), m.Row(i))
	}
	return out
}

// NotFinite returns the place of m's first value, row by row, that is NaN or infinite,
// and whether there is one.
func NotFinite(m *Matrix) (row, col int, found bool) {
	for i, v := range m.Data {
		if v-v != 0 {
			return i / m.Cols, i % m.Cols, true
		}
	}
	return 0, 0, false
}
