package quantize

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/cluster"
	"github.com/m2v-dev/m2v/matrix"
)

// Vocabulary replaces the rows of m (V×D) by k of their own kind, 1 ≤ k ≤ V: k-means
// centers (k×D) and, for each row, the number of its center (V). m should be reduced
// in width already: the time is V×k×D for each iteration. It is not changed.
//
// The same m and seed give the same bytes. The sum of squared distances between rows
// and their centers is that of a converged k-means, within a percent of
// scikit-learn's KMeans(init="random") on the same rows.
func Vocabulary(ctx context.Context, m *matrix.Matrix, k int, seed uint64) (centroids *matrix.Matrix, mapping []int32, err error) {
	if k < 1 || k > m.Rows {
		return nil, nil, fmt.Errorf("quantize: %d clusters of a vocabulary of %d rows: need 1 to %d", k, m.Rows, m.Rows)
	}
	r, err := cluster.KMeans(ctx, m, k, cluster.Options{
		Init: cluster.Random, Seed: seed, Runs: starts(m.Rows, m.Cols, k), MaxIter: 300, Tol: 1e-4,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("quantize: vocabulary: %w", err)
	}
	return r.Centers, r.Labels, nil
}

// Starts of k-means: the reference's ten while an iteration costs no more than
// startProducts/10 products, fewer above, one from startProducts/2 on.
const (
	maxStarts     = 10
	startProducts = 1 << 27
)

// starts returns how often k-means of V×D rows starts. One start ends 3 to 15 per cent
// above the best of many with hundreds of rows, and within one with a real vocabulary's
// (docs/decisions/042-vocabulary-clusters.md).
func starts(v, d, k int) int {
	products := max(int64(v)*int64(d)*int64(k), 1) // of an iteration; there may be no columns
	return int(min(max(startProducts/products, 1), maxStarts))
}
