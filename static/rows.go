package static

import (
	"encoding/binary"
	"unsafe"

	"github.com/m2v-dev/m2v/matrix"
)

// stored are a table's rows as they are stored: a mapped file's pages, of which no page is
// read before a row of it is. They become float32 in the registers that add them up. See
// docs/decisions/233-stored-rows.md.
type stored struct {
	table  *matrix.Table
	floats []float32 // K×D, the table's bytes where they can be viewed as values, else nil
	kernel kernel    // of amd64 and arm64; the zero value where there is none for this table
}

func newStored(t *matrix.Table) stored {
	s := stored{table: t}
	s.floats, _ = asFloat32(t)
	s.kernel = newKernel(t)
	return s
}

// row returns row r as float32, D values: where it lies if it is float32 there, else in dst,
// which has D values.
func (s *stored) row(r int, dst []float32) []float32 {
	if d := s.table.Cols; s.floats != nil {
		return s.floats[r*d : (r+1)*d : (r+1)*d]
	}
	s.table.Row(r, dst)
	return dst
}

// add adds rows, each times its weight if weights is not nil, to sum, which may be shorter
// than a row: then its columns are the first. scratch has D values and is overwritten.
//
// Each value is added in the order of the rows, one float32 rounding an addition, so vectors
// are the same bytes on every machine. Products are rounded before they are added.
func (s *stored) add(sum []float32, rows []int32, weights, scratch []float32) {
	if len(rows) == 0 || len(sum) == 0 {
		return
	}
	columns := s.kernel.add(sum, s.table, rows, weights)
	if columns == len(sum) {
		return
	}
	sum = sum[columns:]
	if s.floats != nil {
		if weights == nil {
			addRows(sum, s.floats[columns:], s.table.Cols, rows)
		} else {
			addWeighted(sum, s.floats[columns:], s.table.Cols, rows, weights)
		}
		return
	}
	part := scratch[:len(sum)]
	for k, r := range rows {
		s.table.Part(int(r), columns, part)
		if weights == nil {
			for j, v := range part {
				sum[j] += v
			}
			continue
		}
		w := weights[k]
		for j, v := range part {
			sum[j] += float32(w * v)
		}
	}
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
