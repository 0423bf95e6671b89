package pca

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack/gonum"
)

// Widths are below, at and just above the block of columns, and of every remainder by
// the rows and columns that are taken at once.
func TestTridiagonalizeHasTheBitsOfDsytrd(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 5, 31, 32, 33, 34, 35, 63, 64, 65, 98, 150} {
		for _, rank := range []int{3, 2 * n} {
			t.Run(fmt.Sprintf("%d of rank %d", n, min(n, rank)), func(t *testing.T) {
				a := randomSymmetric(n, rank, r)
				want, d, e, tau := slices.Clone(a), make([]float64, n), make([]float64, n-1), make([]float64, n-1)
				work := make([]float64, 64*n)
				gonum.Implementation{}.Dsytrd(blas.Upper, n, want, n, d, e, tau, work, len(work))
				gotD, gotE, gotTau := tridiagonalize(a, n)
				for _, c := range []struct {
					what      string
					got, want []float64
				}{{"d", gotD, d}, {"e", gotE, e}, {"tau", gotTau, tau}, {"a", a, want}} {
					if !slices.Equal(c.got, c.want) {
						t.Errorf("%s differs from Dsytrd's", c.what)
					}
				}
			})
		}
	}
}

func TestRotateKernelHasTheBitsOfTheLoop(t *testing.T) {
	if !hasRotateKernel {
		t.Skip("this processor has no kernel")
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 7, 100} {
		chain := make([]rotation, n)
		cols := make(rowGroup, n+2)
		for k := range chain {
			chain[k] = rotation{r.NormFloat64(), r.NormFloat64()}
		}
		for k := range cols {
			for l := range lanes {
				cols[k][l] = r.NormFloat64()
			}
		}
		want := slices.Clone(cols)
		for lane := 0; lane < lanes; lane += 4 {
			rotateFour(want[1:], chain, lane)
		}
		cols.rotate(1, chain)
		if !slices.Equal(cols, want) {
			t.Errorf("%d rotations: the kernel's values differ from the loop's", n)
		}
	}
}
