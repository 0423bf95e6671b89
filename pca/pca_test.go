package pca

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/m2v-dev/m2v/matrix"
)

// randomRows returns rows whose spread falls with the column and whose mean is not zero.
func randomRows(rows, cols int, seed uint64) *matrix.Matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	x := matrix.New(rows, cols)
	for i := range rows {
		shared := r.NormFloat64()
		for j := range x.Row(i) {
			x.Row(i)[j] = float32(3 + shared + r.NormFloat64()/(1+float64(j)/8))
		}
	}
	return x
}

func mustFit(t testing.TB, x *matrix.Matrix) *Basis {
	t.Helper()
	b, err := Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustProject(t testing.TB, b *Basis, x *matrix.Matrix, o ProjectOptions) *matrix.Matrix {
	t.Helper()
	y, err := b.Project(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// The widths are below, at and above a panel, the rows below and above a block.
func TestFitEqualsStatPC(t *testing.T) {
	for _, size := range []struct{ rows, cols int }{
		{2, 1}, {5, 3}, {7, 12}, {5000, 60}, {400, 257},
	} {
		t.Run(fmt.Sprintf("%dx%d", size.rows, size.cols), func(t *testing.T) {
			x := randomRows(size.rows, size.cols, 1)
			b := mustFit(t, x)
			dense := mat.NewDense(size.rows, size.cols, nil)
			for i := range size.rows {
				for j, v := range x.Row(i) {
					dense.Set(i, j, float64(v))
				}
			}
			var oracle stat.PC
			if !oracle.PrincipalComponents(dense, nil) {
				t.Fatal("oracle failed")
			}
			want := oracle.VarsTo(nil)
			for j, v := range want {
				if math.Abs(b.Variances[j]-v) > 1e-12*want[0] {
					t.Errorf("variance %d is %v, want %v", j, b.Variances[j], v)
				}
			}
			var axes mat.Dense
			oracle.VectorsTo(&axes) // H×min(V, H)
			checkAxes(t, b, &axes, want)
		})
	}
}

// checkAxes compares axes of distinct variances, whatever their sign.
func checkAxes(t *testing.T, b *Basis, want *mat.Dense, variances []float64) {
	t.Helper()
	for j, v := range variances {
		gap := math.Inf(1)
		for i, w := range b.Variances {
			if i != j {
				gap = math.Min(gap, math.Abs(v-w))
			}
		}
		if gap < 1e-6*variances[0] {
			continue // axes of close variances may turn into one another
		}
		var dot float64
		for i, c := range b.Component(j) {
			dot += c * want.At(i, j)
		}
		if math.Abs(math.Abs(dot)-1) > 1e-8 {
			t.Errorf("component %d has cosine %v with the oracle's", j, dot)
		}
	}
}

func TestProjectSettlesSigns(t *testing.T) {
	x := randomRows(400, 20, 3)
	b := mustFit(t, x)
	mustProject(t, b, x, ProjectOptions{Dims: 10})
	for j := range b.Component(4) {
		b.Component(4)[j] *= -1
	}
	y := mustProject(t, b, x, ProjectOptions{Dims: 10})
	for j := range y.Cols {
		var extreme float32
		for i := range y.Rows {
			if v := y.Row(i)[j]; math.Abs(float64(v)) > math.Abs(float64(extreme)) {
				extreme = v
			}
		}
		if extreme <= 0 {
			t.Errorf("the score of largest magnitude of component %d is %v", j, extreme)
		}
	}
	again := mustProject(t, b, x, ProjectOptions{Dims: 10, KeepSigns: true})
	if !slices.Equal(y.Data, again.Data) {
		t.Error("projecting with the settled signs differs")
	}
}

func TestProjectKeepsDistances(t *testing.T) {
	x := randomRows(100, 30, 4)
	y := mustProject(t, mustFit(t, x), x, ProjectOptions{Dims: 30})
	for i := range 20 {
		want, got := distance(x, i, 99-i), distance(y, i, 99-i)
		if math.Abs(want-got) > 1e-5*want {
			t.Errorf("rows %d and %d are %v apart, were %v", i, 99-i, got, want)
		}
	}
}

func distance(x *matrix.Matrix, i, j int) float64 {
	var s float64
	for c, v := range x.Row(i) {
		d := float64(v) - float64(x.Row(j)[c])
		s += d * d
	}
	return math.Sqrt(s)
}

func TestProjectDropAndWhiten(t *testing.T) {
	x := randomRows(500, 16, 5)
	b := mustFit(t, x)
	plain := mustProject(t, b, x, ProjectOptions{Dims: 16})
	got := mustProject(t, b, x, ProjectOptions{Dims: 8, Drop: 3, Whiten: 0.25})
	if got.Cols != 8 {
		t.Fatalf("width %d, want 8", got.Cols)
	}
	for i := range got.Rows {
		for j, v := range got.Row(i) {
			want := float64(plain.Row(i)[3+j]) * math.Pow(b.Variances[3+j], -0.125)
			if math.Abs(float64(v)-want) > 1e-6 {
				t.Fatalf("score %d, %d is %v, want %v", i, j, v, want)
			}
		}
	}
	if got := mustProject(t, b, x, ProjectOptions{Dims: 16, Drop: 3}); got.Cols != 13 {
		t.Errorf("16 of 16 components after 3 dropped: width %d, want 13", got.Cols)
	}
	white := mustProject(t, b, x, ProjectOptions{Dims: 16, Whiten: 1})
	for j, v := range mustFit(t, white).Variances {
		if math.Abs(v-1) > 1e-5 {
			t.Errorf("after whitening variance %d is %v, want 1", j, v)
		}
	}
}

func TestWhiteningWithoutVarianceIsZero(t *testing.T) {
	x := matrix.New(10, 3)
	for i := range x.Rows {
		copy(x.Row(i), []float32{float32(i), 1, 2})
	}
	y := mustProject(t, mustFit(t, x), x, ProjectOptions{Dims: 3, Whiten: 1})
	for i := range y.Rows {
		if r := y.Row(i); r[1] != 0 || r[2] != 0 || math.IsNaN(float64(r[0])) {
			t.Fatalf("row %d is %v, want zeros after the first", i, r)
		}
	}
}

func TestProjectInPlace(t *testing.T) {
	x := randomRows(5000, 200, 6) // two blocks
	b := mustFit(t, x)
	want := mustProject(t, b, x, ProjectOptions{Dims: 150})
	got, err := b.ProjectInPlace(context.Background(), x, ProjectOptions{Dims: 150})
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != want.Rows || got.Cols != want.Cols || !slices.Equal(got.Data, want.Data) {
		t.Error("the scores differ from Project's")
	}
	if &got.Data[0] != &x.Data[0] {
		t.Error("the scores are not in place")
	}
}

func TestSameBytesWhateverTheCores(t *testing.T) {
	x := randomRows(5000, 260, 7)
	run := func(procs int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		return mustProject(t, mustFit(t, x), x, ProjectOptions{Dims: 300}).Data
	}
	want := run(1)
	for _, procs := range []int{2, 5} {
		if !slices.Equal(run(procs), want) {
			t.Errorf("scores with %d procs differ from those with 1", procs)
		}
	}
}

func TestExplained(t *testing.T) {
	b := &Basis{Variances: []float64{4, 3, 2, 1}}
	if got := b.Explained(1, 3); got != 0.5 {
		t.Errorf("components 1 and 2 explain %v, want 0.5", got)
	}
	if got := (&Basis{Variances: []float64{0, 0}}).Explained(0, 1); got != 1 {
		t.Errorf("rows without variance: %v, want 1", got)
	}
}

func TestErrors(t *testing.T) {
	nan := randomRows(20, 4, 8)
	nan.Row(13)[2] = float32(math.NaN())
	inf := randomRows(20, 4, 8)
	inf.Row(3)[1] = float32(math.Inf(-1))
	x := randomRows(20, 4, 8)
	b := mustFit(t, x)
	fit := func(x *matrix.Matrix) error {
		_, err := Fit(context.Background(), x)
		return err
	}
	project := func(x *matrix.Matrix, o ProjectOptions) error {
		_, err := b.Project(context.Background(), x, o)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"one row", fit(matrix.New(1, 4)), "fit 1×4 rows"},
		{"no columns", fit(matrix.New(5, 0)), "fit 5×0 rows"},
		{"NaN", fit(nan), "row 13, column 2 is NaN"},
		{"Inf", fit(inf), "row 3, column 1 is -Inf"},
		{"another width", project(matrix.New(5, 3), ProjectOptions{Dims: 1}), "5×3 rows: the basis has width 4"},
		{"no dims", project(x, ProjectOptions{}), "on 0 components"},
		{"drops all", project(x, ProjectOptions{Dims: 1, Drop: 4}), "drop 4 of 4"},
		{"negative drop", project(x, ProjectOptions{Dims: 1, Drop: -1}), "drop -1 of 4"},
		{"whitening", project(x, ProjectOptions{Dims: 1, Whiten: math.NaN()}), "whitening NaN"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(cancelled, x); !errors.Is(err, context.Canceled) {
		t.Errorf("Fit after cancel: %v", err)
	}
	if _, err := b.Project(cancelled, x, ProjectOptions{Dims: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Project after cancel: %v", err)
	}
}

func Example() {
	x := matrix.New(4, 2) // points on a line of slope 1/2, far from the origin
	copy(x.Data, []float32{10, 10, 12, 11, 14, 12, 18, 14})
	ctx := context.Background()
	basis, err := Fit(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := basis.Project(ctx, x, ProjectOptions{Dims: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f, explained %.2f\n", scores.Data, basis.Explained(0, 1))
	// Output: [-3.91 -1.68 0.56 5.03], explained 1.00
}

func BenchmarkFitProject(b *testing.B) {
	for _, size := range []struct{ rows, cols int }{{29525, 384}, {30000, 768}} {
		b.Run(fmt.Sprintf("%dx%d", size.rows, size.cols), func(b *testing.B) {
			x := randomRows(size.rows, size.cols, 9)
			for b.Loop() {
				mustProject(b, mustFit(b, x), x, ProjectOptions{Dims: 256})
			}
			b.ReportMetric(float64(size.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
