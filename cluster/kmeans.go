// Package cluster groups rows by k-means: Lloyd's algorithm and the mini-batch
// variant, both as scikit-learn does them.
//
// Distances come from blas32.Gemm, so a faster BLAS registered with blas32.Use
// serves here by itself; the rest runs on all cores. Sums are taken in a fixed
// order: the same rows, seed and BLAS give the same bytes, whatever GOMAXPROCS is.
// A seed draws what it draws as scikit-learn's random_state, so that the clusters
// are scikit-learn's too, but for rounding.
//
// In names and shapes, V is the number of rows, D their width, k that of clusters.
package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// Init is how the first centers are drawn.
type Init uint8

const (
	// PlusPlus draws rows far from one another: greedy k-means++, which tries
	// 2+⌊ln k⌋ candidates for each center and keeps the best.
	PlusPlus Init = iota
	// Random draws k different rows, all with the same chance.
	Random
)

// Options of KMeans.
type Options struct {
	Init    Init
	Seed    uint64
	Runs    int     // independent starts, at least 1; the one of least inertia is kept
	MaxIter int     // iterations of a run, at least 1
	Tol     float64 // a run ends when Σ‖center shift‖² ≤ Tol × mean variance of the columns; ≥ 0
}

// DefaultOptions are scikit-learn's for k-means++.
var DefaultOptions = Options{Init: PlusPlus, Runs: 1, MaxIter: 300, Tol: 1e-4}

// Result is k clusters of V rows.
type Result struct {
	Centers    *matrix.Matrix // k×D, means of their rows
	Labels     []int32        // V, the center closest to each row, the first of equals
	Inertia    float64        // Σ‖row − its center‖²
	Iterations int            // of the run kept; of MiniBatchKMeans: batches
}

// KMeans clusters the rows of x (V×D) into k, 1 ≤ k ≤ V, by Lloyd's algorithm. It
// stops where no label changes, or by Tol or MaxIter. A cluster that loses all its
// rows takes the row farthest from its own center; with fewer than k different rows
// some clusters stay empty. Rows must be finite: an error names the first that is not.
//
// Source: sklearn.cluster.KMeans(algorithm="lloyd").
func KMeans(ctx context.Context, x *matrix.Matrix, k int, o Options) (*Result, error) {
	if err := check(x, k); err != nil {
		return nil, err
	}
	switch {
	case o.Runs < 1:
		return nil, fmt.Errorf("cluster: k-means of %d runs: need at least 1", o.Runs)
	case o.MaxIter < 1:
		return nil, fmt.Errorf("cluster: k-means of %d iterations: need at least 1", o.MaxIter)
	case !(o.Tol >= 0): // also rejects NaN
		return nil, fmt.Errorf("cluster: k-means to tolerance %v: need 0 or more", o.Tol)
	}
	mean, variance := columnMoments(x)
	random := nprand.NewState(o.Seed)
	var best *Result
	for range o.Runs {
		centers, err := initialize(ctx, x, mean, k, o.Init, random) // k×D
		if err != nil {
			return nil, err
		}
		l := newLloyd(x, centers, mean)
		if err := l.run(ctx, o.MaxIter, o.Tol*variance); err != nil {
			return nil, err
		}
		if r := l.result(); best == nil || r.Inertia < best.Inertia {
			best = r
		}
	}
	return best, nil
}

func check(x *matrix.Matrix, k int) error {
	switch {
	case k < 1:
		return fmt.Errorf("cluster: %d clusters: need at least 1", k)
	case k > x.Rows:
		return fmt.Errorf("cluster: %d clusters of %d rows: need at least as many rows", k, x.Rows)
	case x.Cols < 1:
		return fmt.Errorf("cluster: rows of width %d: need at least 1 column", x.Cols)
	}
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			if v-v != 0 {
				return fmt.Errorf("cluster: row %d, column %d is %v", i, j, v)
			}
		}
	}
	return nil
}

// lloyd is one run of Lloyd's algorithm. It skips work whose outcome is known: the
// mean of a cluster whose rows are the same as before, and the distances to a center
// that stays where it is, for rows whose own center stays too. With thousands of
// clusters most centers stay after some iterations.
type lloyd struct {
	x          *matrix.Matrix
	centers    *matrix.Matrix
	index      *index
	labels     []int32
	scores     []float32 // of the own center, as in index
	counts     []int
	changed    []bool // k: the cluster's rows differ from those that its center is the mean of
	moved      []int  // centers that differ from those in index
	iterations int
}

func newLloyd(x, centers *matrix.Matrix, mean []float64) *lloyd {
	l := &lloyd{
		x: x, centers: centers, index: newIndex(centers, mean),
		labels: make([]int32, x.Rows), scores: make([]float32, x.Rows),
		counts: make([]int, centers.Rows), changed: make([]bool, centers.Rows),
	}
	l.index.nearest(x, l.labels, l.scores)
	for _, c := range l.labels {
		l.counts[c]++
	}
	for c := range l.changed {
		l.changed[c] = true
	}
	return l
}

// run iterates until no label changes, the centers shift by no more than tol (sum of
// squares), or maxIter. Labels are those of the final centers.
func (l *lloyd) run(ctx context.Context, maxIter int, tol float64) error {
	for l.iterations < maxIter {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cluster: k-means: %w", err)
		}
		l.iterations++
		shift := l.update()
		if !l.assign() || shift <= tol {
			return nil
		}
	}
	return nil
}

// update moves each center to the mean of its rows and returns the sum of the
// squares of the shifts.
func (l *lloyd) update() (shift float64) {
	d := l.centers.Cols
	sums := l.sums()
	relocated := l.relocateEmpty(sums)
	l.moved = l.moved[:0]
	for c := range l.centers.Rows {
		if !l.changed[c] || l.counts[c] == 0 {
			continue
		}
		l.changed[c] = false
		same := !slices.Contains(relocated, c) // its row's score is another center's
		center := l.centers.Row(c)
		for j, s := range sums[c*d:][:d] {
			to := float32(s / float64(l.counts[c]))
			by := float64(to) - float64(center[j])
			shift += by * by
			same = same && to == center[j]
			center[j] = to
		}
		if !same {
			l.moved = append(l.moved, c)
		}
	}
	return shift
}

// sums returns the sums (k×D) of the rows of each cluster that changed, in row order.
func (l *lloyd) sums() []float64 {
	d := l.centers.Cols
	sums := make([]float64, l.centers.Rows*d)
	// Workers take columns, not rows: each sum is then one worker's, in one order.
	parallel.Ranges(d, 32, func(from, to int) {
		for i, c := range l.labels {
			if l.changed[c] {
				out := sums[int(c)*d:][from:to]
				for j, v := range l.x.Row(i)[from:to] {
					out[j] += float64(v)
				}
			}
		}
	})
	return sums
}

// relocateEmpty gives each empty cluster the row farthest from its center and returns
// the clusters that got one.
//
// Source: _relocate_empty_clusters_dense in sklearn/cluster/_k_means_common.pyx.
func (l *lloyd) relocateEmpty(sums []float64) (relocated []int) {
	var empty []int
	for c, n := range l.counts {
		if n == 0 {
			empty = append(empty, c)
		}
	}
	if len(empty) == 0 {
		return nil
	}
	d := l.centers.Cols
	distances := make([]float64, l.x.Rows)
	rowDistances(l.x, l.centers, l.labels, distances)
	farthest := make([]int, l.x.Rows)
	for i := range farthest {
		farthest[i] = i
	}
	slices.SortStableFunc(farthest, func(i, j int) int { return cmp.Compare(distances[j], distances[i]) })
	for n, c := range empty {
		row := farthest[n]
		donor := int(l.labels[row])
		if distances[row] == 0 || l.counts[donor] < 2 {
			continue // rows are all alike, or the donor would be empty in turn
		}
		if !l.changed[donor] { // its sum was not taken
			l.changed[donor] = true
			l.sumCluster(donor, sums[donor*d:][:d])
		}
		for j, v := range l.x.Row(row) {
			sums[donor*d+j] -= float64(v)
			sums[c*d+j] = float64(v)
		}
		l.counts[donor]--
		l.counts[c] = 1
		l.changed[c] = true
		l.labels[row] = int32(c)
		relocated = append(relocated, c)
	}
	return relocated
}

// sumCluster sets sum to the sum of the rows of cluster c.
func (l *lloyd) sumCluster(c int, sum []float64) {
	for i, label := range l.labels {
		if int(label) == c {
			for j, v := range l.x.Row(i) {
				sum[j] += float64(v)
			}
		}
	}
}

// assign gives each row its closest center and reports whether a label changed.
func (l *lloyd) assign() bool {
	if len(l.moved) == 0 {
		return false
	}
	before := slices.Clone(l.labels)
	l.index.move(l.centers, l.moved)
	l.index.renearest(l.x, l.moved, l.labels, l.scores)
	any := false
	for i, c := range l.labels {
		if old := before[i]; old != c {
			l.counts[old]--
			l.counts[c]++
			l.changed[old], l.changed[c] = true, true
			any = true
		}
	}
	return any
}

func (l *lloyd) result() *Result {
	distances := make([]float64, l.x.Rows)
	rowDistances(l.x, l.centers, l.labels, distances)
	var inertia float64
	for _, d := range distances {
		inertia += d
	}
	return &Result{Centers: l.centers, Labels: l.labels, Inertia: inertia, Iterations: l.iterations}
}
