package distill

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// Fit makes a student of t's vocabulary whose mean rows resemble what the lessons'
// teachers say of texts; pass is what ran before. The same lessons and options give the
// same student.
func Fit(ctx context.Context, t *teacher.Teacher, pass teacher.Pass, lessons []Lesson, o Options, progress teacher.Progress) (*Student, error) {
	var student *Student
	err := FitEach(ctx, t, pass, lessons, []Fitted{{Options: o}}, progress, func(_ int, s *Student) error {
		student = s
		return nil
	})
	return student, err
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
func tokenize(ctx context.Context, v *vocab.Vocabulary, words *wholeWords, source texter, o Options) (*fit.Texts, error) {
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
