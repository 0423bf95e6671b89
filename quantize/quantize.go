// Package quantize makes rows smaller: a storage type of fewer bytes for each value,
// and one row for each cluster of tokens instead of one for each token.
package quantize

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// Table returns the storage form of m (V×D) in type t. m is not changed; the only
// memory taken is the table's.
//
//   - Float16 rounds to nearest, ties to even. Magnitudes of 65520 and more become
//     infinite, NaN stays NaN.
//   - Float32 and Float64 keep every value.
//   - Int8 keeps x as rint(float16(float16(x)/scale)), clipped to ±127, where
//     scale = max|x|/127 is a float32 and is recorded in Table.Scale. Infinite values
//     become ±127 and NaN 0, and do not count for the maximum. Zeros alone have
//     scale 1.
//
// Source: quantize_embeddings in model2vec's quantization.py, value by value; of
// values that are not finite the reference's int8 is undefined.
func Table(m *matrix.Matrix, t matrix.Type) *matrix.Table {
	table := &matrix.Table{Type: t, Rows: m.Rows, Cols: m.Cols, Bytes: make([]byte, len(m.Data)*t.Size())}
	switch t {
	case matrix.Float16:
		for i, v := range m.Data {
			binary.LittleEndian.PutUint16(table.Bytes[2*i:], half(v))
		}
	case matrix.Float32:
		for i, v := range m.Data {
			binary.LittleEndian.PutUint32(table.Bytes[4*i:], math.Float32bits(v))
		}
	case matrix.Float64:
		for i, v := range m.Data {
			binary.LittleEndian.PutUint64(table.Bytes[8*i:], math.Float64bits(float64(v)))
		}
	case matrix.Int8:
		scale := int8Scale(m)
		for i, v := range m.Data {
			table.Bytes[i] = byte(toInt8(v, scale))
		}
		table.Scale = float64(scale)
	}
	return table
}

// int8Scale returns max|x|/127, or 1 where that is 0.
func int8Scale(m *matrix.Matrix) float32 {
	var largest float32
	for _, v := range m.Data {
		if v < 0 {
			v = -v
		}
		if v > largest && v <= math.MaxFloat32 { // false for NaN
			largest = v
		}
	}
	if scale := largest / 127; scale > 0 {
		return scale
	}
	return 1
}

// toInt8 divides as NumPy 2 divides a float16 array by a float32 scalar into a float16
// array: in float32, rounded to float16.
func toInt8(x, scale float32) int8 {
	half := float16.Fromfloat32(x).Float32()
	quotient := float16.Fromfloat32(half / scale).Float32()
	rounded := math.RoundToEven(float64(quotient))
	if math.IsNaN(rounded) {
		return 0
	}
	return int8(min(max(rounded, -127), 127))
}
