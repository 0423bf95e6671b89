package distill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/vocab"
)

// Rows are a teacher's vectors for a vocabulary, of which any number of students can
// be made: their principal axes, the dearest stage after the forward pass, are found
// once. They are not safe for concurrent use.
type Rows struct {
	Matrix     *matrix.Matrix // V×H
	Vocabulary *vocab.Vocabulary

	basis *pca.Basis // of Matrix, once it was needed
	last  bool       // the next student is the last: its rows may go over Matrix
}

// Student makes one student of the rows, which stay as they are.
//
// The weights follow the PCA and the clusters follow both, but for the weights,
// which a clustered student keeps for each token: the order of the reference
// (its distill_from_model), except that it clusters before the PCA.
func (r *Rows) Student(ctx context.Context, o Options) (*static.Model, *Report, error) {
	v, all := r.Vocabulary, r.Matrix
	if err := o.check(len(v.Tokens)); err != nil {
		return nil, nil, err
	}
	if all.Rows != len(v.Tokens) {
		return nil, nil, fmt.Errorf("distill: %d rows for %d tokens", all.Rows, len(v.Tokens))
	}
	report := &Report{Rows: all.Rows, TeacherWidth: all.Cols, Counts: v.Counts}
	report.warn(v.Warnings...)

	rows, err := r.reduce(ctx, o, report) // V×D
	if err != nil {
		return nil, nil, err
	}
	weights, err := o.SIF.Weights(rows.Rows) // V
	if err != nil {
		return nil, nil, fmt.Errorf("distill: %w", err)
	}
	var mapping []int32
	if o.Clusters > 0 {
		rows, mapping, err = clusters(ctx, rows, o, report) // k×D, V
	} else {
		scale(rows, weights) // V×D
		weights = nil
	}
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	table, err := report.store(rows, o.Type) // V×D or k×D, stored
	if err != nil {
		return nil, nil, err
	}
	report.Times.Store = time.Since(start)
	model, err := static.New(v.File, table, weights, mapping, static.Config{
		Normalize: o.Normalize,
		MaxLength: o.MaxLength,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("distill: %w", err)
	}
	return model, report, nil
}

// store returns the rows as type t stores them, or as float32 where t cannot hold them.
func (r *Report) store(rows *matrix.Matrix, t matrix.Type) (*matrix.Table, error) {
	table, changed, err := quantize.Store(rows, t)
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	if changed != nil {
		r.warn(fmt.Sprintf("rows are stored as float32, since values are too large for %s", t))
	}
	return table, nil
}

// reduce returns the rows on their principal components, V×D, in memory of their own
// or, of the last student, over the rows.
func (r *Rows) reduce(ctx context.Context, o Options, report *Report) (*matrix.Matrix, error) {
	all := r.Matrix
	report.Dims = all.Cols
	if o.Dims.Mode == pca.None {
		return r.whole(), nil
	}
	start := time.Now()
	defer func() { report.Times.Reduce = time.Since(start) }()
	if all.Rows < 2 {
		report.warn(fmt.Sprintf("no PCA: %d rows have no variance", all.Rows))
		return r.whole(), nil
	}
	if r.basis == nil {
		var err error
		if r.basis, err = pca.Fit(ctx, all); err != nil { // H×H
			return nil, fmt.Errorf("distill: %w", err)
		}
	}
	k, warnings, err := o.Dims.Resolve(all.Rows, all.Cols, func() []float64 { return r.basis.Variances })
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	if left := all.Cols - o.Drop; o.Drop > 0 && k > left {
		warnings = []string{fmt.Sprintf("PCA to %d dimensions: without the strongest %d, %d are left of the rows' %d", o.Dims.Count, o.Drop, left, all.Cols)}
	}
	report.warn(warnings...)
	if k == 0 {
		return r.whole(), nil
	}
	if o.Drop >= all.Cols {
		return nil, fmt.Errorf("distill: drop %d of %d components", o.Drop, all.Cols)
	}
	k = min(k, all.Cols-o.Drop)
	report.Dims, report.Explained = k, r.basis.Explained(o.Drop, o.Drop+k)
	project := pca.ProjectOptions{Dims: k, Drop: o.Drop, Whiten: o.Whiten}
	if r.last {
		return r.basis.ProjectInPlace(ctx, all, project)
	}
	return r.basis.Project(ctx, all, project)
}

// whole returns all columns of the rows.
func (r *Rows) whole() *matrix.Matrix {
	if r.last {
		return r.Matrix
	}
	return &matrix.Matrix{Rows: r.Matrix.Rows, Cols: r.Matrix.Cols, Data: slices.Clone(r.Matrix.Data)}
}
