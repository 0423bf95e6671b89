package eval

import (
	"context"

	"github.com/m2v-dev/m2v/cluster"
	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// Rows of a batch of k-means.
const (
	miniBatch = 500 // MTEB's ClusteringEvaluator
)

// clusterSet is one set to be clustered.
type clusterSet struct {
	text   []int   // n: index in texts
	labels []int32 // n
	k      int     // number of different labels
}

// number gives labels numbers in order of their first appearance.
func number(names []string) (labels []int32, k int) {
	index := map[string]int32{}
	for _, name := range names {
		c, ok := index[name]
		if !ok {
			c = int32(len(index))
			index[name] = c
		}
		labels = append(labels, c)
	}
	return labels, len(index)
}

// readClusters reads rows of a label and a text: one set.
func readClusters(t data.Table, want []data.Field) (*texts, *clusterSet, error) {
	d, err := readLabelled(t, want)
	if err != nil {
		return nil, nil, err
	}
	all, set := &texts{}, &clusterSet{}
	for i, text := range d.text {
		set.text = append(set.text, all.add(text, d.at[i]))
	}
	set.labels, set.k = number(d.label)
	if set.k < 2 {
		return nil, nil, d.at[0].Errorf("there is only one class: all %d labels are %q", len(d.label), data.Short(d.label[0]))
	}
	return all, set, nil
}

// Seeds of k-means, those of the independent program: its scores then are ours, though
// others differ widely (scikit-learn's standard deviation on searchsnippets is 4 points;
// testdata/gen/clusters.py measures it).
const (
	clusterSeeds = 3 // their mean counts
	phraseSeeds  = 1
	phraseStarts = 10 // of a seed: the best counts
)

// kmeansSeed is the first seed of k-means: 0, unless the user chose one.
func (s *session) kmeansSeed() uint64 { return s.seed - DefaultSeed }

// clustering is the protocol of Clust on one set: mini-batch k-means with as many
// clusters as labels, V-measure, mean of three seeds.
func clustering(t data.Table, want []data.Field) protocol {
	return overSeeds(t, want, clusterSeeds, func(ctx context.Context, x *matrix.Matrix, set *clusterSet, seed uint64) (float64, error) {
		o := cluster.DefaultMiniBatchOptions
		o.BatchSize, o.Seed = miniBatch, seed
		return miniBatchScore(ctx, x, set, o)
	})
}

func miniBatchScore(ctx context.Context, x *matrix.Matrix, set *clusterSet, o cluster.MiniBatchOptions) (float64, error) {
	result, err := cluster.MiniBatchKMeans(ctx, x, set.k, o)
	if err != nil {
		return 0, err
	}
	return metric.VMeasure(set.labels, result.Labels), nil
}

// phraseClustering is the protocol of PEARL's CoNLL and BC5CDR: the best of ten starts
// of k-means with as many clusters as labels, and its normalized mutual information
// with them, which is the V-measure.
func phraseClustering(t data.Table, want []data.Field) protocol {
	return overSeeds(t, want, phraseSeeds, func(ctx context.Context, x *matrix.Matrix, set *clusterSet, seed uint64) (float64, error) {
		o := cluster.DefaultOptions
		o.Runs, o.Seed = phraseStarts, seed
		result, err := cluster.KMeans(ctx, x, set.k, o)
		if err != nil {
			return 0, err
		}
		return metric.VMeasure(set.labels, result.Labels), nil
	})
}

// overSeeds is the mean of score over that many seeds, on one set.
func overSeeds(t data.Table, want []data.Field, seeds int, score func(ctx context.Context, x *matrix.Matrix, set *clusterSet, seed uint64) (float64, error)) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, set, err := readClusters(s.watch(t), want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, all)
		if err != nil {
			return 0, err
		}
		x := gather(m, set.text)
		scores := make([]float64, seeds)
		err = parallel.Errors(parallel.Cores(), seeds, 1, func(i, _ int) (err error) {
			scores[i], err = score(ctx, x, set, s.kmeansSeed()+uint64(i))
			return err
		})
		if err != nil {
			return 0, err
		}
		if seeds > 1 {
			s.note("sd", 100*metric.Deviation(scores))
		}
		s.note("texts", float64(len(set.text)))
		s.note("clusters", float64(set.k))
		return metric.Mean(scores), nil
	}
}
