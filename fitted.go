package m2v

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/teacher"
)

// Fitting says what a student is fitted to: texts, which the teacher is asked about, or
// vectors of texts that are there already. The zero value fits to nothing.
type Fitting struct {
	// Texts are what the teacher is asked about.
	Texts []string
	// Study says how it is asked.
	Study distill.Study
	// Lessons are vectors of texts that are there, of this teacher or of others; see
	// distill.OpenLesson and distill.ForeignLesson. With a teacher, it is asked about
	// the texts of the first one.
	Lessons []distill.Lesson
	// Tokenizer is a folder or a tokenizer.json that the student takes its vocabulary
	// from where there is no teacher; "" takes that of the first lesson that has one.
	Tokenizer string
	// Cache is a folder that keeps the teacher's vectors of texts; "" keeps nothing.
	Cache string
}

func (f Fitting) asked() bool { return f.Texts != nil || len(f.Lessons) > 0 }

// DefaultFitOptions returns the defaults of a student that is fitted to texts. The
// teacher's vectors are kept in m2v's cache.
func DefaultFitOptions() Options {
	o := DefaultOptions()
	s := distill.Switches{Teacher: o.Teacher, Student: o.Student}
	if err := s.Set(distill.FitRecipe.Settings); err != nil {
		panic(err) // the recipe is a constant
	}
	o.Teacher, o.Student = s.Teacher, s.Student
	o.Fit.Study = distill.Study{Writes: features.DefaultOptions()}
	if cache := o.Runtime.Search.Cache; cache != "" {
		o.Fit.Cache = filepath.Join(cache, "features")
	}
	return o
}

// fitted is Distill for a student that is fitted to texts.
func fitted(ctx context.Context, name string, o Options) (*distill.Student, error) {
	t, err := subject(ctx, name, o)
	if err != nil {
		return nil, err
	}
	if _, err := o.Runtime.StartIfThere(); err != nil { // the dense products run on it
		return nil, err
	}
	if name == "" {
		return distill.Fit(ctx, t, teacher.Pass{}, o.Fit.Lessons, o.Student, o.Progress)
	}
	texts := o.Fit.Texts
	if texts == nil {
		if texts, err = allTexts(ctx, o.Fit.Lessons[0].Vectors); err != nil {
			return nil, err
		}
	}
	cache, remove, err := o.Fit.cache()
	if err != nil {
		return nil, err
	}
	defer remove()
	own, pass, err := distill.Learn(ctx, t, o.Runtime, texts, o.Fit.Study, cache, o.Rows, o.Progress) // rows V×H, vectors N×H
	if err != nil {
		return nil, err
	}
	lessons := append([]distill.Lesson{own}, o.Fit.Lessons...)
	return distill.Fit(ctx, t, pass, lessons, o.Student, o.Progress) // V×D
}

// subject returns what a student is made of, read and checked: a teacher, or the
// vocabulary of a student that is fitted to vectors alone.
func subject(ctx context.Context, name string, o Options) (*teacher.Teacher, error) {
	if !o.Fit.asked() {
		return read(ctx, name, o)
	}
	if err := o.Student.CheckTexts(); err != nil {
		return nil, err
	}
	if name == "" {
		t, err := withoutTeacher(o)
		if err == nil {
			for _, l := range o.Fit.Lessons {
				t.Info.Width += l.Vectors.Width()
			}
		}
		return t, err
	}
	t, err := read(ctx, name, o)
	if err == nil && (distill.Switches{Teacher: o.Teacher}).FromInput() {
		err = fault.Option("source", t.Options.Source, ": a student that is fitted to texts has its teacher's output as rows")
	}
	return t, err
}

// withoutTeacher returns the vocabulary of a student without a teacher.
func withoutTeacher(o Options) (*teacher.Teacher, error) {
	if o.Fit.Tokenizer != "" {
		return teacher.WithoutGraph(o.Fit.Tokenizer, o.Teacher)
	}
	err := errors.New("m2v: neither a teacher nor vectors of texts")
	for _, l := range o.Fit.Lessons {
		var t *teacher.Teacher
		if t, err = l.Vocabulary(o.Teacher); err == nil {
			return t, nil
		}
	}
	return nil, err
}

// cache returns a folder for the teacher's vectors, and what removes it where it is not
// kept.
func (f Fitting) cache() (dir string, remove func(), err error) {
	if f.Cache != "" {
		if err := os.MkdirAll(f.Cache, 0o777); err == nil {
			return f.Cache, func() {}, nil
		}
	}
	if dir, err = os.MkdirTemp("", "m2v-features-"); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // what stays is in the system's own place for it
}

func allTexts(ctx context.Context, s features.Source) ([]string, error) {
	list := make([]string, 0, s.Len())
	err := s.Texts(ctx, func(_ int, texts []string) error {
		list = append(list, texts...)
		return nil
	})
	return list, err
}

// Featurize writes the vectors that a teacher gives the texts of corpus to the folder
// dir, with its rows of the vocabulary where o.Fit.Study.Rows asks for them, or goes on
// with what an earlier run has begun; see features.Write.
func Featurize(ctx context.Context, name string, corpus features.Corpus, dir string, o Options) (*features.Report, error) {
	t, err := read(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return distill.Featurize(ctx, t, o.Runtime, corpus, dir, o.Fit.Study, o.Progress)
}
