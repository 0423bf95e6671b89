package pca

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// randomSymmetric returns an n×n covariance of rank min(n, rank) with a spectrum
// that falls like that of embeddings.
func randomSymmetric(n, rank int, r *rand.Rand) []float64 {
	x := mat.NewDense(rank, n, nil)
	for i := range rank {
		for j := range n {
			x.Set(i, j, r.NormFloat64()/(1+float64(j)))
		}
	}
	var c mat.Dense
	c.Mul(x.T(), x)
	return c.RawMatrix().Data
}

func TestEigenEqualsEigenSym(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	diagonal := make([]float64, 25)
	for i := range 5 {
		diagonal[i*6] = float64(i%3) - 1 // repeated, zero and negative values
	}
	cases := []struct {
		name string
		n    int
		a    []float64
	}{
		{"1×1", 1, []float64{3}},
		{"2×2", 2, []float64{2, 1, 1, 2}},
		{"zero", 7, make([]float64, 49)},
		{"diagonal", 5, diagonal},
		{"full rank", 33, randomSymmetric(33, 100, r)},
		{"rank 10", 64, randomSymmetric(64, 10, r)},
		{"tiny values", 20, scaled(randomSymmetric(20, 40, r), 1e-80)},
		{"huge values", 20, scaled(randomSymmetric(20, 40, r), 1e70)},
		{"wide", 150, randomSymmetric(150, 300, r)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sym := mat.NewSymDense(c.n, append([]float64(nil), c.a...))
			var oracle mat.EigenSym
			if !oracle.Factorize(sym, true) {
				t.Fatal("oracle did not converge")
			}
			want := oracle.Values(nil) // ascending
			values, vectors, err := eigen(append([]float64(nil), c.a...), c.n)
			if err != nil {
				t.Fatal(err)
			}
			norm := math.Max(math.Abs(want[0]), math.Abs(want[c.n-1]))
			epsilon := 1e-14 * float64(c.n) * norm
			for i, v := range values {
				if math.Abs(v-want[c.n-1-i]) > epsilon {
					t.Errorf("value %d is %v, want %v", i, v, want[c.n-1-i])
				}
			}
			v := mat.NewDense(c.n, c.n, vectors)
			checkOrthonormal(t, v)
			var av mat.Dense
			av.Mul(sym, v.T())
			for j := range c.n {
				for i := range c.n {
					if d := math.Abs(av.At(i, j) - values[j]*v.At(j, i)); d > epsilon {
						t.Fatalf("A·v%d differs from λ·v%d by %g at %d", j, j, d, i)
					}
				}
			}
		})
	}
}

func scaled(a []float64, by float64) []float64 {
	for i := range a {
		a[i] *= by
	}
	return a
}

// checkOrthonormal checks that the rows of v have length 1 and right angles.
func checkOrthonormal(t *testing.T, v *mat.Dense) {
	t.Helper()
	var vvt mat.Dense
	vvt.Mul(v, v.T())
	n, _ := vvt.Dims()
	for i := range n {
		for j := range n {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(vvt.At(i, j)-want) > 1e-13 {
				t.Fatalf("rows %d and %d have product %v, want %v", i, j, vvt.At(i, j), want)
			}
		}
	}
}

func BenchmarkEigen768(b *testing.B) {
	a := randomSymmetric(768, 1000, rand.New(rand.NewPCG(1, 2)))
	b.Run("eigen", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := eigen(append([]float64(nil), a...), 768); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("EigenSym", func(b *testing.B) {
		sym := mat.NewSymDense(768, a)
		for b.Loop() {
			var e mat.EigenSym
			if !e.Factorize(sym, true) {
				b.Fatal("did not converge")
			}
		}
	})
}
