package fit

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// drawn is a panel system of some rows and texts.
type drawn struct {
	e, r, q, w, inverse []float32
	entries             []entry
	ends                []int64
	scale               []float32
	step                row
}

func draw(seed uint64, rows, texts int) *drawn {
	r := rand.New(rand.NewPCG(seed, 0))
	values := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return v
	}
	d := &drawn{
		e: values(rows * lanes), r: values(rows * lanes), q: values(rows * lanes), w: values(rows * lanes),
		inverse: values(rows), scale: values(texts), step: row(values(lanes)),
	}
	for n := range texts {
		for range r.IntN(7) { // also texts without entries
			d.entries = append(d.entries, entry{int32(r.IntN(rows)), r.Float32()})
		}
		d.ends = append(d.ends, int64(len(d.entries)))
		if n%5 == 4 {
			d.scale[n] = 0
		}
	}
	return d
}

// run calls every kernel once and returns all that they wrote.
func (d *drawn) run() (out []float32, sums []float64) {
	e, r, q, w := slices.Clone(d.e), slices.Clone(d.r), slices.Clone(d.q), slices.Clone(d.w)
	var y row
	gather(&y, q, d.entries)
	scatter(w, d.entries, &y)
	normal(w, q, d.entries, d.ends, d.scale)
	curve := curvature(w, q, 0.1)
	rz, rr := advance(e, r, q, w, d.inverse, &d.step)
	turn(q, r, d.inverse, &d.step)
	return slices.Concat(y[:], e, r, q, w), slices.Concat(curve[:], rz[:], rr[:])
}

func TestKernelsEqualTheLoops(t *testing.T) {
	if !hasKernels {
		t.Skipf("no kernels on this %s", runtime.GOARCH)
	}
	defer func() { hasKernels = true }()
	for _, size := range []struct{ rows, texts int }{{1, 0}, {1, 3}, {2, 1}, {7, 20}, {300, 500}} {
		d := draw(uint64(size.rows), size.rows, size.texts)
		hasKernels = true
		gotOut, gotSums := d.run()
		hasKernels = false
		wantOut, wantSums := d.run()
		if !slices.Equal(gotOut, wantOut) || !slices.Equal(gotSums, wantSums) {
			t.Errorf("%d rows, %d texts: the kernels give other bits than the loops", size.rows, size.texts)
		}
	}
}
