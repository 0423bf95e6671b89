package learn_test

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
)

// Two texts of one token each learn to have the mean vectors that they are given.
func ExampleLoop() {
	rows := &learn.Rows{Table: matrix.New(3, 2)}
	bags := &learn.Bags{}
	bags.Append([]int32{0})
	bags.Append([]int32{2})
	targets := &matrix.Matrix{Rows: 2, Cols: 2, Data: []float32{1, 0, 0, 1}}
	optimiser := learn.NewSparseAdam(learn.DefaultAdam, rows.Table)
	loop := learn.Loop{
		Examples: 2, Batch: 2, Epochs: 200, Schedule: learn.Constant(0.05), Stop: &learn.EarlyStop{}, Params: []learn.Optimiser{optimiser},
		Step: func(examples []int, rate float64) float64 {
			batch, want := bags.Select(examples), matrix.New(len(examples), 2)
			for i, k := range examples {
				copy(want.Row(i), targets.Row(k))
			}
			loss, slope := learn.MSE(rows.Means(batch), want)
			optimiser.Step(rate, rows.Gradient(batch, slope).Rows)
			return loss
		},
		Validate: func() (learn.Validation, error) {
			loss, _ := learn.MSE(rows.Means(bags), targets)
			return learn.Validation{Loss: loss, Score: loss}, nil
		},
	}
	result, err := loop.Run(context.Background())
	fmt.Printf("%d steps, %d rows touched, loss below 0.001: %t, %v\n", result.Steps, optimiser.Touched(), result.Best.Loss < 0.001, err)
	fmt.Printf("row 1 has not moved: %v\n", rows.Table.Row(1))
	// Output:
	// 200 steps, 2 rows touched, loss below 0.001: true, <nil>
	// row 1 has not moved: [0 0]
}
