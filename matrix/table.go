package matrix

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// Type is how the values of a Table are stored.
type Type uint8

// The storage types, named as safetensors and NumPy name them.
const (
	Float16 Type = iota
	Float32
	Float64
	Int8
)

// Types lists the storage types in the order in which help texts name them.
var Types = []Type{Float16, Float32, Float64, Int8}

var typeNames = [...]string{Float16: "float16", Float32: "float32", Float64: "float64", Int8: "int8"}

var typeSizes = [...]int{Float16: 2, Float32: 4, Float64: 8, Int8: 1}

// String returns the name, such as "float16".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("matrix.Type(%d)", uint8(t))
}

// Size returns the bytes of one value.
func (t Type) Size() int { return typeSizes[t] }

// Set parses a name, so that a *Type is a command-line flag.
func (t *Type) Set(name string) error {
	for _, known := range Types {
		if name == known.String() {
			*t = known
			return nil
		}
	}
	return fmt.Errorf("type %q is not one of float16, float32, float64, int8", name)
}

// Type names the flag's kind of value in help texts.
func (t *Type) Type() string { return "type" }

// Table is a matrix in its storage form: Rows × Cols values of one Type,
// row-major, little-endian. For Int8, value ≈ byte × Scale; Scale 0 means that
// it is not known (the reference does not keep it) and is read as 1.
type Table struct {
	Type       Type
	Rows, Cols int
	Bytes      []byte
	Scale      float64
}

// Row widens row i into dst, which has length Cols.
func (t *Table) Row(i int, dst []float32) { t.Part(i, 0, dst[:t.Cols]) }

// Part widens the len(dst) columns of row i that begin at column from.
func (t *Table) Part(i, from int, dst []float32) {
	size := t.Type.Size()
	src := t.Bytes[(i*t.Cols+from)*size:][:len(dst)*size]
	switch t.Type {
	case Float16:
		for j := range dst {
			dst[j] = widenFloat16(binary.LittleEndian.Uint16(src[2*j:]))
		}
	case Float32:
		for j := range dst {
			dst[j] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*j:]))
		}
	case Float64:
		for j := range dst {
			dst[j] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*j:])))
		}
	case Int8:
		for j := range dst {
			dst[j] = float32(int8(src[j]))
		}
		if t.Scale != 0 {
			for j := range dst {
				dst[j] = float32(float64(dst[j]) * t.Scale)
			}
		}
	}
}

// widenFloat16 converts exactly: exponent and mantissa, moved to where float32 has them, are
// too small by the difference of the exponents' biases, 112, for subnormal values too.
func widenFloat16(h uint16) float32 {
	if h&0x7c00 == 0x7c00 { // infinite or NaN
		return float16.Frombits(h).Float32()
	}
	magnitude := math.Float32frombits(uint32(h&0x7fff)<<13) * 0x1p112
	return math.Float32frombits(math.Float32bits(magnitude) | uint32(h&0x8000)<<16)
}

// Matrix widens the whole table to float32.
func (t *Table) Matrix() *Matrix {
	m := New(t.Rows, t.Cols)
	for i := range t.Rows {
		t.Row(i, m.Row(i))
	}
	return m
}
