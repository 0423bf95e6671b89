package vectors

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/m2v-dev/m2v/matrix"
)

// Room appends rows of no particular values to dst, and returns them as a matrix too: filling
// the matrix is all that Append would do. ok is false, and nothing is appended, where a row in
// its format is not float32 as they lie in memory. dst has to be empty.
func (o Options) Room(dst []byte, rows int) (grown []byte, m *matrix.Matrix, ok bool) {
	littleEndian := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	if !littleEndian || o.Type != matrix.Float32 || o.Format == JSONL || len(o.Keep) > 0 || len(dst) > 0 {
		return dst, nil, false
	}
	size := rows * o.Cols * 4
	dst = slices.Grow(dst, size)[:size]
	first := unsafe.Pointer(unsafe.SliceData(dst))
	if size == 0 || uintptr(first)%unsafe.Alignof(float32(0)) != 0 {
		return dst[:0], nil, false
	}
	return dst, &matrix.Matrix{Rows: rows, Cols: o.Cols, Data: unsafe.Slice((*float32)(first), size/4)}, true
}
