package logreg

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

type cvCase struct {
	Classes, Width  int
	X, Test         []float32
	Y               []int
	C               float64
	Scores, Weights []float64
	Folds           []int
	Predicted       []int
}

// scikit-learn 1.9.1's LogisticRegressionCV; testdata/gen/logregcv.py.
func TestCIsScikitLearns(t *testing.T) {
	data, err := os.ReadFile("testdata/cv.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []cvCase }
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Cases) == 0 {
		t.Fatal(err, golden)
	}
	for n, c := range golden.Cases {
		if got := Folds(c.Y, c.Classes, 5); !slices.Equal(got, c.Folds) {
			t.Errorf("case %d: folds %v, want %v", n, got, c.Folds)
		}
		dense := &matrix.Matrix{Rows: len(c.Y), Cols: c.Width, Data: c.X}
		test := &matrix.Matrix{Rows: len(c.Test) / c.Width, Cols: c.Width, Data: c.Test}
		for _, x := range []struct{ rows, test Data }{{Data{Dense: dense}, Data{Dense: test}}, {Data{Sparse: sparse(dense)}, Data{Sparse: sparse(test)}}} {
			m, choice, err := FitCV(ctx, x.rows, c.Y, c.Classes, Options{MaxIter: 1000, Tol: 1e-8}, DefaultCV(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(math.Log(choice.C/c.C)) > 1e-9 {
				t.Errorf("case %d: C is %v, want %v", n, choice.C, c.C)
			}
			for i, s := range c.Scores {
				if math.Abs(choice.Scores[i]-s) > 1e-9 {
					t.Errorf("case %d: accuracy of C %d is %v, want %v", n, i, choice.Scores[i], s)
				}
			}
			for i, w := range c.Weights {
				if math.Abs(m.Weights[i]-w) > 1e-4 {
					t.Errorf("case %d: weight %d is %v, want %v", n, i, m.Weights[i], w)
				}
			}
			if got := x.test.Predict(m); !slices.Equal(got, c.Predicted) {
				t.Errorf("case %d: predicts %v, want %v", n, got, c.Predicted)
			}
		}
	}
}

func sparse(x *matrix.Matrix) *Sparse {
	s := &Sparse{Cols: x.Cols}
	for i := range x.Rows {
		var columns []int32
		for j := range x.Cols {
			columns = append(columns, int32(j))
		}
		s.Append(columns, x.Row(i))
	}
	return s
}

// A class of which a fold has all rows is learned from the other folds all the same.
func TestRareClass(t *testing.T) {
	x, y := gaussians(40, 3, 2, 9)
	y[7] = 2
	if _, _, err := FitCV(ctx, Data{Dense: x}, y, 3, DefaultOptions, DefaultCV(), nil); err != nil {
		t.Error(err)
	}
}

// Rows that weigh twice count as rows that are there twice.
func TestClassWeightsAreRepeats(t *testing.T) {
	x, y := gaussians(30, 3, 3, 4)
	o := Options{C: 0.5, MaxIter: 1000, Tol: 1e-10, ClassWeights: []float64{1, 2, 1}}
	weighted, err := Fit(ctx, x, y, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	for i, c := range y {
		rows = append(rows, i)
		if c == 1 {
			rows = append(rows, i)
		}
	}
	o.ClassWeights = nil
	repeated, err := Fit(ctx, Data{Dense: x}.Select(rows).Dense, pick(y, rows), 3, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range repeated.Weights {
		if math.Abs(weighted.Weights[i]-w) > 1e-6 {
			t.Errorf("weight %d is %v, want %v", i, weighted.Weights[i], w)
		}
	}
}

func TestSparseRefusesBadColumns(t *testing.T) {
	s := &Sparse{Cols: 2}
	s.Append([]int32{2}, []float32{1})
	if _, err := FitSparse(ctx, s, []int{0}, 2, DefaultOptions); err == nil {
		t.Error("no error")
	}
}

// Few rows of many columns are fitted in the space that they span: to the same weights.
func TestSpanIsTheSameProblem(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	for _, classes := range []int{2, 3} {
		x, y := &Sparse{Cols: 200}, []int(nil)
		for i := range 40 {
			var columns []int32
			var values []float32
			for j := range 200 {
				if r.IntN(20) == 0 || j%classes == i%classes && r.IntN(8) == 0 {
					columns, values = append(columns, int32(j)), append(values, float32(r.NormFloat64()))
				}
			}
			if i%10 == 9 { // rows that depend on each other
				columns, values = x.Row(i - 5)
			}
			x.Append(columns, values)
			y = append(y, i%classes)
		}
		o := Options{C: 3, MaxIter: 1000, Tol: 1e-9}
		want, err := FitSparse(ctx, x, y, classes, o)
		if err != nil {
			t.Fatal(err)
		}
		p := newSpan(x)
		if p == nil || p.z.Cols != 36 {
			t.Fatalf("span %+v", p)
		}
		m, err := Fit(ctx, p.z, y, classes, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range p.back(m).Weights {
			if math.Abs(w-want.Weights[i]) > 1e-4 {
				t.Fatalf("weight %d is %v, want %v", i, w, want.Weights[i])
			}
		}
	}
}
