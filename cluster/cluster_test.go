package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

var ctx = context.Background()

// mixture makes the rows that mixture in testdata/gen/numerics.py makes.
func mixture(rows, width, centers int, seed uint64) *matrix.Matrix {
	state := seed
	uniform := func() float64 {
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>40) / (1 << 24)
	}
	middle := make([]float64, centers*width)
	for i := range middle {
		middle[i] = 4 * uniform()
	}
	x := matrix.New(rows, width)
	for i := range rows {
		for j := range width {
			x.Row(i)[j] = float32(middle[i%centers*width+j] + (uniform() + uniform() + uniform() - 1.5))
		}
	}
	return x
}

type golden struct {
	Rows, Width, Centers int
	Seed                 uint64
	First, Last          []float32
	Cases                []struct {
		K               int
		PlusPlusBest    float64 `json:"plusplus_10_runs"`
		PlusPlusMean    float64 `json:"plusplus_mean"`
		PlusPlusSpread  float64 `json:"plusplus_sd"`
		RandomMean      float64 `json:"random_mean"`
		RandomSpread    float64 `json:"random_sd"`
		MiniBatchMean   float64 `json:"mini_batch_mean"`
		MiniBatchSpread float64 `json:"mini_batch_sd"`
		// Of seeds 0 … 9.
		PlusPlusSeeds  []float64 `json:"plusplus_seeds"`
		MiniBatchSeeds []float64 `json:"mini_batch_seeds"`
	}
}

func readGolden(t *testing.T) (golden, *matrix.Matrix) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	x := mixture(g.Rows, g.Width, g.Centers, g.Seed)
	if !slices.Equal(x.Row(0), g.First) || !slices.Equal(x.Row(g.Rows-1), g.Last) {
		t.Fatal("the rows are not those of the golden")
	}
	if len(g.Cases) == 0 {
		t.Fatal("no cases")
	}
	return g, x
}

// The golden is sklearn.cluster.KMeans; testdata/gen/numerics.py makes it.
func TestInertiaIsScikitLearns(t *testing.T) {
	g, x := readGolden(t)
	for _, c := range g.Cases {
		o := DefaultOptions
		o.Runs = 10
		r, err := KMeans(ctx, x, c.K, o)
		if err != nil {
			t.Fatal(err)
		}
		checkResult(t, x, c.K, r)
		if r.Inertia > 1.01*c.PlusPlusBest {
			t.Errorf("k=%d: inertia %.1f, scikit-learn's is %.1f", c.K, r.Inertia, c.PlusPlusBest)
		}
		for _, init := range []struct {
			name         string
			init         Init
			mean, spread float64
		}{{"random", Random, c.RandomMean, c.RandomSpread}, {"plusplus", PlusPlus, c.PlusPlusMean, c.PlusPlusSpread}} {
			each, got := inertias(t, func(seed uint64) (*Result, error) {
				return KMeans(ctx, x, c.K, Options{Init: init.init, Seed: seed, Runs: 1, MaxIter: 300, Tol: 1e-4})
			})
			if got > init.mean+init.spread {
				t.Errorf("k=%d, %s: mean inertia %.1f, scikit-learn's is %.1f ± %.1f", c.K, init.name, got, init.mean, init.spread)
			}
			if init.init == PlusPlus {
				checkSeeds(t, c.K, each, c.PlusPlusSeeds)
			}
		}
	}
}

// inertias returns the inertia of each of ten seeds, and their mean.
func inertias(t *testing.T, run func(seed uint64) (*Result, error)) (each []float64, mean float64) {
	t.Helper()
	const seeds = 10
	for seed := range uint64(seeds) {
		r, err := run(seed)
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, r.Inertia)
		mean += r.Inertia / seeds
	}
	return each, mean
}

// checkSeeds checks that each seed gives scikit-learn's clusters: the draws are the
// same. One in ten may differ, since a draw may fall between two machines' rounding.
func checkSeeds(t *testing.T, k int, got, want []float64) {
	t.Helper()
	differ := 0
	for seed, inertia := range got {
		if math.Abs(inertia/want[seed]-1) > 1e-4 {
			differ++
		}
	}
	if len(got) != len(want) || differ > 1 {
		t.Errorf("k=%d: inertias of seeds 0 … are %.1f, scikit-learn's %.1f", k, got, want)
	}
}

// checkResult checks labels and inertia against their definitions.
func checkResult(t *testing.T, x *matrix.Matrix, k int, r *Result) {
	t.Helper()
	if r.Centers.Rows != k || r.Centers.Cols != x.Cols || len(r.Labels) != x.Rows {
		t.Fatalf("%d×%d centers, %d labels", r.Centers.Rows, r.Centers.Cols, len(r.Labels))
	}
	var inertia float64
	for i, c := range r.Labels {
		own := squaredDistance(x.Row(i), r.Centers.Row(int(c)))
		inertia += own
		for other := range k {
			if squaredDistance(x.Row(i), r.Centers.Row(other)) < own*(1-1e-5)-1e-9 {
				t.Fatalf("row %d has label %d and is closer to %d", i, c, other)
			}
		}
	}
	if math.Abs(inertia-r.Inertia) > 1e-9*inertia {
		t.Errorf("inertia %v, by definition %v", r.Inertia, inertia)
	}
}

// checkMeans checks that centers are the means of their rows.
func checkMeans(t *testing.T, x *matrix.Matrix, r *Result, epsilon float64) {
	t.Helper()
	sums := make([]float64, len(r.Centers.Data))
	counts := make([]float64, r.Centers.Rows)
	for i, c := range r.Labels {
		counts[c]++
		for j, v := range x.Row(i) {
			sums[int(c)*x.Cols+j] += float64(v)
		}
	}
	for i, v := range r.Centers.Data {
		if n := counts[i/x.Cols]; n > 0 && math.Abs(float64(v)-sums[i]/n) > epsilon {
			t.Fatalf("center %d is %v in column %d, the mean of its rows %v", i/x.Cols, v, i%x.Cols, sums[i]/n)
		}
	}
}

// Skipped distances must not change the outcome: a plain Lloyd from the same centers agrees.
func TestEqualsPlainLloyd(t *testing.T) {
	x := mixture(1500, 8, 30, 5)
	for _, k := range []int{1, 7, 100, 400} {
		first := gather(x, draw(x.Rows, k, nprand.NewState(1)))
		mean, _ := columnMoments(x)
		l := newLloyd(x, gather(first, seq(k)), mean)
		if err := l.run(ctx, 300, 0); err != nil {
			t.Fatal(err)
		}
		got := l.result()
		want := plainLloyd(x, first)
		if math.Abs(got.Inertia-want) > 1e-6*want {
			t.Errorf("k=%d: inertia %v, plain Lloyd's is %v", k, got.Inertia, want)
		}
		checkMeans(t, x, got, 1e-6)
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// plainLloyd returns the inertia where no label changes; it wants no empty cluster.
func plainLloyd(x, centers *matrix.Matrix) float64 {
	labels := slices.Repeat([]int{-1}, x.Rows)
	for {
		changed, inertia := false, 0.0
		for i := range x.Rows {
			best, least := 0, math.Inf(1)
			for c := range centers.Rows {
				if d := squaredDistance(x.Row(i), centers.Row(c)); d < least {
					best, least = c, d
				}
			}
			inertia += least
			changed = changed || labels[i] != best
			labels[i] = best
		}
		if !changed {
			return inertia
		}
		for c := range centers.Rows {
			sum, n := make([]float64, x.Cols), 0.0
			for i, label := range labels {
				if label == c {
					n++
					for j, v := range x.Row(i) {
						sum[j] += float64(v)
					}
				}
			}
			for j, s := range sum {
				centers.Row(c)[j] = float32(s / n)
			}
		}
	}
}

func TestEmptyClustersTakeTheFarthestRows(t *testing.T) {
	x := matrix.New(6, 1)
	copy(x.Data, []float32{0, 1, 2, 10, 11, 100})
	first := matrix.New(3, 1)
	copy(first.Data, []float32{5, 5, 5}) // all rows go to the first
	mean, _ := columnMoments(x)
	l := newLloyd(x, first, mean)
	if err := l.run(ctx, 300, 0); err != nil {
		t.Fatal(err)
	}
	r := l.result()
	checkResult(t, x, 3, r)
	if r.Inertia != 2.5 { // {0, 1, 2}, {10, 11}, {100}
		t.Errorf("inertia %v with labels %v, want 2.5", r.Inertia, r.Labels)
	}
}

func TestFewerDifferentRowsThanClusters(t *testing.T) {
	x := matrix.New(10, 2)
	for i := range x.Rows {
		x.Row(i)[0] = float32(i % 2)
	}
	for _, init := range []Init{Random, PlusPlus} {
		o := DefaultOptions
		o.Init = init
		r, err := KMeans(ctx, x, 5, o)
		if err != nil {
			t.Fatal(err)
		}
		checkResult(t, x, 5, r)
		mini := DefaultMiniBatchOptions
		mini.Init = init
		if _, err := MiniBatchKMeans(ctx, x, 5, mini); err != nil {
			t.Fatal(err)
		}
		if init == PlusPlus && r.Inertia != 0 {
			t.Errorf("inertia %v, want 0", r.Inertia)
		}
	}
}

func TestFarFromTheOrigin(t *testing.T) {
	x := mixture(600, 6, 5, 9)
	o := DefaultOptions
	o.Runs = 5
	near, err := KMeans(ctx, x, 5, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range x.Data {
		x.Data[i] += 1000
	}
	far, err := KMeans(ctx, x, 5, o)
	if err != nil {
		t.Fatal(err)
	}
	checkMeans(t, x, far, 1e-3)
	if math.Abs(far.Inertia-near.Inertia) > 1e-3*near.Inertia {
		t.Errorf("inertia %v 1000 off the origin, %v at it", far.Inertia, near.Inertia)
	}
}

func TestSameBytesWhateverTheCores(t *testing.T) {
	x := mixture(3000, 16, 20, 11)
	mini := DefaultMiniBatchOptions
	mini.BatchSize = 500
	run := func(procs int) []*Result {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		a, err := KMeans(ctx, x, 60, DefaultOptions)
		if err != nil {
			t.Fatal(err)
		}
		b, err := MiniBatchKMeans(ctx, x, 60, mini)
		if err != nil {
			t.Fatal(err)
		}
		return []*Result{a, b}
	}
	want := run(1)
	for _, procs := range []int{1, 2, 5} {
		for n, r := range run(procs) {
			if !slices.Equal(r.Centers.Data, want[n].Centers.Data) || !slices.Equal(r.Labels, want[n].Labels) || r.Inertia != want[n].Inertia {
				t.Errorf("result %d with %d procs differs", n, procs)
			}
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	x := mixture(500, 4, 20, 2)
	o := DefaultOptions
	a, errA := KMeans(ctx, x, 15, o)
	o.Seed = 1
	b, errB := KMeans(ctx, x, 15, o)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if slices.Equal(a.Labels, b.Labels) {
		t.Error("two seeds give the same labels")
	}
}

// The golden is sklearn.cluster.MiniBatchKMeans; testdata/gen/numerics.py makes it.
func TestMiniBatchInertiaIsScikitLearns(t *testing.T) {
	g, x := readGolden(t)
	for _, c := range g.Cases {
		each, mean := inertias(t, func(seed uint64) (*Result, error) {
			o := DefaultMiniBatchOptions
			o.BatchSize, o.Seed = 500, seed
			return MiniBatchKMeans(ctx, x, c.K, o)
		})
		if math.Abs(mean-c.MiniBatchMean) > c.MiniBatchSpread {
			t.Errorf("k=%d: mean inertia %.1f, scikit-learn's %.1f ± %.1f", c.K, mean, c.MiniBatchMean, c.MiniBatchSpread)
		}
		checkSeeds(t, c.K, each, c.MiniBatchSeeds)
	}
}

func TestErrors(t *testing.T) {
	nan := mixture(20, 3, 2, 1)
	nan.Row(7)[1] = float32(math.NaN())
	x := mixture(20, 3, 2, 1)
	with := func(change func(*Options)) Options { o := DefaultOptions; change(&o); return o }
	mini := func(change func(*MiniBatchOptions)) MiniBatchOptions {
		o := DefaultMiniBatchOptions
		change(&o)
		return o
	}
	full := func(x *matrix.Matrix, k int, o Options) error { _, err := KMeans(ctx, x, k, o); return err }
	batch := func(x *matrix.Matrix, k int, o MiniBatchOptions) error {
		_, err := MiniBatchKMeans(ctx, x, k, o)
		return err
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{full(x, 0, DefaultOptions), "0 clusters"},
		{full(x, 21, DefaultOptions), "21 clusters of 20 rows"},
		{full(matrix.New(3, 0), 1, DefaultOptions), "rows of width 0"},
		{full(nan, 2, DefaultOptions), "row 7, column 1 is NaN"},
		{full(x, 2, with(func(o *Options) { o.Runs = 0 })), "0 runs"},
		{full(x, 2, with(func(o *Options) { o.MaxIter = -1 })), "-1 iterations"},
		{full(x, 2, with(func(o *Options) { o.Tol = math.NaN() })), "tolerance NaN"},
		{batch(x, 21, DefaultMiniBatchOptions), "21 clusters of 20 rows"},
		{batch(nan, 2, DefaultMiniBatchOptions), "row 7, column 1 is NaN"},
		{batch(x, 2, mini(func(o *MiniBatchOptions) { o.BatchSize = 0 })), "batches of 0"},
		{batch(x, 2, mini(func(o *MiniBatchOptions) { o.ReassignmentRatio = -1 })), "ratio of -1"},
		{batch(x, 2, mini(func(o *MiniBatchOptions) { o.ReassignmentRatio = 1.5 })), "ratio of 1.5"},
		{batch(x, 2, mini(func(o *MiniBatchOptions) { o.ReassignmentRatio = math.NaN() })), "ratio of NaN"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", c.err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := KMeans(cancelled, x, 2, DefaultOptions); !errors.Is(err, context.Canceled) {
		t.Errorf("KMeans after cancel: %v", err)
	}
	if _, err := MiniBatchKMeans(cancelled, x, 2, DefaultMiniBatchOptions); !errors.Is(err, context.Canceled) {
		t.Errorf("MiniBatchKMeans after cancel: %v", err)
	}
}
