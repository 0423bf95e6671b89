package logreg

import (
	"fmt"

	"gonum.org/v1/gonum/blas"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// design is the n rows of width D that a model is fitted to.
type design interface {
	size() (rows, width int)
	// scores writes x·wᵀ to dst (n×K), for weights w (K×D).
	scores(dst, w []float64, outputs int)
	// gradient writes rᵀ·x to dst (K×D), for residuals r (n×K).
	gradient(dst, r []float64, outputs int)
}

// dense are rows in full.
type dense struct {
	rows, width int
	x           []float64
}

func newDense(x *matrix.Matrix) dense {
	d := dense{x.Rows, x.Cols, make([]float64, len(x.Data))}
	widen(d.x, x.Data)
	return d
}

func (d dense) size() (rows, width int) { return d.rows, d.width }

func (d dense) scores(dst, w []float64, outputs int) {
	multiply(blas.NoTrans, blas.Trans, general(d.rows, d.width, d.x), general(outputs, d.width, w), general(d.rows, outputs, dst))
}

func (d dense) gradient(dst, r []float64, outputs int) {
	multiply(blas.Trans, blas.NoTrans, general(d.rows, outputs, r), general(d.rows, d.width, d.x), general(outputs, d.width, dst))
}

// Sparse is rows of few values other than 0: row i has Values[k] in column Columns[k], for k
// from Ends[i-1], or 0, to Ends[i].
type Sparse struct {
	Cols    int // D
	Ends    []int
	Columns []int32
	Values  []float32
}

// Row returns the columns and values of row i, which alias the rows.
func (s *Sparse) Row(i int) ([]int32, []float32) {
	from := 0
	if i > 0 {
		from = s.Ends[i-1]
	}
	return s.Columns[from:s.Ends[i]], s.Values[from:s.Ends[i]]
}

// Append adds a row.
func (s *Sparse) Append(columns []int32, values []float32) {
	s.Columns, s.Values = append(s.Columns, columns...), append(s.Values, values...)
	s.Ends = append(s.Ends, len(s.Columns))
}

func (s *Sparse) check() error {
	for i := range s.Ends {
		columns, values := s.Row(i)
		for k, c := range columns {
			if c < 0 || int(c) >= s.Cols {
				return fmt.Errorf("logreg: row %d has column %d of %d", i, c, s.Cols)
			}
			if v := values[k]; v-v != 0 {
				return fmt.Errorf("logreg: row %d, column %d is %v", i, c, v)
			}
		}
	}
	return nil
}

// columns are sparse rows, by row and by column. Weights are held D×K within a product, so
// that those of one column lie together.
type columns struct {
	*Sparse
	starts []int   // of each column in rows and values, D+1
	rows   []int32 // ascending in a column
	values []float64
}

func newColumns(s *Sparse) columns {
	c := columns{s, make([]int, s.Cols+1), make([]int32, len(s.Columns)), make([]float64, len(s.Columns))}
	for _, j := range s.Columns {
		c.starts[j+1]++
	}
	for j := range s.Cols {
		c.starts[j+1] += c.starts[j]
	}
	next := append([]int(nil), c.starts...)
	for i := range s.Ends {
		list, values := s.Row(i)
		for k, j := range list {
			c.rows[next[j]], c.values[next[j]] = int32(i), float64(values[k])
			next[j]++
		}
	}
	return c
}

func (c columns) size() (rows, width int) { return len(c.Ends), c.Cols }

// rowsAtATime and columnsAtATime are the ranges of the parallel loops.
const rowsAtATime, columnsAtATime = 64, 1024

func (c columns) scores(dst, w []float64, outputs int) {
	byColumn := transposed(w, outputs, c.Cols)
	parallel.Ranges(len(c.Ends), rowsAtATime, func(from, to int) {
		for i := from; i < to; i++ {
			row := dst[i*outputs:][:outputs]
			clear(row)
			list, values := c.Row(i)
			for k, j := range list {
				for n, v := range byColumn[int(j)*outputs:][:outputs] {
					row[n] += float64(values[k]) * v
				}
			}
		}
	})
}

func (c columns) gradient(dst, r []float64, outputs int) {
	byColumn := make([]float64, len(dst)) // D×K
	parallel.Ranges(c.Cols, columnsAtATime, func(from, to int) {
		for j := from; j < to; j++ {
			sum := byColumn[j*outputs:][:outputs]
			for k := c.starts[j]; k < c.starts[j+1]; k++ {
				for n, v := range r[int(c.rows[k])*outputs:][:outputs] {
					sum[n] += c.values[k] * v
				}
			}
		}
	})
	copy(dst, transposed(byColumn, c.Cols, outputs))
}

// transposed returns x (rows×cols) as cols×rows.
func transposed(x []float64, rows, cols int) []float64 {
	out := make([]float64, len(x))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = x[i*cols+j]
		}
	}
	return out
}
