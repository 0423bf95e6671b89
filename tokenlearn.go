package m2v

import (
	"context"
	"errors"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/tokenlearn"
)

// Tokenlearn trains a student of the teacher name on vectors of texts, the folders of
// Featurize or m2v featurize, as the potion models were trained, and writes it to the folder
// dir; see package tokenlearn. tell is told of each validation, and may be nil. Begin with
// tokenlearn.DefaultRecipe; of o it takes the teacher, not Student and Fit.
//
// A training that is broken off, by the end of ctx or by a loss that is not finite, writes
// the best student up to there, if a validation was done, and returns it with the error. A
// checkpoint stays then, to go on with; it may replace dir.
func Tokenlearn(ctx context.Context, name string, folders []string, dir string, r tokenlearn.Recipe, w export.Options, o Options, tell func(learn.Record)) (*tokenlearn.Student, error) {
	w.Force = w.Force || r.Train.Resume
	if err := export.Check(dir, w); err != nil {
		return nil, err
	}
	var err error
	if r.Features, err = features.Open(folders...); err != nil {
		return nil, err
	}
	if r.VocabSize > 0 {
		if o.Teacher.Vocab.Words != nil || o.Teacher.WordsFile != "" {
			return nil, fault.Option("vocab-size", r.VocabSize, ": the words are given already")
		}
		if o.Teacher.Vocab.Words, err = tokenlearn.Words(ctx, r.Features, r.VocabSize); err != nil {
			return nil, err
		}
	}
	t, err := readTeacher(ctx, name, o)
	if err != nil {
		return nil, err
	}
	r.Rows = o.Rows
	student, broken := tokenlearn.Run(ctx, t, o.Runtime, r, o.Progress, tell)
	if student == nil {
		return nil, broken
	}
	if err := student.Write(context.WithoutCancel(ctx), dir, w); err != nil {
		return student, errors.Join(broken, err)
	}
	if broken != nil {
		return student, broken
	}
	return student, r.Train.Discard()
}
