package matrix_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

func TestCosine(t *testing.T) {
	check := func(a, b []float32, want float64) {
		t.Helper()
		if got := matrix.Cosine(a, b); math.Abs(got-want) > 1e-12 || got > 1 || got < -1 {
			t.Errorf("Cosine(%v, %v) = %v, want %v", a, b, got, want)
		}
	}
	check([]float32{3, 4}, []float32{4, 3}, 24./25)
	check([]float32{1, 0}, []float32{0, 2}, 0)
	check([]float32{0, 0}, []float32{1, 2}, 0)
	check([]float32{0.1, 0.2, 0.3}, []float32{0.1, 0.2, 0.3}, 1)
	check([]float32{1e30, 0}, []float32{-1e30, 0}, -1) // no float32 holds the product
}

func TestUnit(t *testing.T) {
	v := []float32{3, 4}
	if got := matrix.Unit(v); !slices.Equal(got, []float32{0.6, 0.8}) || v[0] != 3 {
		t.Errorf("Unit = %v of %v", got, v)
	}
	if got := matrix.Unit([]float32{0, 0}); !slices.Equal(got, []float32{0, 0}) {
		t.Errorf("Unit of zero = %v", got)
	}
}

func TestFirstColumns(t *testing.T) {
	m := &matrix.Matrix{Rows: 2, Cols: 3, Data: []float32{1, 2, 3, 4, 5, 6}}
	if got := matrix.FirstColumns(m, 2); got.Cols != 2 || !slices.Equal(got.Data, []float32{1, 2, 4, 5}) {
		t.Errorf("FirstColumns = %+v", got)
	}
}

func TestNotFinite(t *testing.T) {
	m := matrix.New(2, 3)
	if _, _, found := matrix.NotFinite(m); found {
		t.Error("zeros are not finite")
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m.Data[5], m.Data[4] = float32(v), float32(v)
		if row, col, found := matrix.NotFinite(m); row != 1 || col != 1 || !found {
			t.Errorf("NotFinite of %v = %d, %d, %t", v, row, col, found)
		}
	}
}

func ExampleCosines() {
	m := &matrix.Matrix{Rows: 2, Cols: 2, Data: []float32{1, 0, 0.6, 0.8}}
	for _, row := range matrix.Cosines(m) {
		fmt.Printf("%.1f\n", row)
	}
	// Output:
	// [1.0 0.6]
	// [0.6 1.0]
}
