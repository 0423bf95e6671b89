package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/cluster"
	"github.com/m2v-dev/m2v/matrix"
)

// Rows of a batch of k-means.
const (
	miniBatch     = 500 // MTEB's ClusteringEvaluator
	miniBatchFast = 512 // MTEB's AbsTaskClustering, for its sets of v2
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

// readClusterSets reads MTEB's clustering files: each row is a set, lists of texts and
// of labels. A file of one text and label a row is one set.
func readClusterSets(t table, want []field) (text, label [][]string, at []place, err error) {
	single := -1
	err = t.read(want, func(r row) error {
		labels, err := r.list(0, true)
		if err != nil {
			return err
		}
		list, err := r.list(1, true)
		if err != nil {
			return err
		}
		if len(list) != len(labels) {
			return r.at.errorf("%d labels for %d texts", len(labels), len(list))
		}
		if r.cells[1].kind == scalar {
			if single < 0 {
				single = len(text)
				text, label, at = append(text, nil), append(label, nil), append(at, r.at)
			}
			text[single], label[single] = append(text[single], list...), append(label[single], labels...)
			return nil
		}
		text, label, at = append(text, list), append(label, labels), append(at, r.at)
		return nil
	})
	return text, label, at, err
}

// clusteringSets is the protocol of MTEB's clustering tasks of v1: mini-batch k-means
// of each set, mean of the V-measures.
func clusteringSets(t table, want []field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		text, label, at, err := readClusterSets(t, want)
		if err != nil {
			return 0, err
		}
		o := cluster.DefaultMiniBatchOptions
		o.BatchSize, o.Runs = miniBatch, 1
		scores := make([]float64, len(text))
		var all texts
		sets := make([]clusterSet, len(text))
		for i := range text {
			sets[i].text = all.addAll(text[i], at[i])
			if sets[i].labels, sets[i].k = number(label[i]); sets[i].k < 2 {
				return 0, at[i].errorf("one class only in a set of %d texts", len(text[i]))
			}
		}
		m, err := s.encode(ctx, &all)
		if err != nil {
			return 0, err
		}
		err = each(len(sets), func(i int) error {
			o := o
			o.Seed = s.seed + uint64(i)
			var err error
			scores[i], err = miniBatchScore(ctx, gather(m, sets[i].text), &sets[i], o)
			return err
		})
		s.note("sets", float64(len(sets)))
		s.note("texts", float64(len(all.list)))
		return mean(scores), err
	}
}

// A fastSample is how a clustering task of MTEB's v2 takes part of its texts.
type fastSample struct {
	texts    int     // number of texts; 0 where fraction says
	fraction float64 // of the texts
	levels   bool    // labels such as "cs.AI" have levels, scored each
}

const (
	fastDraws = 10    // clusterings of a task of v2
	fastSize  = 16384 // texts of each, drawn with replacement
)

// clusteringFast is the protocol of MTEB's clustering tasks of v2: ten samples, drawn
// with replacement from a part of the texts, clustered by mini-batch k-means; mean of
// the V-measures over samples and levels of labels.
//
// Source: AbsTaskClustering of mteb 2.
func clusteringFast(t table, want []field, part fastSample) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		text, label, at, err := readClusterSets(t, want)
		if err != nil {
			return 0, err
		}
		random := rand.New(rand.NewPCG(s.seed, hash(t.files...)))
		all, names := part.draw(text, label, at, random)
		m, err := s.encode(ctx, all.distinct)
		if err != nil {
			return 0, err
		}
		var scores []float64
		for level := 0; ; level++ {
			set := part.level(all.text, names, level)
			if len(set.text) == 0 {
				break
			}
			if set.k < 2 {
				return 0, at[0].errorf("one class only among %d texts", len(set.text))
			}
			more, err := s.fastDraws(ctx, m, set, random)
			if err != nil {
				return 0, err
			}
			scores = append(scores, more...)
			if !part.levels {
				break
			}
		}
		s.note("sd", 100*deviation(scores))
		s.note("texts", float64(len(all.text)))
		return mean(scores), nil
	}
}

// sampled are the texts that a task of v2 uses.
type sampled struct {
	distinct *texts
	text     []int
}

// draw takes part of all texts, without replacement.
func (f fastSample) draw(text, label [][]string, at []place, random *rand.Rand) (sampled, []string) {
	type item struct{ set, row int }
	var items []item
	for i := range text {
		for k := range text[i] {
			items = append(items, item{i, k})
		}
	}
	n := f.texts
	if n == 0 {
		n = int(f.fraction * float64(len(items)))
	}
	n = min(max(n, 1), len(items))
	out := sampled{distinct: &texts{}}
	var names []string
	for _, k := range random.Perm(len(items))[:n] {
		it := items[k]
		out.text = append(out.text, out.distinct.add(text[it.set][it.row], at[it.set]))
		names = append(names, label[it.set][it.row])
	}
	return out, names
}

// level returns the texts whose labels reach a level, from 0, and their labels there.
func (f fastSample) level(text []int, names []string, level int) clusterSet {
	var set clusterSet
	var at []string
	for i, name := range names {
		if f.levels {
			parts := strings.Split(name, ".")
			if level >= len(parts) {
				continue
			}
			name = parts[level]
		}
		set.text = append(set.text, text[i])
		at = append(at, name)
	}
	set.labels, set.k = number(at)
	return set
}

// fastDraws returns the V-measure of each sample of a level.
func (s *session) fastDraws(ctx context.Context, m *matrix.Matrix, set clusterSet, random *rand.Rand) ([]float64, error) {
	draws := make([][]int, fastDraws)
	for d := range draws {
		draws[d] = make([]int, fastSize)
		for i := range draws[d] {
			draws[d][i] = random.IntN(len(set.text))
		}
	}
	o := cluster.DefaultMiniBatchOptions
	o.BatchSize, o.Runs, o.Seed = miniBatchFast, 1, s.seed
	scores := make([]float64, fastDraws)
	err := each(fastDraws, func(d int) error {
		sample := clusterSet{k: set.k}
		for _, i := range draws[d] {
			sample.text = append(sample.text, set.text[i])
			sample.labels = append(sample.labels, set.labels[i])
		}
		if distinct := len(slices.Compact(slices.Sorted(slices.Values(sample.labels)))); distinct < 2 {
			return fmt.Errorf("one class only in a sample of %d texts", fastSize)
		}
		var err error
		scores[d], err = miniBatchScore(ctx, gather(m, sample.text), &sample, o)
		return err
	})
	return scores, err
}
