package matrix_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// numbers puts values into the bytes of a safetensors tensor.
func numbers(t *testing.T, values any) []byte {
	t.Helper()
	data, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTableWidens(t *testing.T) {
	// float16 bits by IEEE 754: 1, −2, the smallest subnormal 2⁻²⁴, +Inf.
	half := []uint16{0x3c00, 0xc000, 0x0001, 0x7c00}
	tests := []struct {
		name  string
		table matrix.Table
		want  []float32
	}{
		{"float16", matrix.Table{Type: matrix.Float16, Bytes: numbers(t, half)}, []float32{1, -2, 0x1p-24, float32(math.Inf(1))}},
		{"float32", matrix.Table{Type: matrix.Float32, Bytes: numbers(t, []float32{1.5, -2, 0, 3e38})}, []float32{1.5, -2, 0, 3e38}},
		{"float64", matrix.Table{Type: matrix.Float64, Bytes: numbers(t, []float64{0.1, -2, 1e-300, 4})}, []float32{0.1, -2, 0, 4}},
		{"int8 without scale", matrix.Table{Type: matrix.Int8, Bytes: numbers(t, []int8{1, -127, 0, 127})}, []float32{1, -127, 0, 127}},
		{"int8", matrix.Table{Type: matrix.Int8, Scale: 0.5, Bytes: numbers(t, []int8{1, -127, 0, 127})}, []float32{0.5, -63.5, 0, 63.5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.table.Rows, test.table.Cols = 2, 2
			if got := test.table.Matrix(); !slices.Equal(got.Data, test.want) {
				t.Errorf("Matrix() = %v, want %v", got.Data, test.want)
			}
			row := make([]float32, 2)
			if test.table.Row(1, row); !slices.Equal(row, test.want[2:]) {
				t.Errorf("Row(1) = %v, want %v", row, test.want[2:])
			}
		})
	}
}

func TestTypeIsAFlag(t *testing.T) {
	for _, want := range matrix.Types {
		var got matrix.Type
		if err := got.Set(want.String()); err != nil || got != want {
			t.Errorf("Set(%q) = %v, %v", want, got, err)
		}
	}
	kept := matrix.Int8
	if err := kept.Set("bfloat16"); err == nil || kept != matrix.Int8 {
		t.Errorf("Set(bfloat16) = %v, now %v; want an error and the value kept", err, kept)
	}
}

func TestRowEndsWithTheRow(t *testing.T) {
	m := matrix.New(2, 3)
	grown := append(m.Row(0), 9)
	if m.Data[3] != 0 || grown[3] != 9 {
		t.Errorf("an append to row 0 wrote %v into row 1", m.Data[3])
	}
}

func ExampleMatrix_Row() {
	m := matrix.New(2, 3)
	copy(m.Row(1), []float32{1, 2, 3})
	fmt.Println(m.Data)
	// Output: [0 0 0 1 2 3]
}

// TestEveryFloat16 compares all 65,536 values with the float16 package's.
func TestEveryFloat16(t *testing.T) {
	for h := range 1 << 16 {
		table := matrix.Table{Type: matrix.Float16, Rows: 1, Cols: 1, Bytes: []byte{byte(h), byte(h >> 8)}}
		got, want := table.Matrix().Data[0], float16.Frombits(uint16(h)).Float32()
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("%#04x is %v, want %v", h, got, want)
		}
	}
}
