package learn

import (
	"math"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// SparseAdam trains rows of a table of which a batch holds few. A row without a gradient
// does not move, and neither do its moments; the bias corrections count all steps. Memory
// grows with the rows that were ever touched, 3·D values each, not with the table.
//
// Decay, of the options, takes away from the rows that a step touches: torch's SparseAdam
// has none.
//
// Source: torch.optim.SparseAdam.
type SparseAdam struct {
	options AdamOptions
	table   *matrix.Matrix
	slots   []int32     // by row, 1 + its place in touched; 0: untouched
	touched []int32     // rows, in the order in which they came
	chunks  [][]float32 // of chunkRows places of moments and saved values, 3·D each
	steps   int
}

const chunkRows = 256

// NewSparseAdam trains the rows of table, which it keeps and changes in place.
func NewSparseAdam(o AdamOptions, table *matrix.Matrix) *SparseAdam {
	return &SparseAdam{options: o, table: table, slots: make([]int32, table.Rows)}
}

// Touched returns how many rows had a gradient so far.
func (a *SparseAdam) Touched() int { return len(a.touched) }

// Step moves the rows that have a gradient, at a learning rate.
func (a *SparseAdam) Step(rate float64, g Sparse) {
	for _, row := range g.Rows {
		if a.slots[row] == 0 {
			a.touch(row)
		}
	}
	a.steps++
	o := a.options
	first := 1 - math.Pow(o.Beta1, float64(a.steps))
	second := math.Sqrt(1 - math.Pow(o.Beta2, float64(a.steps)))
	step, keep := float32(rate*second/first), float32(1-rate*o.Decay)
	b1, b2, eps := float32(1-o.Beta1), float32(1-o.Beta2), float32(o.Epsilon)
	parallel.Ranges(len(g.Rows), rowsAtATime, func(from, to int) {
		for i := from; i < to; i++ {
			p, slope := a.table.Row(int(g.Rows[i])), g.Values.Row(i)
			m, v, _ := a.state(int(a.slots[g.Rows[i]]) - 1)
			for j, s := range slope {
				m[j] += (s - m[j]) * b1
				v[j] += (s*s - v[j]) * b2
				p[j] = p[j]*keep - step*(m[j]/(sqrt(v[j])+eps))
			}
		}
	})
}

// touch gives a row its place. Its saved values are those that it has: Restore shall bring
// them back even if Save never saw the row.
func (a *SparseAdam) touch(row int32) {
	if len(a.touched)%chunkRows == 0 {
		a.chunks = append(a.chunks, make([]float32, chunkRows*3*a.table.Cols))
	}
	a.touched = append(a.touched, row)
	a.slots[row] = int32(len(a.touched))
	_, _, saved := a.state(len(a.touched) - 1)
	copy(saved, a.table.Row(int(row)))
}

// state returns the moments and the saved values of the i-th touched row, D each.
func (a *SparseAdam) state(i int) (m, v, saved []float32) {
	d := a.table.Cols
	all := a.chunks[i/chunkRows][i%chunkRows*3*d:][:3*d]
	return all[:d], all[d : 2*d], all[2*d:]
}

// Save remembers the rows as they are.
func (a *SparseAdam) Save() {
	for i, row := range a.touched {
		_, _, saved := a.state(i)
		copy(saved, a.table.Row(int(row)))
	}
}

// Restore brings back the rows of the last Save, or of the beginning.
func (a *SparseAdam) Restore() {
	for i, row := range a.touched {
		_, _, saved := a.state(i)
		copy(a.table.Row(int(row)), saved)
	}
}

// SparseState is what a SparseAdam remembers, for a checkpoint. All but the rows that were
// touched are as the table was in the beginning.
type SparseState struct {
	Steps  int
	Rows   []int32        // that were touched
	Values *matrix.Matrix // len(Rows)×4·D: the row, its moments, what Restore brings back
}

// State returns what the optimiser remembers, copied.
func (a *SparseAdam) State() SparseState {
	d := a.table.Cols
	s := SparseState{a.steps, append([]int32(nil), a.touched...), matrix.New(len(a.touched), 4*d)}
	for i, row := range a.touched {
		m, v, saved := a.state(i)
		out := s.Values.Row(i)
		for k, part := range [][]float32{a.table.Row(int(row)), m, v, saved} {
			copy(out[k*d:], part)
		}
	}
	return s
}

// SetState makes of a new optimiser of the table as it was in the beginning one that goes on
// from a state.
func (a *SparseAdam) SetState(s SparseState) {
	d := a.table.Cols
	a.steps = s.Steps
	for i, row := range s.Rows {
		a.touch(row)
		m, v, saved := a.state(i)
		in := s.Values.Row(i)
		for k, part := range [][]float32{a.table.Row(int(row)), m, v, saved} {
			copy(part, in[k*d:(k+1)*d])
		}
	}
}
