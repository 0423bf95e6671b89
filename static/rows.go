package static

import (
	"encoding/binary"
	"unsafe"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// widen returns a table's values as float32, K×D. Values that are float32
// already are used where they lie, which for a mapped file means that no page
// is read before its row is; the others are converted once, on all cores.
func widen(t *matrix.Table) []float32 {
	if values, ok := asFloat32(t); ok {
		return values
	}
	values := make([]float32, t.Rows*t.Cols)
	const group = 256 // rows: some tens of microseconds
	parallel.Ranges(t.Rows, group, func(from, to int) {
		for i := from; i < to; i++ {
			t.Row(i, values[i*t.Cols:(i+1)*t.Cols])
		}
	})
	return values
}

// asFloat32 views a float32 table's bytes as values, where machine and
// alignment allow it.
func asFloat32(t *matrix.Table) ([]float32, bool) {
	littleEndian := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	if t.Type != matrix.Float32 || !littleEndian || len(t.Bytes) == 0 {
		return nil, false
	}
	first := unsafe.Pointer(unsafe.SliceData(t.Bytes))
	if uintptr(first)%unsafe.Alignof(float32(0)) != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(first), len(t.Bytes)/4), true
}
