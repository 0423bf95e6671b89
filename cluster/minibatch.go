package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

// MiniBatchOptions of MiniBatchKMeans.
type MiniBatchOptions struct {
	Init      Init
	Seed      uint64
	Runs      int // first centers drawn; those of least inertia on a sample go on; at least 1
	BatchSize int // rows of a batch, at least 1
	InitSize  int // rows that first centers are drawn from; 0 means 3×BatchSize, or 3×k if that is below k
	MaxIter   int // passes over all rows, at least 1
	// MaxNoImprovement is the number of batches without a lower smoothed inertia
	// after which it stops; 0 means that it does not.
	MaxNoImprovement int
	// ReassignmentRatio is the share of the largest cluster's rows below which a
	// cluster is given a new center now and then; in [0, 1].
	ReassignmentRatio float64
}

// DefaultMiniBatchOptions are scikit-learn's.
var DefaultMiniBatchOptions = MiniBatchOptions{
	Init: PlusPlus, Runs: 3, BatchSize: 1024, MaxIter: 100, MaxNoImprovement: 10, ReassignmentRatio: 0.01,
}

// MiniBatchKMeans clusters the rows of x (V×D) into k, 1 ≤ k ≤ V, from random batches
// of rows. It is faster than KMeans and its clusters are a little worse. Rows must be
// finite: an error names the first that is not.
//
// Source: sklearn.cluster.MiniBatchKMeans (tol=0). Sculley, Web-Scale K-Means
// Clustering (2010).
func MiniBatchKMeans(ctx context.Context, x *matrix.Matrix, k int, o MiniBatchOptions) (*Result, error) {
	if err := check(x, k); err != nil {
		return nil, err
	}
	switch {
	case o.Runs < 1 || o.BatchSize < 1 || o.MaxIter < 1:
		return nil, fmt.Errorf("cluster: mini-batch k-means of %d runs, %d passes, batches of %d: need at least 1 of each",
			o.Runs, o.MaxIter, o.BatchSize)
	case o.InitSize < 0 || o.MaxNoImprovement < 0:
		return nil, fmt.Errorf("cluster: mini-batch k-means with init size %d, %d batches without improvement: need 0 or more",
			o.InitSize, o.MaxNoImprovement)
	case !(o.ReassignmentRatio >= 0 && o.ReassignmentRatio <= 1): // NaN too
		return nil, fmt.Errorf("cluster: mini-batch k-means with a reassignment ratio of %v: it is not in [0, 1]", o.ReassignmentRatio)
	}
	o.BatchSize = min(o.BatchSize, x.Rows)
	m := &miniBatch{
		x: x, o: o, random: nprand.NewState(o.Seed),
		counts: make([]float64, k), batch: matrix.New(o.BatchSize, x.Cols),
		labels: make([]int32, o.BatchSize), distances: make([]float64, o.BatchSize),
	}
	m.mean, _ = columnMoments(x)
	if err := m.start(ctx, k); err != nil {
		return nil, err
	}
	steps, err := m.run(ctx)
	if err != nil {
		return nil, err
	}
	labels := make([]int32, x.Rows)
	return &Result{Centers: m.centers, Labels: labels, Inertia: m.label(x, m.centers, labels), Iterations: steps}, nil
}

type miniBatch struct {
	x       *matrix.Matrix
	o       MiniBatchOptions
	random  *nprand.State
	mean    []float64
	centers *matrix.Matrix
	counts  []float64 // k: rows that went into each center, the weight of its mean

	batch           *matrix.Matrix
	labels          []int32
	distances       []float64
	sinceReassigned int // rows seen
}

// start draws first centers from samples of x, and keeps those of least inertia on
// another sample.
func (m *miniBatch) start(ctx context.Context, k int) error {
	size := m.o.InitSize
	if size == 0 {
		size = 3 * m.o.BatchSize
	}
	if size < k {
		size = 3 * k
	}
	size = min(size, m.x.Rows)
	valid := gather(m.x, m.sample(size))
	labels := make([]int32, size)
	var least float64
	for range m.o.Runs {
		sample := m.x
		if size < m.x.Rows {
			sample = gather(m.x, m.sample(size))
		}
		centers, err := initialize(ctx, sample, m.mean, k, m.o.Init, m.random)
		if err != nil {
			return err
		}
		if inertia := m.label(valid, centers, labels); m.centers == nil || inertia < least {
			m.centers, least = centers, inertia
		}
	}
	return nil
}

// sample draws n rows; a row may come more than once.
func (m *miniBatch) sample(n int) []int {
	drawn := make([]int, n)
	for i := range drawn {
		drawn[i] = m.random.IntN(m.x.Rows)
	}
	return drawn
}

// label sets labels to the closest center of each row and returns the inertia.
func (m *miniBatch) label(rows, centers *matrix.Matrix, labels []int32) (inertia float64) {
	newIndex(centers, m.mean).nearest(rows, labels, make([]float32, rows.Rows))
	distances := m.distances
	if rows.Rows > len(distances) {
		distances = make([]float64, rows.Rows)
	}
	distances = distances[:rows.Rows]
	rowDistances(rows, centers, labels, distances)
	for _, d := range distances {
		inertia += d
	}
	return inertia
}

// run takes batches until their inertia no longer falls, and returns their number.
func (m *miniBatch) run(ctx context.Context) (int, error) {
	steps := m.o.MaxIter * m.x.Rows / m.o.BatchSize
	alpha := min(2*float64(m.o.BatchSize)/float64(m.x.Rows+1), 1)
	var smoothed, lowest float64
	without := 0
	for step := range steps {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("cluster: mini-batch k-means: %w", err)
		}
		inertia := m.step() / float64(m.o.BatchSize)
		switch step {
		case 0: // tells of the first centers, not of the batches
			continue
		case 1:
			smoothed = inertia
		default:
			smoothed = smoothed*(1-alpha) + inertia*alpha
		}
		if step == 1 || smoothed < lowest {
			lowest, without = smoothed, 0
		} else {
			without++
		}
		if m.o.MaxNoImprovement > 0 && without >= m.o.MaxNoImprovement {
			return step + 1, nil
		}
	}
	return steps, nil
}

// step moves the centers towards a batch and returns the batch's inertia before.
func (m *miniBatch) step() float64 {
	for n := range m.batch.Rows { // a row may come more than once
		copy(m.batch.Row(n), m.x.Row(drawOne(m.x.Rows, m.random)))
	}
	reassign := m.reassignmentIsDue()
	inertia := m.label(m.batch, m.centers, m.labels)
	m.update()
	if reassign && m.o.ReassignmentRatio > 0 {
		m.reassign()
	}
	return inertia
}

// reassignmentIsDue tells so each time 10 rows a cluster have been seen, and always
// while a cluster has had none.
func (m *miniBatch) reassignmentIsDue() bool {
	m.sinceReassigned += m.o.BatchSize
	if slices.Contains(m.counts, 0) || m.sinceReassigned >= 10*len(m.counts) {
		m.sinceReassigned = 0
		return true
	}
	return false
}

// update makes each center the mean of all rows that ever went into it.
func (m *miniBatch) update() {
	members := make([][]int, len(m.counts))
	for n, c := range m.labels {
		members[c] = append(members[c], n)
	}
	sum := make([]float64, m.x.Cols)
	for c, rows := range members {
		if len(rows) == 0 {
			continue
		}
		center := m.centers.Row(c)
		for j, v := range center {
			sum[j] = float64(v) * m.counts[c]
		}
		for _, n := range rows {
			for j, v := range m.batch.Row(n) {
				sum[j] += float64(v)
			}
		}
		m.counts[c] += float64(len(rows))
		for j, s := range sum {
			center[j] = float32(s / m.counts[c])
		}
	}
}

// reassign gives clusters of few rows, at most half as many as the batch has rows,
// the place of a random row of the batch, and the least weight of the others so that
// they are not at once due again.
func (m *miniBatch) reassign() {
	threshold := m.o.ReassignmentRatio * slices.Max(m.counts)
	var few, others []int
	for c, n := range m.counts {
		if n < threshold {
			few = append(few, c)
		} else {
			others = append(others, c)
		}
	}
	slices.SortStableFunc(few, func(a, b int) int { return cmp.Compare(m.counts[a], m.counts[b]) })
	if limit := m.o.BatchSize / 2; len(few) > limit {
		others = append(others, few[limit:]...)
		few = few[:limit]
	}
	if len(few) == 0 {
		return
	}
	slices.Sort(few) // rows are handed out in the order of clusters
	least := m.counts[others[0]]
	for _, c := range others {
		least = min(least, m.counts[c])
	}
	rows := draw(m.o.BatchSize, len(few), m.random)
	for n, c := range few {
		copy(m.centers.Row(c), m.batch.Row(rows[n]))
		m.counts[c] = least
	}
}
