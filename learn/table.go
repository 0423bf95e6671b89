package learn

import (
	"math"
	"math/bits"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// TableAdam is Adam, or AdamW, of a table of which a batch has a gradient for few rows. The
// others move too, as they do in torch where the gradient is dense: their momentum goes on,
// and they decay. TableAdam makes these steps up when a row is needed, all of a row's at once.
//
// Made-up steps are exact but for one thing: while a row waits, √v and the corrections of
// the beginning count with their weighted mean. SparseAdam's rows wait where they are.
//
// Source: torch.optim.Adam and AdamW.
type TableAdam struct {
	options AdamOptions
	table   *matrix.Matrix
	m, v    []float32 // the moments, K×D each
	best    []float32 // of Save, K×D
	last    []int32   // by row, the step that it stands at
	touched []bool    // by row: its moments are not all zero
	steps   int
	rates   [longestWait]float64 // of step s at s % longestWait

	waits   [longestWait + 1]wait // by how many steps a row waits
	waitsOf int                   // the step that waits are of
}

// longestWait is how many steps a row waits at most: after so many all rows are brought up
// to date. It is less in the beginning, where the corrections change from step to step.
const longestWait = 128

// due tells whether all rows are to be brought up to date after a step: a wait is at most an
// eighth of the steps so far.
func due(step int) bool { return step%min(longestWait, max(1, 1<<bits.Len(uint(step/16)))) == 0 }

// wait is what a row lacks: it moves by move·m/(√v/correction + ε), after it has shrunk by
// keep, and its moments shrink by m and v.
type wait struct{ keep, move, correction, m, v float32 }

// NewTableAdam trains the rows of table, which it keeps and changes in place.
func NewTableAdam(o AdamOptions, table *matrix.Matrix) *TableAdam {
	n := len(table.Data)
	return &TableAdam{
		options: o, table: table, m: make([]float32, n), v: make([]float32, n), best: append([]float32(nil), table.Data...),
		last: make([]int32, table.Rows), touched: make([]bool, table.Rows), waitsOf: -1,
	}
}

// CatchUp brings rows, which are distinct, up to date: they are to be read.
func (a *TableAdam) CatchUp(rows []int32) {
	a.countWaits()
	parallel.Ranges(len(rows), rowsAtATime, func(from, to int) {
		for _, row := range rows[from:to] {
			a.catchUp(int(row))
		}
	})
}

// CatchUpAll brings all rows up to date.
func (a *TableAdam) CatchUpAll() {
	a.countWaits()
	parallel.Ranges(a.table.Rows, rowsAtATime, func(from, to int) {
		for row := from; row < to; row++ {
			a.catchUp(row)
		}
	})
}

func (a *TableAdam) catchUp(row int) {
	lacks := a.steps - int(a.last[row])
	if lacks == 0 {
		return
	}
	a.last[row] = int32(a.steps)
	w, p := a.waits[lacks], a.table.Row(row)
	if !a.touched[row] {
		if w.keep != 1 {
			scale(p, w.keep)
		}
		return
	}
	eps := float32(a.options.Epsilon)
	m, v := a.moments(row)
	for j, x := range m {
		p[j] = p[j]*w.keep - w.move*x/(sqrt(v[j])/w.correction+eps)
		m[j], v[j] = x*w.m, v[j]*w.v
	}
}

// countWaits fills waits for rows that stand 1, 2 … steps behind.
func (a *TableAdam) countWaits() {
	if a.waitsOf == a.steps {
		return
	}
	a.waitsOf = a.steps
	o := a.options
	var move, corrected float64
	keep, m, v := 1.0, 1.0, 1.0
	for n := 1; n <= min(a.steps, longestWait); n++ {
		step := a.steps - n + 1 // the first one that is lacking
		rate := a.rates[step%longestWait]
		size := rate / (1 - math.Pow(o.Beta1, float64(step)))
		root := math.Sqrt(1 - math.Pow(o.Beta2, float64(step)))
		corrected = (size*root + corrected) * o.Beta1 / math.Sqrt(o.Beta2)
		move = (size + move) * o.Beta1
		keep, m, v = keep*(1-rate*o.Decay), m*o.Beta1, v*o.Beta2
		correction := 1.0
		if move > 0 {
			correction = corrected / move
		}
		a.waits[n] = wait{float32(keep), float32(move), float32(correction), float32(m), float32(v)}
	}
}

// Step moves all rows, those at once that have a gradient, at a learning rate. Their rows
// have to be up to date.
func (a *TableAdam) Step(rate float64, g Sparse) {
	a.steps++
	a.rates[a.steps%longestWait] = rate
	o := a.options
	step, keep := float32(rate/(1-math.Pow(o.Beta1, float64(a.steps)))), float32(1-rate*o.Decay)
	root := float32(math.Sqrt(1 - math.Pow(o.Beta2, float64(a.steps))))
	b1, b2, c2, eps := float32(1-o.Beta1), float32(o.Beta2), float32(1-o.Beta2), float32(o.Epsilon)
	parallel.Ranges(len(g.Rows), rowsAtATime, func(from, to int) {
		for i := from; i < to; i++ {
			row := int(g.Rows[i])
			a.touched[row], a.last[row] = true, int32(a.steps)
			p, slope := a.table.Row(row), g.Values.Row(i)
			m, v := a.moments(row)
			for j, s := range slope {
				m[j] += (s - m[j]) * b1
				v[j] = v[j]*b2 + s*s*c2
				p[j] = p[j]*keep - step*(m[j]/(sqrt(v[j])/root+eps))
			}
		}
	})
	if due(a.steps) {
		a.CatchUpAll()
	}
}

func (a *TableAdam) moments(row int) (m, v []float32) {
	d := a.table.Cols
	return a.m[row*d:][:d], a.v[row*d:][:d]
}

// Save remembers the rows, up to date; Restore brings the remembered ones back, the first
// ones where none were saved.
func (a *TableAdam) Save() {
	a.CatchUpAll()
	copy(a.best, a.table.Data)
}

// Restore undoes what came after Save.
func (a *TableAdam) Restore() { copy(a.table.Data, a.best) }

// TableState is what a TableAdam remembers, for a checkpoint: slices alias it.
type TableState struct {
	Steps                int
	Rows, M, V, Restored []float32 // K×D each; Restored is what Restore brings back
}

// State brings all rows up to date and returns what the optimiser remembers.
func (a *TableAdam) State() TableState {
	a.CatchUpAll()
	return TableState{a.steps, a.table.Data, a.m, a.v, a.best}
}

// SetState copies a state of a table of the same size: training goes on from there. It
// panics if the sizes differ.
func (a *TableAdam) SetState(s TableState) {
	for _, pair := range [][2][]float32{{a.table.Data, s.Rows}, {a.m, s.M}, {a.v, s.V}, {a.best, s.Restored}} {
		if copy(pair[0], pair[1]) != len(pair[0]) || len(pair[0]) != len(pair[1]) {
			panic("learn: a state of another table")
		}
	}
	a.steps, a.waitsOf = s.Steps, -1
	for row := range a.last {
		a.last[row], a.touched[row] = int32(a.steps), true // moments of zeros do no harm
	}
}
