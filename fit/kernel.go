package fit

// The loops that a solve spends its time in, over one panel. Products are rounded
// to float32 before they are added, so that the kernels of amd64 and the loops here
// give the same bits; a product of two float32 is exact as float64. Each function is
// its own specification: the kernel that it calls does what its loop does.

// row is one row of a panel.
type row = [lanes]float32

// gather sets y to Σ share·panel[column] over entries.
func gather(y *row, panel []float32, entries []entry) {
	if hasKernels && len(entries) > 0 {
		gatherKernel(y, &panel[0], &entries[0], len(entries))
		return
	}
	*y = row{}
	for _, e := range entries {
		from := (*row)(panel[int(e.column)*lanes:])
		for j := range y {
			y[j] += float32(e.share * from[j])
		}
	}
}

// scatter adds share·y to panel[column] for each of the entries.
func scatter(panel []float32, entries []entry, y *row) {
	if hasKernels && len(entries) > 0 {
		scatterKernel(&panel[0], &entries[0], len(entries), y)
		return
	}
	for _, e := range entries {
		to := (*row)(panel[int(e.column)*lanes:])
		for j := range y {
			to[j] += float32(e.share * y[j])
		}
	}
}

// normal adds (aS)ᵀ(aS)·q to w, text after text: scale is a², and a text with
// scale 0 is passed over.
func normal(w, q []float32, entries []entry, ends []int64, scale []float32) {
	if hasKernels && len(entries) > 0 {
		normalKernel(&w[0], &q[0], &entries[0], &ends[0], &scale[0], len(ends))
		return
	}
	var y row
	var from int64
	for n, to := range ends {
		if a := scale[n]; a != 0 {
			gather(&y, q, entries[from:to])
			for j := range y {
				y[j] *= a
			}
			scatter(w, entries[from:to], &y)
		}
		from = to
	}
}

// curvature adds ridge·q to w and returns Σ q·w of each column.
func curvature(w, q []float32, ridge float32) (sums [lanes]float64) {
	if hasKernels && len(w) > 0 {
		curvatureKernel(&w[0], &q[0], len(w)/lanes, ridge, &sums)
		return sums
	}
	for i := 0; i < len(w); i += lanes {
		wi, qi := (*row)(w[i:]), (*row)(q[i:])
		for j := range wi {
			wi[j] += float32(ridge * qi[j])
			sums[j] += float64(float64(qi[j]) * float64(wi[j]))
		}
	}
	return sums
}

// advance goes a step along q: e += step·q, r −= step·w. It returns Σ r·z, z =
// inverse·r, and Σ r·r of each column.
func advance(e, r, q, w, inverse []float32, step *row) (rz, rr [lanes]float64) {
	if hasKernels && len(inverse) > 0 {
		advanceKernel(&e[0], &r[0], &q[0], &w[0], &inverse[0], len(inverse), step, &rz, &rr)
		return rz, rr
	}
	for i, v := range inverse {
		ei, ri := (*row)(e[i*lanes:]), (*row)(r[i*lanes:])
		qi, wi := (*row)(q[i*lanes:]), (*row)(w[i*lanes:])
		for j := range ei {
			ei[j] += float32(step[j] * qi[j])
			ri[j] -= float32(step[j] * wi[j])
			z := float32(v * ri[j])
			rz[j] += float64(float64(ri[j]) * float64(z))
			rr[j] += float64(float64(ri[j]) * float64(ri[j]))
		}
	}
	return rz, rr
}

// turn sets the next direction: q = inverse·r + turn·q.
func turn(q, r, inverse []float32, turn *row) {
	if hasKernels && len(inverse) > 0 {
		turnKernel(&q[0], &r[0], &inverse[0], len(inverse), turn)
		return
	}
	for i, v := range inverse {
		qi, ri := (*row)(q[i*lanes:]), (*row)(r[i*lanes:])
		for j := range qi {
			qi[j] = float32(v*ri[j]) + float32(turn[j]*qi[j])
		}
	}
}
