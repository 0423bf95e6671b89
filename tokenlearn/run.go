package tokenlearn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// Start is the student that a training begins with.
type Start string

// The starts.
const (
	Distilled Start = "distill" // the reference's
	Fitted    Start = "fit"     // fitted to the texts first
)

// Set parses a name, so that a *Start is a command-line flag.
func (s *Start) Set(name string) error {
	if name != string(Distilled) && name != string(Fitted) {
		return errors.New("want distill or fit")
	}
	*s = Start(name)
	return nil
}

// String returns the name.
func (s *Start) String() string { return string(*s) }

// Type names the flag's kind of value in help texts.
func (s *Start) Type() string { return "start" }

// Recipe is all that makes a student of a teacher.
type Recipe struct {
	Start     Start
	VocabSize int             // most frequent words of the texts that get rows of their own; 0: none
	Student   distill.Options // of the start; its Type is that of the result
	Features  *features.Store // the teacher's vectors of texts
	Train     Options
	Rows      teacher.RowCache // of teachers
}

// Student is what Run made.
type Student struct {
	*static.Model
	Folder  export.Folder // config, card and manifest
	Trained *Trained
	Dims    int // D
}

// Write writes the student to the folder dir, the whole of it or nothing.
func (s *Student) Write(ctx context.Context, dir string, o export.Options) error {
	return export.Write(ctx, dir, s.Model, s.Folder, o)
}

// Words returns the n most frequent words of the texts of source, the vocabulary of the
// reference's larger models.
//
// Source: create_vocab in tokenlearn's utils.py.
func Words(ctx context.Context, source features.Source, n int) ([]string, error) {
	var counter vocab.Counter
	err := source.Texts(ctx, func(_ int, texts []string) error {
		for _, text := range texts {
			counter.AddText(text)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return counter.Frequent(n, 1)
}

// Check refuses features that another teacher made.
func Check(t *teacher.Teacher, source *features.Store) error {
	for _, m := range source.Manifests() {
		for _, name := range slices.Sorted(maps.Keys(t.SHA256)) {
			there, ok := m.Teacher.SHA256[name]
			if ok && there != t.SHA256[name] {
				err := fmt.Errorf("tokenlearn: the features were made with another teacher: their %s differs", strings.TrimSpace(m.Teacher.Name+" "+name))
				return fault.Hint(err, "make features with this teacher by m2v featurize, or name the teacher that made these")
			}
		}
	}
	return nil
}

// Run makes a student of the teacher t by the recipe. A training that is broken off returns
// its error and, where a validation was done, the best student up to there.
func Run(ctx context.Context, t *teacher.Teacher, p runtime.Provider, r Recipe, progress teacher.Progress, tell func(learn.Record)) (*Student, error) {
	if err := r.Train.check(); err != nil {
		return nil, err
	}
	if err := Check(t, r.Features); err != nil {
		return nil, err
	}
	if _, err := p.StartIfThere(); err != nil { // the dense products run on it
		return nil, err
	}
	student, err := r.start(ctx, t, p, progress) // V×D
	if err != nil {
		return nil, err
	}
	trained, broken := Train(ctx, student.Model, t.Vocabulary.PadID, r.Features, r.Train, watch(progress, tell))
	if trained == nil || trained.Rows == nil {
		return nil, broken
	}
	trained.Warnings = slices.Concat(student.Report.Warnings, trained.Warnings)
	table, changed, err := quantize.Store(trained.Rows, r.Student.Type)
	if err != nil {
		return nil, err
	}
	if changed != nil {
		trained.Warnings = append(trained.Warnings, fmt.Sprintf("rows are stored as float32, since values are too large for %s", r.Student.Type))
	}
	model, err := static.New(t.Vocabulary.File, table, nil, nil, static.Config{Normalize: r.Student.Normalize, MaxLength: r.Student.MaxLength})
	if err != nil {
		return nil, err
	}
	return &Student{model, r.describe(student.Folder, trained, broken), trained, table.Cols}, broken
}

// start makes the student that the training begins with.
func (r Recipe) start(ctx context.Context, t *teacher.Teacher, p runtime.Provider, progress teacher.Progress) (*distill.Student, error) {
	o := r.Student
	o.Type = matrix.Float32
	rows, pass, err := r.teacherRows(ctx, t, p, progress) // V×H
	if err != nil {
		return nil, err
	}
	if r.Start == Fitted {
		lesson := distill.Lesson{Vectors: r.Features, Rows: &features.Rows{Tokens: t.Vocabulary.Tokens, Matrix: rows}, Teacher: textTeacher(r.Features)}
		return distill.Fit(ctx, t, pass, []distill.Lesson{lesson}, o, progress)
	}
	all := &distill.Rows{Matrix: rows, Vocabulary: t.Vocabulary}
	return all.StudentOf(ctx, t, pass, o)
}

// teacherRows returns the teacher's rows: those of the features, where they are of the same
// tokens and pooling, or of a run.
func (r Recipe) teacherRows(ctx context.Context, t *teacher.Teacher, p runtime.Provider, progress teacher.Progress) (*matrix.Matrix, teacher.Pass, error) {
	if r.VocabSize == 0 {
		rows, err := r.Features.Rows()
		if err != nil {
			return nil, teacher.Pass{}, err
		}
		if rows != nil && slices.Equal(rows.Tokens, t.Vocabulary.Tokens) && rows.Settings["pooling"] == string(t.Options.Pooling) {
			return rows.Matrix, teacher.Pass{Cached: true}, nil
		}
	}
	return r.Rows.Embed(ctx, t, p, progress, t.Options.Pooling)
}

func textTeacher(s *features.Store) export.TextTeacher {
	t := s.Manifests()[0].Teacher
	return export.TextTeacher{Name: t.Name, Revision: t.Revision, SHA256: t.SHA256, Settings: t.Settings}
}

// describe adds the training to what the folder of the start says.
func (r Recipe) describe(f export.Folder, t *Trained, broken error) export.Folder {
	m := *f.Manifest
	m.Options = maps.Clone(m.Options)
	maps.Copy(m.Options, r.Train.Switches())
	m.Options["start"], m.Options["quantize-to"] = string(r.Start), r.Student.Type.String()
	if r.VocabSize > 0 {
		m.Options["vocab-size"] = r.VocabSize
	}
	m.Warnings = t.Warnings
	m.Training = &export.Training{
		Teacher: textTeacher(r.Features), Texts: t.Texts, TextsSHA256: t.TextsSHA256, NoTokens: t.NoTokens, BadVectors: t.BadVectors, TokensSeen: t.TokensSeen,
		HeldOut: t.HeldOut, Explained: t.Explained, Epochs: t.Epochs, Steps: t.Steps, BestStep: t.Best.Step, Loss: t.Best.Loss, Ended: ended(t, broken),
	}
	f.Manifest = &m
	return f
}

// ended says in a word why a training ended.
func ended(t *Trained, broken error) string {
	switch {
	case errors.Is(broken, context.Canceled):
		return "interrupted"
	case broken != nil:
		return "loss not finite"
	case t.Stopped:
		return "patience"
	}
	return "epochs"
}

// watch shows a training as stages.
func watch(progress teacher.Progress, tell func(learn.Record)) Watch {
	w := Watch{Validate: tell}
	if progress != nil {
		w.Prepare = func(texts, of int) { progress("prepare", "texts", texts, of) }
		w.Step = func(step int) { progress("train", "steps", step, 0) }
	}
	return w
}

// Discard removes the checkpoint of a training that is done.
func (o Options) Discard() error {
	if o.Checkpoint == "" {
		return nil
	}
	if err := os.Remove(o.Checkpoint); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("tokenlearn: remove checkpoint: %w", err)
	}
	return nil
}
