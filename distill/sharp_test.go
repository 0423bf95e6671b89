package distill_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/zipf"
)

// Dropping components shifts the columns of the student that keeps them all,
// and whitening by 1 gives each the variance 1.
func TestDropAndWhiten(t *testing.T) {
	teacher := filepath.Join(testenv.Root(), "testdata", "tiny-bert")
	v := buildVocabulary(t, teacher)
	rows := embed(t, teacher, v, transformer.Mean) // V×H
	o := distill.DefaultOptions()
	o.Type, o.SIF, o.Dims.Count = matrix.Float32, zipf.Coefficient{None: true}, 12
	all, _ := student(t, rows, v, o)
	const drop = 3
	o.Drop, o.Dims.Count = drop, 9
	rest, _ := student(t, rows, v, o)
	want, got := all.Table().Matrix(), rest.Table().Matrix()
	if got.Cols != 9 {
		t.Fatalf("%d columns, want 9", got.Cols)
	}
	for i := range got.Rows {
		for j, x := range got.Row(i) {
			if d := math.Abs(float64(x - want.Row(i)[j+drop])); d > 1e-5 {
				t.Fatalf("row %d, column %d is off by %v", i, j, d)
			}
		}
	}
	o.Whiten = 1
	white, _ := student(t, rows, v, o)
	m := white.Table().Matrix()
	for j := range m.Cols {
		sum := 0.0
		for i := range m.Rows {
			sum += float64(m.Row(i)[j]) * float64(m.Row(i)[j])
		}
		if variance := sum / float64(m.Rows-1); math.Abs(variance-1) > 1e-3 {
			t.Errorf("column %d has the variance %v, want 1", j, variance)
		}
	}
}
