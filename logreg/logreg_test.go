package logreg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

var ctx = context.Background()

type goldenCase struct {
	Classes, Rows, Width int
	C                    float64
	X, Test              []float32
	Y, Predicted         []int
	Weights, Intercepts  []float64
	Probabilities        []float64
	DefaultWeights       []float64 `json:"default_weights"`
}

func (c goldenCase) rows(data []float32) *matrix.Matrix {
	return &matrix.Matrix{Rows: len(data) / c.Width, Cols: c.Width, Data: data}
}

func readGolden(t *testing.T) []goldenCase {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []goldenCase }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) == 0 {
		t.Fatal("no cases")
	}
	return golden.Cases
}

// The golden is sklearn.linear_model.LogisticRegression with tol 1e-12;
// testdata/gen/numerics.py makes it.
func TestMinimumIsScikitLearns(t *testing.T) {
	for n, c := range readGolden(t) {
		m, err := Fit(ctx, c.rows(c.X), c.Y, c.Classes, Options{C: c.C, MaxIter: 10_000, Tol: 1e-11})
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, got, want []float64) {
			t.Helper()
			if len(got) != len(want) {
				t.Fatalf("case %d: %d %ss, want %d", n, len(got), what, len(want))
			}
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-5 {
					t.Errorf("case %d: %s %d is %v, want %v", n, what, i, got[i], want[i])
				}
			}
		}
		check("weight", m.Weights, c.Weights)
		check("intercept", centred(m.Intercepts), centred(c.Intercepts))
		if got := m.Predict(c.rows(c.Test)); !slices.Equal(got, c.Predicted) {
			t.Errorf("case %d: predicts %v, want %v", n, got, c.Predicted)
		}
		var probabilities []float64
		for _, p := range m.Probabilities(c.rows(c.Test)).Data {
			probabilities = append(probabilities, float64(p))
		}
		check("probability", probabilities, c.Probabilities)
	}
}

// centred takes away the mean: intercepts of a softmax are not penalized and thus
// settled only up to a constant.
func centred(x []float64) []float64 {
	if len(x) == 1 {
		return x
	}
	var mean float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - mean
	}
	return out
}

func TestDefaultsStopAsScikitLearn(t *testing.T) {
	for n, c := range readGolden(t) {
		o := DefaultOptions
		o.C = c.C
		m, err := Fit(ctx, c.rows(c.X), c.Y, c.Classes, o)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Converged || m.Iterations < 1 || m.Iterations > o.MaxIter {
			t.Errorf("case %d: %d iterations, converged %v", n, m.Iterations, m.Converged)
		}
		var off, size float64
		for i, w := range m.Weights {
			off += (w - c.DefaultWeights[i]) * (w - c.DefaultWeights[i])
			size += c.DefaultWeights[i] * c.DefaultWeights[i]
		}
		if off > 1e-4*size {
			t.Errorf("case %d: weights are off by %.2g of their size", n, math.Sqrt(off/size))
		}
	}
}

func TestGradientIsThatOfTheLoss(t *testing.T) {
	x, y := gaussians(30, 4, 3, 1)
	for _, classes := range []int{3, 2} {
		for i := range y {
			y[i] %= classes
		}
		p := newProblem(newDense(x), y, classes, Options{C: 0.7, ClassWeights: []float64{1, 2, 0.5}[:classes]})
		r := rand.New(rand.NewPCG(2, 0))
		at := make([]float64, p.outputs*5)
		for i := range at {
			at[i] = r.NormFloat64()
		}
		slope := make([]float64, len(at))
		p.gradient(slope, at)
		for i := range at {
			const h = 1e-6
			forth, back := slices.Clone(at), slices.Clone(at)
			forth[i] += h
			back[i] -= h
			want := (p.loss(forth) - p.loss(back)) / (2 * h)
			if math.Abs(slope[i]-want) > 1e-8 {
				t.Errorf("%d classes: slope %d is %v, by differences %v", classes, i, slope[i], want)
			}
		}
	}
}

// gaussians draws rows about one center for each class.
func gaussians(rows, width, classes int, seed uint64) (*matrix.Matrix, []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	centers := matrix.New(classes, width)
	for i := range centers.Data {
		centers.Data[i] = float32(r.NormFloat64())
	}
	x, y := matrix.New(rows, width), make([]int, rows)
	for i := range rows {
		y[i] = i % classes
		for j, c := range centers.Row(y[i]) {
			x.Row(i)[j] = c + float32(r.NormFloat64())
		}
	}
	return x, y
}

func TestExtremeRows(t *testing.T) {
	x := matrix.New(4, 1)
	copy(x.Data, []float32{-1e6, -1, 1, 1e6})
	m, err := Fit(ctx, x, []int{0, 0, 1, 1}, 2, DefaultOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Predict(x); !slices.Equal(got, []int{0, 0, 1, 1}) {
		t.Errorf("predicts %v", got)
	}
	for i, p := range m.Probabilities(x).Data {
		if math.IsNaN(float64(p)) {
			t.Errorf("probability %d is NaN", i)
		}
	}
	// Not separable, and a step of the search that overshoots overflows exp.
	if _, err := Fit(ctx, x, []int{0, 1, 2, 0}, 3, Options{C: 1e6, MaxIter: 1000, Tol: 1e-9}); err != nil {
		t.Error(err)
	}
}

func TestSameBytesWhateverTheCores(t *testing.T) {
	x, y := gaussians(2000, 30, 12, 3)
	fit := func(procs int) *Model {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		m, err := Fit(ctx, x, y, 12, DefaultOptions)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	want := fit(1)
	for _, procs := range []int{1, 2, 5} {
		if m := fit(procs); !slices.Equal(m.Weights, want.Weights) || !slices.Equal(m.Intercepts, want.Intercepts) {
			t.Errorf("the model with %d procs differs", procs)
		}
	}
}

func TestPredictsInBlocks(t *testing.T) {
	x, y := gaussians(2*predictRows+3, 5, 3, 4)
	m, err := Fit(ctx, x, y, 3, DefaultOptions)
	if err != nil {
		t.Fatal(err)
	}
	all := m.Predict(x)
	for _, i := range []int{0, predictRows - 1, predictRows, 2 * predictRows, 2*predictRows + 2} {
		if one := m.Predict(&matrix.Matrix{Rows: 1, Cols: 5, Data: x.Row(i)}); one[0] != all[i] {
			t.Errorf("row %d alone is %d, among others %d", i, one[0], all[i])
		}
	}
	if got := m.Predict(matrix.New(0, 5)); len(got) != 0 {
		t.Errorf("no rows are predicted as %v", got)
	}
}

func TestErrors(t *testing.T) {
	x, y := gaussians(6, 2, 3, 5)
	nan, _ := gaussians(6, 2, 3, 5)
	nan.Row(4)[1] = float32(math.NaN())
	fit := func(x *matrix.Matrix, y []int, classes int, o Options) error {
		_, err := Fit(ctx, x, y, classes, o)
		return err
	}
	with := func(change func(*Options)) Options { o := DefaultOptions; change(&o); return o }
	for _, c := range []struct {
		err  error
		want string
	}{
		{fit(x, []int{0, 0, 0, 0, 0, 0}, 1, DefaultOptions), "fit 1 classes"},
		{fit(x, y[:5], 3, DefaultOptions), "fit 6 rows: 5 labels"},
		{fit(x, []int{0, 1, 2, 3, 0, 0}, 3, DefaultOptions), "label of row 3 is 3"},
		{fit(x, []int{0, 1, -2, 1, 0, 0}, 3, DefaultOptions), "label of row 2 is -2"},
		{fit(x, []int{0, 2, 2, 0, 0, 0}, 3, DefaultOptions), "class 1 of 3 has no rows"},
		{fit(nan, y, 3, DefaultOptions), "row 4, column 1 is NaN"},
		{fit(matrix.New(6, 0), y, 3, DefaultOptions), "width 0"},
		{fit(x, y, 3, with(func(o *Options) { o.C = 0 })), "C is 0"},
		{fit(x, y, 3, with(func(o *Options) { o.C = math.NaN() })), "C is NaN"},
		{fit(x, y, 3, with(func(o *Options) { o.MaxIter = 0 })), "0 iterations"},
		{fit(x, y, 3, with(func(o *Options) { o.Tol = 0 })), "tolerance 0"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", c.err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Fit(cancelled, x, y, 3, DefaultOptions); !errors.Is(err, context.Canceled) {
		t.Errorf("Fit after cancel: %v", err)
	}
}

func TestNotConverged(t *testing.T) {
	x, y := gaussians(100, 5, 4, 6)
	m, err := Fit(ctx, x, y, 4, Options{C: 1, MaxIter: 2, Tol: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	if m.Converged || m.Iterations != 2 {
		t.Errorf("after %d iterations of 2, converged %v", m.Iterations, m.Converged)
	}
}

func Example() {
	x := matrix.New(4, 1)
	copy(x.Data, []float32{-2, -1, 1, 2})
	m, err := Fit(context.Background(), x, []int{0, 0, 1, 1}, 2, DefaultOptions)
	if err != nil {
		fmt.Println(err)
		return
	}
	test := matrix.New(2, 1)
	copy(test.Data, []float32{-3, 0.5})
	fmt.Printf("%d %.2f\n", m.Predict(test), m.Probabilities(test).Data)
	// Output: [0 1] [0.95 0.05 0.38 0.62]
}

func BenchmarkFit(b *testing.B) {
	for _, size := range []struct{ rows, width, classes int }{{16, 256, 2}, {480, 256, 60}} {
		b.Run(fmt.Sprintf("%dx%d,K=%d", size.rows, size.width, size.classes), func(b *testing.B) {
			x, y := gaussians(size.rows, size.width, size.classes, 7)
			for b.Loop() {
				if _, err := Fit(ctx, x, y, size.classes, DefaultOptions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	x, y := gaussians(20_000, 256, 60, 8)
	m, err := Fit(ctx, &matrix.Matrix{Rows: 480, Cols: 256, Data: x.Data[:480*256]}, y[:480], 60, DefaultOptions)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Predict(x)
	}
	b.ReportMetric(float64(x.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
