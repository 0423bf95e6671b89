package learn

import "github.com/m2v-dev/m2v/matrix"

// Units are rows divided by their lengths.
type Units struct {
	Out     *matrix.Matrix // B×D; a row of zeros stays one
	lengths []float64
}

// shortest is the length below which a row is divided by it instead of its own.
//
// Source: torch.nn.functional.normalize.
const shortest = 1e-12

// Unit divides each row of x (B×D) by its length.
func Unit(x *matrix.Matrix) *Units {
	u := &Units{Out: matrix.New(x.Rows, x.Cols), lengths: make([]float64, x.Rows)}
	for i := range u.lengths {
		u.lengths[i] = max(matrix.Norm(x.Row(i)), shortest)
		add(u.Out.Row(i), float32(1/u.lengths[i]), x.Row(i))
	}
	return u
}

// Backward returns the gradient of the rows that Unit was given, given that of Out.
func (u *Units) Backward(slope *matrix.Matrix) *matrix.Matrix {
	back := matrix.New(slope.Rows, slope.Cols)
	for i, length := range u.lengths {
		row, out := u.Out.Row(i), back.Row(i)
		along := float32(matrix.Dot(row, slope.Row(i)))
		for j, s := range slope.Row(i) {
			out[j] = (s - along*row[j]) / float32(length)
		}
	}
	return back
}
