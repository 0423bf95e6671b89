package vectors_test

import (
	"fmt"
	"os"

	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
)

func ExampleNewStream() {
	writer, err := vectors.NewStream(os.Stdout, vectors.Options{Format: vectors.JSONL, Type: matrix.Float32, Cols: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer writer.Close()
	batch := &matrix.Matrix{Rows: 2, Cols: 3, Data: []float32{0.5, -1, 0, 1e-9, 2, 3}}
	if err := writer.Write(batch); err != nil {
		fmt.Println(err)
		return
	}
	if err := writer.Commit(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [0.5,-1,0]
	// [1e-09,2,3]
}
