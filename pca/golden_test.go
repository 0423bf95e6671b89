package pca

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// The golden is sklearn.decomposition.PCA with the sign rule of the reference's
// students; testdata/gen/numerics.py makes it.
func TestEqualsScikitLearn(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Rows, Width             int
		X                       []float32
		Mean, Variances, Scores []float64
		Shares                  []float64
		Kept                    []int
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	x := &matrix.Matrix{Rows: golden.Rows, Cols: golden.Width, Data: golden.X}
	b := mustFit(t, x)
	scores := mustProject(t, b, x, ProjectOptions{Dims: golden.Width})
	check := func(what string, got, want, epsilon float64) {
		t.Helper()
		if math.Abs(got-want) > epsilon {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	for j := range golden.Width {
		check("mean", b.Mean[j], golden.Mean[j], 1e-13)
		check("variance", b.Variances[j], golden.Variances[j], 1e-13)
	}
	for i, v := range scores.Data {
		check("score", float64(v), golden.Scores[i], 1e-6) // float32
	}
	if len(golden.Kept) == 0 {
		t.Fatal("no shares")
	}
	for n, share := range golden.Shares {
		d := Dims{Mode: Fraction, Share: share}
		k, warnings, err := d.Resolve(x.Rows, x.Cols, func() []float64 { return b.Variances })
		if err != nil || k != golden.Kept[n] || len(warnings) > 0 {
			t.Errorf("%v of the variance: %d components, %q, %v; want %d", share, k, warnings, err, golden.Kept[n])
		}
	}
}
