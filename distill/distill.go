// Package distill is the pipeline: teacher in, student out. It is the only
// package that knows the order of the stages.
//
// V is the number of vocabulary rows, H the teacher's width, D the student's.
package distill

import (
	"context"
	"fmt"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/vocab"
)

// Embedder is the teacher as the pipeline needs it.
type Embedder interface {
	// Width returns H.
	Width() int
	// Embed runs each sequence of ids and writes its pooled vector to the row of
	// dst (len(ids)×H) of the same index. progress, which may be nil, is told how
	// many sequences are done. Values written are finite.
	Embed(ctx context.Context, ids [][]int, dst *matrix.Matrix, progress func(done int)) error
}

// Run distills the teacher e into a student for vocabulary v: one forward pass
// (Embed), then the stages after it (Student). progress may be nil.
//
// The student and the report's numbers depend on e's vectors, v and o alone.
func Run(ctx context.Context, e Embedder, v *vocab.Vocabulary, o Options, progress func(done int)) (*static.Model, *Report, error) {
	if err := o.check(len(v.Tokens)); err != nil {
		return nil, nil, err
	}
	start := time.Now()
	rows, err := Embed(ctx, e, v, progress) // V×H
	if err != nil {
		return nil, nil, err
	}
	spent := time.Since(start)
	model, report, err := Student(ctx, rows, v, o)
	if err != nil {
		return nil, nil, err
	}
	report.Times.Embed = spent
	return model, report, nil
}

// Embed returns the teacher's vector for every row of the vocabulary: V×H.
func Embed(ctx context.Context, e Embedder, v *vocab.Vocabulary, progress func(done int)) (*matrix.Matrix, error) {
	rows := matrix.New(len(v.Tokens), e.Width())
	if err := e.Embed(ctx, v.IDs, rows, progress); err != nil {
		return nil, fmt.Errorf("distill: embed the vocabulary: %w", err)
	}
	return rows, nil
}

// Student makes the student from the teacher's rows (V×H), whose memory it takes
// over: rows hold other values afterwards. Rows.Student leaves them as they are.
func Student(ctx context.Context, rows *matrix.Matrix, v *vocab.Vocabulary, o Options) (*static.Model, *Report, error) {
	r := &Rows{Matrix: rows, Vocabulary: v, last: true}
	return r.Student(ctx, o)
}

// clusters replaces the rows by k centroids and a mapping to them.
func clusters(ctx context.Context, rows *matrix.Matrix, o Options, r *Report) (*matrix.Matrix, []int32, error) {
	start := time.Now()
	defer func() { r.Times.Cluster = time.Since(start) }()
	centroids, mapping, err := quantize.Vocabulary(ctx, rows, o.Clusters, o.Seed) // k×D, V
	if err != nil {
		return nil, nil, fmt.Errorf("distill: %w", err)
	}
	r.Clusters = o.Clusters
	return centroids, mapping, nil
}

// scale multiplies row i by weights[i].
func scale(rows *matrix.Matrix, weights []float64) {
	for i, w := range weights {
		row := rows.Row(i)
		for j := range row {
			row[j] = float32(float64(row[j]) * w)
		}
	}
}
