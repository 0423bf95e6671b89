package vectors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
)

// Append appends m's rows to dst as Writer.Write would write them, so that
// several goroutines can share the work before one calls WriteBytes. Format
// must not be Auto.
func (o Options) Append(dst []byte, m *matrix.Matrix) []byte {
	for i := range m.Rows {
		dst = o.appendRow(dst, m.Row(i))
	}
	return dst
}

// appendRow appends a row in its format to dst.
func (o Options) appendRow(dst []byte, row []float32) []byte {
	if o.Format == JSONL {
		return appendJSON(dst, row, o.Type)
	}
	return appendRaw(dst, row, o.Type)
}

// appendRaw appends the values, little-endian.
func appendRaw(dst []byte, row []float32, t matrix.Type) []byte {
	start, size := len(dst), t.Size()
	dst = slices.Grow(dst, size*len(row))[:start+size*len(row)]
	values := dst[start:]
	if t == matrix.Float16 {
		for i, v := range row {
			binary.LittleEndian.PutUint16(values[2*i:], float16.Fromfloat32(v).Bits())
		}
		return dst
	}
	for i, v := range row {
		binary.LittleEndian.PutUint32(values[4*i:], math.Float32bits(v))
	}
	return dst
}

// appendJSON appends a row as a line, each value with the fewest digits that
// give the same float32 back.
func appendJSON(dst []byte, row []float32, t matrix.Type) []byte {
	dst = append(dst, '[')
	for i, v := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		if t == matrix.Float16 {
			v = float16.Fromfloat32(v).Float32()
		}
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			dst = append(dst, "null"...)
		} else {
			dst = appendShortest(dst, v)
		}
	}
	return append(dst, ']', '\n')
}

// header returns the file's first bytes for that many rows. Its length does
// not depend on rows, so that it can be written again at the end.
func (o Options) header(rows int64) []byte {
	switch o.Format {
	case NPY:
		return npyHeader(rows, o.Cols, o.Type)
	case Safetensors:
		return tensors.Header(Tensor, o.Type, rows, o.Cols)
	}
	return nil
}

// npyHeader is the one that numpy.save writes for the same array, byte by
// byte: it too leaves room for the first dimension to grow to 21 digits.
//
// Source: NEP 1, version 1.0; numpy/lib/_format_impl.py of NumPy 2.4.
func npyHeader(rows int64, cols int, t matrix.Type) []byte {
	shape := strconv.FormatInt(rows, 10)
	descr := map[matrix.Type]string{matrix.Float32: "<f4", matrix.Float16: "<f2"}[t]
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s, %d), }%*s", descr, shape, cols, 21-len(shape), "")
	head := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	for (len(head)+len(dict)+1)%64 != 0 { // the data is aligned
		dict += " "
	}
	binary.LittleEndian.PutUint16(head[8:], uint16(len(dict)+1))
	return append(append(head, dict...), '\n')
}
