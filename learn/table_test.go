package learn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// sparseGradient draws gradients of some rows; row 0 has one in every step, the last never.
func sparseGradient(r *rand.Rand, rows, cols int) Sparse {
	g := Sparse{}
	for row := range rows - 1 {
		if row == 0 || r.Float64() < 1/float64(3*row) {
			g.Rows = append(g.Rows, int32(row))
		}
	}
	g.Values = random(r, len(g.Rows), cols)
	scale(g.Values.Data, 1e-7) // small ones, so that ε counts
	return g
}

// Steps that are made up move a row as dense steps do, which are torch's.
func TestTableAdamIsDenseAdam(t *testing.T) {
	const rows, cols = 12, 3
	r := rand.New(rand.NewPCG(5, 0))
	table := random(r, rows, cols)
	start, dense := slices.Clone(table.Data), slices.Clone(table.Data)
	o := DefaultAdamW
	a, b := NewTableAdam(o, table), NewAdam(o, dense)
	for step := range 500 {
		g := sparseGradient(r, rows, cols)
		full := make([]float32, rows*cols)
		for i, row := range g.Rows {
			copy(full[int(row)*cols:], g.Values.Row(i))
		}
		rate := 1e-3 * (1 + float64(step%7)/7)
		a.CatchUp(g.Rows)
		a.Step(rate, g)
		b.Step(rate, full)
		if step != 3 && step != 40 && step != 499 {
			continue
		}
		a.CatchUpAll()
		for i, want := range dense {
			moved := math.Abs(float64(want - start[i]))
			if math.Abs(float64(table.Data[i]-want)) > 2e-6+0.01*moved {
				t.Errorf("step %d, row %d: %v after %v, want %v", step+1, i/cols, table.Data[i], start[i], want)
			}
		}
	}
	if table.Data[len(table.Data)-1] == start[len(start)-1] {
		t.Error("the row without a gradient did not decay")
	}
}

func TestTableAdamGoesOn(t *testing.T) {
	run := func(breakAt int) []float32 {
		r := rand.New(rand.NewPCG(6, 0))
		table := random(r, 9, 4)
		a := NewTableAdam(DefaultAdamW, table)
		for step := range 300 {
			if step == 200 {
				a.CatchUpAll() // as a validation does
			}
			if step == breakAt {
				other := &matrix.Matrix{Rows: 9, Cols: 4, Data: make([]float32, 36)}
				b := NewTableAdam(DefaultAdamW, other)
				b.SetState(a.State())
				a, table = b, other
			}
			g := sparseGradient(r, 9, 4)
			a.CatchUp(g.Rows)
			a.Step(1e-3, g)
		}
		a.CatchUpAll()
		return table.Data
	}
	if !slices.Equal(run(200), run(-1)) {
		t.Error("a broken run and an unbroken one have other rows")
	}
}
