//go:build (amd64 || arm64) && !purego

package static

import (
	"slices"

	"github.com/m2v-dev/m2v/matrix"
)

// A kernel adds rows of a table, a block of columns at a time.
type kernel struct {
	usable    bool
	high, low float32 // of int8: the scale as the sum of two float32
}

// newKernel returns the kernel of a table, or none where the processor has none, or where
// an int8 value times this scale would be rounded another way than matrix.Table's Row does.
func newKernel(t *matrix.Table) kernel {
	k := kernel{usable: runs(t.Type)}
	if t.Type != matrix.Int8 || !k.usable {
		return k
	}
	scale := t.Scale
	if scale == 0 {
		scale = 1
	}
	k.high = float32(scale)
	k.low = float32(scale - float64(k.high))
	k.usable = k.exact(t.Scale)
	return k
}

// exact compares all values that a byte can have.
func (k kernel) exact(scale float64) bool {
	const values = 256
	all := &matrix.Table{Type: matrix.Int8, Rows: 1, Cols: values, Bytes: make([]byte, values), Scale: scale}
	for i := range all.Bytes {
		all.Bytes[i] = byte(i)
	}
	want, got := make([]float32, values), make([]float32, values)
	all.Row(0, want)
	k.add(got, all, []int32{0}, nil)
	return slices.Equal(got, want)
}

// add adds rows, at least one, to as many of the first columns of sum as blocks cover, and
// returns how many.
func (k kernel) add(sum []float32, t *matrix.Table, rows []int32, weights []float32) (columns int) {
	columns = len(sum) / blockColumns * blockColumns
	if !k.usable || columns == 0 {
		return 0
	}
	var w *float32
	if weights != nil {
		w = &weights[0]
	}
	stride := t.Cols * t.Type.Size()
	done := k.addWide(sum[:columns], t, stride, rows, w)
	if done == columns {
		return columns
	}
	first, table, left := &sum[done], &t.Bytes[done*t.Type.Size()], columns-done
	switch t.Type {
	case matrix.Float16:
		addFloat16(first, table, left, stride, &rows[0], w, len(rows))
	case matrix.Float32:
		addFloat32(first, table, left, stride, &rows[0], w, len(rows))
	case matrix.Float64:
		addFloat64(first, table, left, stride, &rows[0], w, len(rows))
	case matrix.Int8:
		addInt8(first, table, left, stride, &rows[0], w, len(rows), k.high, k.low)
	}
	return columns
}

// The kernels add n rows of a table to columns of a sum: n > 0, columns a multiple of
// blockColumns and not 0, stride the bytes from row to row. weights is nil or has n values.

//go:noescape
func addFloat16(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)

//go:noescape
func addFloat32(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)

//go:noescape
func addFloat64(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)

// addInt8 adds byte × (high + low); low may be 0.
//
//go:noescape
func addInt8(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int, high, low float32)
