package runtime_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/runtime"
)

func newBLAS(t testing.TB, threads int) *runtime.BLAS {
	t.Helper()
	b, err := runtime.NewBLAS(orttest.Start(t), threads)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// gemm is a product's operands, with gap unused values between rows.
type gemm struct {
	tA, tB        blas.Transpose
	m, n, k       int
	lda, ldb, ldc int
	alpha, beta   float64
	a, b, c       []float64
}

func newGemm(tA, tB blas.Transpose, m, n, k, gap int, alpha, beta float64) gemm {
	rng := rand.New(rand.NewPCG(1, uint64(m*n*k)))
	fill := func(rows, cols int) ([]float64, int) {
		data := make([]float64, rows*(cols+gap))
		for i := range data {
			data[i] = rng.NormFloat64()
		}
		return data, cols + gap
	}
	g := gemm{tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, beta: beta}
	aRows, aCols, bRows, bCols := m, k, k, n
	if tA == blas.Trans {
		aRows, aCols = k, m
	}
	if tB == blas.Trans {
		bRows, bCols = n, k
	}
	g.a, g.lda = fill(aRows, aCols)
	g.b, g.ldb = fill(bRows, bCols)
	g.c, g.ldc = fill(m, n)
	return g
}

func (g gemm) double(b blas.Float64) []float64 {
	c := slices.Clone(g.c)
	b.Dgemm(g.tA, g.tB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, c, g.ldc)
	return c
}

func (g gemm) single(b blas.Float32) []float32 {
	narrow := func(src []float64) []float32 {
		dst := make([]float32, len(src))
		for i, v := range src {
			dst[i] = float32(v)
		}
		return dst
	}
	c := narrow(g.c)
	b.Sgemm(g.tA, g.tB, g.m, g.n, g.k, float32(g.alpha), narrow(g.a), g.lda, narrow(g.b), g.ldb, float32(g.beta), c, g.ldc)
	return c
}

// cases cross the block sizes in every dimension and every way of cutting.
func cases(yield func(string, gemm)) {
	for _, size := range [][3]int{{40, 30, 5000}, {1100, 33, 70}, {70, 1100, 33}, {513, 511, 17}, {3, 1, 200000}} {
		for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
				for _, scale := range [][2]float64{{1, 0}, {-0.5, 2}} {
					for _, gap := range []int{0, 3} {
						g := newGemm(tA, tB, size[0], size[1], size[2], gap, scale[0], scale[1])
						yield(fmt.Sprintf("%v %c%c alpha %v beta %v gap %d", size, tA, tB, scale[0], scale[1], gap), g)
					}
				}
			}
		}
	}
}

func TestBLASEqualsGonum(t *testing.T) {
	ours := newBLAS(t, 2)
	oracle := gonum.Implementation{}
	cases(func(name string, g gemm) {
		got, want := g.double(ours), g.double(oracle)
		for i := range want {
			// Rounding of a sum of k products of size 1.
			if d := math.Abs(got[i] - want[i]); d > 1e-15*float64(g.k) {
				t.Errorf("double %s: value %d is %v, gonum has %v", name, i, got[i], want[i])
				break
			}
		}
		narrow := g.single(ours)
		for i := range want {
			if d := math.Abs(float64(narrow[i]) - want[i]); d > 1e-6*float64(g.k) {
				t.Errorf("single %s: value %d is %v, gonum has %v", name, i, narrow[i], want[i])
				break
			}
		}
	})
}

// The promise of one SHA-256 whatever --threads rests on this.
func TestBLASSameBitsForAnyThreads(t *testing.T) {
	one, four := newBLAS(t, 1), newBLAS(t, 4)
	cases(func(name string, g gemm) {
		if !slices.Equal(g.double(one), g.double(four)) {
			t.Errorf("double %s: 1 and 4 threads differ", name)
		}
		if !slices.Equal(g.single(one), g.single(four)) {
			t.Errorf("single %s: 1 and 4 threads differ", name)
		}
	})
}

// beta 0 means that C is not read.
func TestBLASIgnoresNaNInC(t *testing.T) {
	b := newBLAS(t, 2)
	g := newGemm(blas.Trans, blas.NoTrans, 100, 100, 100, 1, 0.5, 0)
	for i := range g.c {
		g.c[i] = math.NaN()
	}
	c := g.double(b)
	for i := range g.m {
		for j := range g.n {
			if math.IsNaN(c[i*g.ldc+j]) {
				t.Fatalf("value (%d, %d) is NaN", i, j)
			}
		}
	}
}

func TestBLASPanicsAsGonum(t *testing.T) {
	b := newBLAS(t, 1)
	defer func() {
		if recover() == nil {
			t.Error("a short C was accepted")
		}
	}()
	b.Dgemm(blas.NoTrans, blas.NoTrans, 200, 200, 200, 1, make([]float64, 40000), 200, make([]float64, 40000), 200, 0, make([]float64, 100), 200)
}

func BenchmarkDgemm(b *testing.B) {
	for _, n := range []int{64, 80, 96, 128, 256, 768} {
		g := newGemm(blas.Trans, blas.NoTrans, n, n, n, 0, 1, 0)
		for _, impl := range []struct {
			name string
			blas blas.Float64
		}{{"gonum", gonum.Implementation{}}, {"onnxruntime", newBLAS(b, 2)}} {
			b.Run(fmt.Sprintf("%s/%d", impl.name, n), func(b *testing.B) {
				for b.Loop() {
					impl.blas.Dgemm(g.tA, g.tB, n, n, n, 1, g.a, n, g.b, n, 0, g.c, n)
				}
				b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
			})
		}
	}
}

// Each start opened sessions of its own, and none was closed.
func TestBLASOfARuntimeShareTheirSessions(t *testing.T) {
	rt := orttest.Start(t)
	newBLAS(t, 1)
	before := rt.OpenProducts()
	for threads := range 4 {
		newBLAS(t, threads)
	}
	if after := rt.OpenProducts(); before == 0 || after != before {
		t.Errorf("%d sessions, then %d", before, after)
	}
}
