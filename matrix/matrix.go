// Package matrix holds the one numeric type that flows through m2v: a dense
// row-major float32 matrix, and its storage form on disk (Table).
package matrix

import "fmt"

// Matrix is rows × cols float32 values, row-major and without gaps:
// value (i, j) is Data[i*Cols+j] and len(Data) == Rows*Cols.
type Matrix struct {
	Rows, Cols int
	Data       []float32
}

// New returns a zero matrix of rows × cols.
// It panics if either is negative: that is a bug of the caller.
func New(rows, cols int) *Matrix {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("matrix: size %d×%d", rows, cols))
	}
	return &Matrix{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
}

// Row returns row i, which aliases the matrix. Its capacity ends with the row.
func (m *Matrix) Row(i int) []float32 {
	return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols]
}
