package distill

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// Fit makes a student of t's vocabulary whose mean rows resemble what the lessons'
// teachers say of texts; pass is what ran before. The same lessons and options give the
// same student.
func Fit(ctx context.Context, t *teacher.Teacher, pass teacher.Pass, lessons []Lesson, o Options, progress teacher.Progress) (*Student, error) {
	if err := o.checkFit(t); err != nil {
		return nil, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	v := t.Vocabulary
	report := &Report{Rows: len(v.Tokens), Counts: v.Counts}
	report.warn(v.Warnings...)

	if len(lessons) > 0 {
		if err := enough(lessons[0].Vectors.Len()); err != nil {
			return nil, err
		}
	}
	sum, err := sameTexts(ctx, lessons)
	if err != nil {
		return nil, err
	}
	words, err := findWords(ctx, v, lessons[0].Vectors, o, report)
	if err != nil {
		return nil, err
	}
	report.Rows += words.len()
	texts, err := tokenize(ctx, v, words, lessons[0].Vectors, o) // S, N×V
	if err != nil {
		return nil, err
	}
	defer texts.Close()
	start := time.Now()
	result, err := solve(ctx, v, words, texts, lessons, o, progress) // V×D
	if err != nil {
		return nil, err
	}
	file := v.File
	if words != nil {
		words.merge(result.Rows)
		file = words.file
	}
	report.Times.Fit = time.Since(start)
	report.fitted(lessons, v, result, sum)
	if words != nil {
		report.Fit.Words, report.Fit.Phrases = words.words, words.len()-words.words
	}

	start = time.Now()
	table, err := report.store(result.Rows, o.Type)
	if err != nil {
		return nil, err
	}
	model, err := static.New(file, table, nil, nil, static.Config{Normalize: o.Normalize, MaxLength: o.MaxLength})
	if err == nil && o.Clusters > 0 {
		report.Clusters = o.Clusters
		model, err = quantize.Model(ctx, model, quantize.Options{Type: table.Type, Clusters: o.Clusters, Seed: o.Seed}) // k×D
	}
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	report.Times.Store = time.Since(start)
	report.passed(t, pass)
	return &Student{model, report, describe(t, o, report)}, nil
}

// checkFit refuses options that a fit does not have.
func (o Options) checkFit(t *teacher.Teacher) error {
	if err := o.check(len(t.Vocabulary.Tokens)); err != nil {
		return err
	}
	if err := o.CheckTexts(); err != nil {
		return err
	}
	return o.CheckFit(t)
}

// CheckTexts refuses options that no fit to texts has.
func (o Options) CheckTexts() error {
	switch {
	case o.Drop > 0:
		return fault.Option("pca-drop", o.Drop, ": a fit to texts keeps all components")
	case o.Dims.Mode == pca.None:
		return fault.Option("pca-dims", o.Dims.String(), ": a fit to texts needs components")
	}
	return nil
}

// tokenize returns S: for each text the tokens that a student of v averages, and the
// whole words beside them.
func tokenize(ctx context.Context, v *vocab.Vocabulary, words *wholeWords, source features.Source, o Options) (*fit.Texts, error) {
	tokens, file := len(v.Tokens)+words.len(), v.File
	b := fit.NewBuilder(tokens, fit.BuilderOptions{})
	add := b.Add
	if words != nil {
		file = words.file
		var pieces, whole []int32
		add = func(ids []int32) error {
			pieces, whole = words.split(pieces[:0], whole[:0], ids)
			return b.AddWords(pieces, whole)
		}
	}
	err := eachText(ctx, file, tokens, source, o, add)
	if err != nil {
		b.Close()
		return nil, err
	}
	return b.Texts()
}

// solve fits the rows: V×D.
func solve(ctx context.Context, v *vocab.Vocabulary, words *wholeWords, texts *fit.Texts, lessons []Lesson, o Options, progress teacher.Progress) (*fit.Result, error) {
	weights := slices.Repeat([]float64{1}, len(v.Tokens)) // V
	if o.SIF.String() != "none" {
		var err error
		if weights, err = o.SIF.Weights(len(v.Tokens)); err != nil {
			return nil, fmt.Errorf("distill: %w", err)
		}
	}
	blocks := make([]fit.Block, len(lessons))
	for k, l := range lessons {
		source := l.Vectors
		blocks[k].Vectors = fit.Stream(source.Len(), source.Width(), func(ctx context.Context, visit func(int, *matrix.Matrix) error) error {
			return source.Each(ctx, func(first int, _ []string, y *matrix.Matrix) error { return visit(first, y) })
		})
		if rows := l.of(v.Tokens); rows != nil {
			blocks[k].Rows = rows.Matrix
		}
	}
	settings := fit.DefaultOptions()
	settings.Dims, settings.Whiten, settings.Ridge = o.Dims, o.Whiten, o.Ridge
	settings.MapPrior, settings.Words = o.MapPrior, words.len()
	settings.Holdout, settings.Steps, settings.Threads = o.Holdout, o.FitSteps, o.Threads
	if progress != nil {
		settings.Progress = func(stage fit.Stage, done, total int) {
			unit := "steps"
			if stage == fit.ReadVectors {
				unit = "texts"
			}
			progress(string(stage), unit, done, total)
		}
	}
	return fit.Solve(ctx, texts, blocks, weights, settings)
}

// fitted takes in what the solve tells.
func (r *Report) fitted(lessons []Lesson, v *vocab.Vocabulary, f *fit.Result, sum string) {
	r.TeacherWidth = len(f.Mean)
	r.Dims, r.Explained = f.Rows.Cols, f.Explained
	r.Fit = &export.Fit{
		Texts: f.Texts, TextsSHA256: sum, NoTokens: f.NoTokens, BadVectors: len(f.BadVectors), TokensSeen: f.Seen, ZeroRows: f.ZeroRows,
		Steps: f.Steps, Residual: f.Residual, HeldOut: f.HeldOut, Before: f.Before, After: f.After,
	}
	for _, l := range lessons {
		about := l.Teacher
		about.Rows = l.of(v.Tokens) != nil
		if l.Rows != nil && !about.Rows {
			r.warn(fmt.Sprintf("the rows of %s have another vocabulary: only its vectors of texts are used", l.name))
		}
		r.Fit.Teachers = append(r.Fit.Teachers, about)
	}
	for _, l := range lessons {
		if foreign, ok := l.Vectors.(*features.Foreign); ok {
			d := foreign.Dropped()
			r.Fit.Empty, r.Fit.BadVectors = r.Fit.Empty+d.Empty, r.Fit.BadVectors+d.BadVectors
		}
	}
	if n := r.Fit.BadVectors; n > 0 {
		r.warn(fmt.Sprintf("%d texts have a vector of zeros, NaN or Inf, and are not used", n))
	}
	if f.ZeroRows > 0 {
		r.warn(fmt.Sprintf("%d of %d tokens are in no text, and their rows are zeros", f.ZeroRows, len(v.Tokens)))
	}
	r.warn(f.Warnings...)
}
