// Package distill is the pipeline: teacher in, student out. It is the only
// package that knows the order of the stages.
//
// V is the number of vocabulary rows, H the teacher's width, D the student's.
package distill

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// A Student is what a distillation makes: a model that encodes, and what its folder
// says of how it was made.
type Student struct {
	*static.Model
	Report *Report
	Folder export.Folder // config, card and manifest
}

// Write writes the student to the folder dir, the whole of it or nothing; see
// export.Write.
func (s *Student) Write(ctx context.Context, dir string, o export.Options) error {
	return export.Write(ctx, dir, s.Model, s.Folder, o)
}

// Run distills the teacher t: one forward pass over its vocabulary, then the stages
// after it. Where cache has the teacher's rows, nothing runs. Where f asks for it, the rows
// are fitted to texts; t may be nil then, if their vectors are there. The same teacher,
// texts, options and runtime give the same student.
//
// While it runs, the garbage collector works harder: the heap is a few large slices of
// numbers, and garbage would otherwise double the peak.
func Run(ctx context.Context, t *teacher.Teacher, p runtime.Provider, cache teacher.RowCache, o Options, f Fitting, progress teacher.Progress) (*Student, error) {
	if f.Asked() {
		return runFit(ctx, t, p, cache, o, f, progress)
	}
	if err := o.CheckFit(t); err != nil {
		return nil, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	rows, pass, err := cache.Embed(ctx, t, p, progress, t.Options.Pooling) // V×H
	if err != nil {
		return nil, err
	}
	r := &Rows{Matrix: rows, Vocabulary: t.Vocabulary, last: true}
	return r.StudentOf(ctx, t, pass, o) // V×D
}

// StudentOf is Student with all that its folder says: t is the teacher whose pass gave
// the rows.
func (r *Rows) StudentOf(ctx context.Context, t *teacher.Teacher, pass teacher.Pass, o Options) (*Student, error) {
	model, report, err := r.Student(ctx, o)
	if err != nil {
		return nil, err
	}
	report.passed(t, pass)
	return &Student{model, report, describe(t, o, report)}, nil
}

// FromRows makes the student from the teacher's rows (V×H), whose memory it takes
// over: rows hold other values afterwards. Rows.Student leaves them as they are.
func FromRows(ctx context.Context, rows *matrix.Matrix, v *vocab.Vocabulary, o Options) (*static.Model, *Report, error) {
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
