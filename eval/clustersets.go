package eval

import (
	"context"
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/cluster"
	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// labelFields are those of MTEB's clustering files, of any version.
var labelFields = data.Fields("labels|label", "sentences|text|sentence")

// levelSeparator is between the levels of a label.
const levelSeparator = "\x1f"

// A labelledSet is a row of MTEB's clustering files: lists of texts and of their labels.
type labelledSet struct {
	at          data.Place
	text, label []string
	single      bool // of rows of one text each, which are one set
}

// readClusterSets reads MTEB's clustering files. Rows are sets; rows of one text and its
// label each are one set together.
func readClusterSets(t data.Table) ([]labelledSet, error) {
	var sets []labelledSet
	err := t.Read(labelFields, func(r data.Row) error {
		labels, err := r.Loose().List(0, true)
		if err != nil {
			return err
		}
		texts, err := r.List(1, true)
		if err != nil {
			return err
		}
		if !r.IsList(1) && r.IsList(0) { // of one text, the levels of its label
			labels = []string{strings.Join(labels, levelSeparator)}
		}
		if len(texts) != len(labels) {
			return r.At.Errorf("the row has %d labels for %d texts", len(labels), len(texts))
		}
		single := !r.IsList(1)
		if n := len(sets); single && n > 0 && sets[n-1].single {
			sets[n-1].text, sets[n-1].label = append(sets[n-1].text, texts...), append(sets[n-1].label, labels...)
			return nil
		}
		sets = append(sets, labelledSet{r.At, texts, labels, single})
		return nil
	})
	return sets, err
}

// clusteringSets is the protocol of MTEB's clustering tasks of v1: mini-batch k-means of
// each set, from one draw of first centers; mean of the V-measures.
//
// Source: AbsTaskClusteringLegacy and ClusteringEvaluator of mteb 2.20.0. Older ones draw
// first centers from a generator that goes on from set to set.
func clusteringSets(t data.Table) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		sets, err := readClusterSets(s.watch(t))
		if err != nil {
			return 0, err
		}
		for _, set := range sets {
			if set.single {
				return 0, set.at.Errorf("a row has one text, and the protocol v1 needs rows that are sets of texts; MTEB's later revisions of the data have no sets")
			}
			if _, k := number(set.label); k < 2 {
				return 0, set.at.Errorf("there is only one class in a set of %d texts", len(set.text))
			}
		}
		o := cluster.DefaultMiniBatchOptions
		o.BatchSize, o.Runs, o.Seed = miniBatch, 1, s.seed
		scores := make([]float64, len(sets))
		count := 0
		for i, set := range sets { // one after the other: all of RedditClusteringP2P would be GBs
			var distinct texts
			one := clusterSet{text: distinct.addAll(set.text, set.at)}
			one.labels, one.k = number(set.label)
			m, err := s.encode(ctx, &distinct)
			if err != nil {
				return 0, err
			}
			if scores[i], err = miniBatchScore(ctx, gather(m, one.text), &one, o); err != nil {
				return 0, set.at.Errorf("%w", err)
			}
			count += len(set.text)
		}
		s.note("sd", 100*metric.Deviation(scores))
		s.note("sets", float64(len(sets)))
		s.note("texts", float64(count))
		return metric.Mean(scores), nil
	}
}

// What every clustering task of MTEB's v2 has in common.
//
// Source: AbsTaskClustering of mteb 2.20.0; the samples are those of mteb 1.14.15 too, whose
// k-means has no seed.
const (
	fastDraws = 10    // clusterings of each level of labels
	fastSize  = 16384 // texts of each, drawn with replacement
	fastBatch = 512   // rows of a batch of k-means
	fastShare = 0.04  // of the texts that are encoded
)

// drawnTexts are those of mteb's stratified_subsampling.
const drawnTexts = 2048

// A fastSample is how a clustering task of v2 takes part of its texts: see sets.go.
type fastSample struct {
	first      int  // texts that are drawn first of all; 0: all
	stratified bool // each label keeps its share in them
	all        bool // of those are encoded, not 4 %
	pairs      bool // labels of one text only are left out
	levels     bool // labels such as "cs.AI" have levels, scored each
	most       int  // texts that are encoded at most, not 4 %; 0: there is no such limit
	one        bool // only the first level counts
}

// clusteringFast is the protocol of MTEB's clustering tasks of v2: ten samples, drawn
// with replacement from 4 % of the texts, each clustered by mini-batch k-means; mean of
// the V-measures over samples and levels of labels.
func clusteringFast(t data.Table, part fastSample) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		sets, err := readClusterSets(s.watch(t))
		if err != nil {
			return 0, err
		}
		random := s.python()
		drawn := part.draw(sets, s.seed, random)
		var distinct texts
		rows := make([]int, len(drawn.text))
		for i, text := range drawn.text {
			rows[i] = distinct.add(text, drawn.at[i])
		}
		m, err := s.encode(ctx, &distinct)
		if err != nil {
			return 0, err
		}
		var scores []float64
		for level := 0; level == 0 || !part.one; level++ {
			set := part.level(rows, drawn.label, level)
			if len(set.text) == 0 && level > 0 {
				break
			}
			if set.k < 2 {
				return 0, sets[0].at.Errorf("there is only one class among the %d texts that were drawn", len(set.text))
			}
			more, err := s.fastDraws(ctx, m, set, random)
			if err != nil {
				return 0, err
			}
			scores = append(scores, more...)
		}
		s.note("sd", 100*metric.Deviation(scores))
		s.note("texts", float64(len(drawn.text)))
		return metric.Mean(scores), nil
	}
}

// fastDraws returns the V-measure of each sample of a level.
func (s *session) fastDraws(ctx context.Context, m *matrix.Matrix, set clusterSet, random *nprand.Python) ([]float64, error) {
	draws := make([][]int, fastDraws)
	for d := range draws {
		draws[d] = random.Choices(len(set.text), fastSize)
	}
	o := cluster.DefaultMiniBatchOptions
	o.BatchSize, o.Runs, o.Seed = fastBatch, 1, s.seed
	scores := make([]float64, fastDraws)
	err := parallel.Errors(parallel.Cores(), fastDraws, 1, func(d, _ int) error {
		sample := clusterSet{k: set.k, text: make([]int, fastSize), labels: make([]int32, fastSize)}
		for k, i := range draws[d] {
			sample.text[k], sample.labels[k] = set.text[i], set.labels[i]
		}
		if metric.AllSame(sample.labels) {
			return fmt.Errorf("a sample of %d texts has only one class", fastSize)
		}
		var err error
		scores[d], err = miniBatchScore(ctx, gather(m, sample.text), &sample, o)
		return err
	})
	return scores, err
}
