package fit_test

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// A vocabulary of three tokens and four texts. The teacher has no rows of the
// tokens: only its vectors of the texts are known.
func Example() {
	b := fit.NewBuilder(3, fit.BuilderOptions{})
	for _, ids := range [][]int32{{0, 2}, {1}, {1, 2, 2}, {0}} {
		if err := b.Add(ids); err != nil {
			fmt.Println(err)
			return
		}
	}
	texts, err := b.Texts()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer texts.Close()
	vectors := &matrix.Matrix{Rows: 4, Cols: 2, Data: []float32{ // N×H
		3, 1,
		-1, 4,
		0, 1,
		2, 0,
	}}

	o := fit.DefaultOptions()
	o.Dims = pca.Dims{Mode: pca.Count, Count: 2}
	r, err := fit.Solve(context.Background(), texts, []fit.Block{{Vectors: fit.InMemory(vectors)}}, nil, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d texts, %d tokens, %.0f %% of the variance\n", r.Texts, r.Seen, 100*r.Explained)
	fmt.Println("tokens 0 and 1 point to opposite sides:", r.Rows.Row(0)[0]*r.Rows.Row(1)[0] < 0)
	// Output:
	// 4 texts, 3 tokens, 100 % of the variance
	// tokens 0 and 1 point to opposite sides: true
}
