package pca

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

func batches(t *testing.T, x *matrix.Matrix, rows int) *Moments {
	t.Helper()
	m := NewMoments(x.Cols)
	for first := 0; first < x.Rows; first += rows {
		n := min(rows, x.Rows-first)
		if err := m.Add(t.Context(), &matrix.Matrix{Rows: n, Cols: x.Cols, Data: x.Data[first*x.Cols : (first+n)*x.Cols]}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// The mean is 3 and the spread down to 0.03: sums of squares that are not shifted
// would lose the small variances.
func TestMomentsEqualFit(t *testing.T) {
	for _, size := range []struct{ rows, cols, batch int }{
		{2, 1, 1}, {5, 3, 2}, {7, 12, 3}, {5000, 60, 999}, {5000, 60, 5000}, {400, 257, 64},
	} {
		t.Run(fmt.Sprintf("%dx%d by %d", size.rows, size.cols, size.batch), func(t *testing.T) {
			x := randomRows(size.rows, size.cols, 21)
			want := mustFit(t, x)
			m := batches(t, x, size.batch)
			if m.Rows() != size.rows {
				t.Errorf("%d rows, want %d", m.Rows(), size.rows)
			}
			got, err := m.Fit()
			if err != nil {
				t.Fatal(err)
			}
			if got.Rows != want.Rows {
				t.Errorf("%d rows, want %d", got.Rows, want.Rows)
			}
			rank := min(size.cols, size.rows-1)
			for j := range want.Mean {
				if math.Abs(got.Mean[j]-want.Mean[j]) > 1e-12 {
					t.Errorf("mean %d is %v, want %v", j, got.Mean[j], want.Mean[j])
				}
				if math.Abs(got.Variances[j]-want.Variances[j]) > 1e-12*want.Variances[0] {
					t.Errorf("variance %d is %v, want %v", j, got.Variances[j], want.Variances[j])
				}
			}
			for j := range rank {
				gap := math.Inf(1)
				for i := range want.Variances {
					if i != j {
						gap = min(gap, math.Abs(want.Variances[i]-want.Variances[j]))
					}
				}
				if gap < 1e-5*want.Variances[0] {
					continue // axes of close variances may turn into one another
				}
				dot := 0.0
				for i, v := range got.Component(j) {
					dot += v * want.Component(j)[i]
				}
				if math.Abs(math.Abs(dot)-1) > 1e-9 {
					t.Errorf("component %d has cosine %v with Fit's", j, dot)
				}
			}
		})
	}
}

func TestMomentsErrors(t *testing.T) {
	m := NewMoments(4)
	if _, err := m.Fit(); err == nil || !strings.Contains(err.Error(), "fit 0×4 rows") {
		t.Errorf("no rows: %v", err)
	}
	if err := m.Add(t.Context(), matrix.New(3, 5)); err == nil || !strings.Contains(err.Error(), "width 4") {
		t.Errorf("another width: %v", err)
	}
	x := randomRows(20, 4, 22)
	x.Row(13)[2] = float32(math.NaN())
	if err := m.Add(t.Context(), x); err == nil || !strings.Contains(err.Error(), "row 13, column 2 is NaN") {
		t.Errorf("NaN: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Add(cancelled, randomRows(20, 4, 22)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	if err := NewMoments(4).Add(t.Context(), matrix.New(0, 4)); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
}

func TestDimsOf(t *testing.T) {
	check := func(dims string, rows, width, want int, warnings ...string) {
		t.Helper()
		b := &Basis{Rows: rows, Mean: make([]float64, width), Variances: []float64{5, 3, 1, 1}[:width]}
		var d Dims
		if err := d.Set(dims); err != nil {
			t.Fatal(err)
		}
		k, got, err := d.Of(b)
		if err != nil || k != want || !slices.Equal(got, warnings) {
			t.Errorf("%s of %d×%d: %d, %q, %v; want %d, %q", dims, rows, width, k, got, err, want, warnings)
		}
	}
	check("3", 100, 4, 3)
	check("4", 5, 4, 4)
	check("auto", 100, 4, 4)
	check("auto", 4, 4, 3)
	check("0.79", 100, 4, 2)
	check("0.999", 3, 4, 2)
	check("4", 3, 4, 2, "PCA to 4 dimensions was asked for, and 3 vectors have at most 2")
	check("9", 100, 4, 4, "PCA to 9 dimensions was asked for, and the vectors have only 4")
	check("9", 3, 4, 2, "PCA to 9 dimensions was asked for, and the vectors have only 4", "PCA to 4 dimensions was asked for, and 3 vectors have at most 2")
	for _, d := range []Dims{{}, {Mode: Count}, {Mode: Fraction, Share: 2}} {
		if k, _, err := d.Of(&Basis{Rows: 9, Mean: make([]float64, 2), Variances: []float64{1, 1}}); err == nil {
			t.Errorf("%+v keeps %d components; want an error", d, k)
		}
	}
}
