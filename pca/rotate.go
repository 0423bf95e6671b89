package pca

// rotate applies a chain of rotations, one at least, to columns first, first+1, …
func (g rowGroup) rotate(first int, chain []rotation) {
	cols := g[first:][: len(chain)+1 : len(chain)+1]
	if hasRotateKernel {
		rotateKernel(&cols[0], &chain[0], len(chain))
		return
	}
	for lane := 0; lane < lanes; lane += 4 {
		rotateFour(cols, chain, lane)
	}
}

// rotateFour applies a chain to lanes lane … lane+3 of its columns. The kernel of a
// processor does the same operations in the same order: its results have the same bits.
func rotateFour(cols rowGroup, chain []rotation, lane int) {
	x := (*[4]float64)(cols[0][lane:])
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	for k, r := range chain {
		y := (*[4]float64)(cols[k+1][lane:])
		out := (*[4]float64)(cols[k][lane:])
		out[0], x0 = r.c*x0+r.s*y[0], r.c*y[0]-r.s*x0
		out[1], x1 = r.c*x1+r.s*y[1], r.c*y[1]-r.s*x1
		out[2], x2 = r.c*x2+r.s*y[2], r.c*y[2]-r.s*x2
		out[3], x3 = r.c*x3+r.s*y[3], r.c*y[3]-r.s*x3
	}
	copy(cols[len(chain)][lane:], []float64{x0, x1, x2, x3})
}
