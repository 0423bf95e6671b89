package quantize_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
)

// Values beyond float16's were written as ±Inf without a word.
func TestFits(t *testing.T) {
	check := func(v float64, typ matrix.Type, fits bool) {
		t.Helper()
		m := &matrix.Matrix{Rows: 2, Cols: 2, Data: []float32{1, 2, 3, float32(v)}}
		err := quantize.Fits(m, typ)
		var overflow *quantize.OverflowError
		if (err == nil) != fits || err != nil && (!errors.As(err, &overflow) || overflow.Row != 1) {
			t.Errorf("%v in %v: %v", v, typ, err)
		}
		if typ == matrix.Float16 {
			row := make([]float32, 2)
			quantize.Table(m, typ).Row(1, row)
			if finite := row[1]-row[1] == 0; finite != fits {
				t.Errorf("Table makes %v of %v, and Fits says %v", row[1], v, err)
			}
		}
	}
	for _, sign := range []float64{1, -1} {
		check(sign*65519.99, matrix.Float16, true)
		check(sign*65520, matrix.Float16, false)
		check(sign*65520, matrix.Int8, false)
		check(sign*65520, matrix.Float32, true)
		check(sign*math.MaxFloat32, matrix.Float64, true)
		check(math.Inf(int(sign)), matrix.Float32, false)
	}
	check(math.NaN(), matrix.Float64, false)
}

func TestModelRefusesATypeThatDoesNotHoldIt(t *testing.T) {
	m := words(t, []string{"unk", "a"}, &matrix.Matrix{Rows: 2, Cols: 1, Data: []float32{1, 1e6}}, nil)
	var overflow *quantize.OverflowError
	if _, err := quantize.Model(context.Background(), m, quantize.Options{Type: matrix.Float16}); !errors.As(err, &overflow) {
		t.Errorf("%v", err)
	}
	if _, err := quantize.Model(context.Background(), m, quantize.Options{Type: matrix.Float32}); err != nil {
		t.Error(err)
	}
}
