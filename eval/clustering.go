package eval

import (
	"context"

	"github.com/m2v-dev/m2v/cluster"
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
func readClusters(t table, want []field) (*texts, *clusterSet, error) {
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
		return nil, nil, d.at[0].errorf("one class only: all %d labels are %q", len(d.label), short(d.label[0]))
	}
	return all, set, nil
}

// Seeds of a clustering task that is one set: k-means depends on its first centers.
const clusterSeeds = 3

// clustering is the protocol of Clust on one set: mini-batch k-means with as many
// clusters as labels, V-measure, mean of three seeds.
func clustering(t table, want []field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, set, err := readClusters(t, want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, all)
		if err != nil {
			return 0, err
		}
		x := gather(m, set.text)
		o := cluster.DefaultMiniBatchOptions
		o.BatchSize = miniBatch
		scores := make([]float64, clusterSeeds)
		err = each(clusterSeeds, func(i int) error {
			o := o
			o.Seed = s.seed + uint64(i)
			var err error
			scores[i], err = miniBatchScore(ctx, x, set, o)
			return err
		})
		if err != nil {
			return 0, err
		}
		s.note("sd", 100*deviation(scores))
		s.note("texts", float64(len(set.text)))
		s.note("clusters", float64(set.k))
		return mean(scores), nil
	}
}

func miniBatchScore(ctx context.Context, x *matrix.Matrix, set *clusterSet, o cluster.MiniBatchOptions) (float64, error) {
	result, err := cluster.MiniBatchKMeans(ctx, x, set.k, o)
	if err != nil {
		return 0, err
	}
	return vMeasure(set.labels, result.Labels), nil
}

// phraseRuns is the number of starts of k-means over phrases, of which the best counts.
const phraseRuns = 10

// phraseClustering is the protocol of PEARL's CoNLL and BC5CDR: k-means with as many
// clusters as labels, and its normalized mutual information with them.
func phraseClustering(t table, want []field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		all, set, err := readClusters(t, want)
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, all)
		if err != nil {
			return 0, err
		}
		o := cluster.DefaultOptions
		o.Runs, o.Seed = phraseRuns, s.seed
		result, err := cluster.KMeans(ctx, gather(m, set.text), set.k, o)
		if err != nil {
			return 0, err
		}
		s.note("texts", float64(len(set.text)))
		s.note("clusters", float64(set.k))
		return vMeasure(set.labels, result.Labels), nil
	}
}
