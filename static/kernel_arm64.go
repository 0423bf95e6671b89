//go:build !purego

package static

import "github.com/m2v-dev/m2v/matrix"

// blockColumns is how many columns the kernels take at a time.
const blockColumns = 64

// runs is true: every arm64 processor that Go runs on converts float16.
func runs(matrix.Type) bool { return true }

func addFloat32s(sum []float32, table []byte, stride int, rows []int32, weights *float32) {
	addFloat32(&sum[0], &table[0], len(sum), stride, &rows[0], weights, len(rows))
}
