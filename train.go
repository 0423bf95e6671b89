package m2v

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/texts"
)

// TrainOptions say how a classifier is trained. Begin with DefaultTrainOptions.
type TrainOptions struct {
	Model      model.Options // how the model is opened
	Classifier classifier.Options

	// Data is the file of training texts. Validation and Test are files of the same form
	// and columns: texts to validate with, and texts that take no part; "" for none.
	Data             classifier.Source
	Validation, Test string

	// Warn is told what a user should know of the model; may be nil.
	Warn func(string)
}

// DefaultTrainOptions are the reference's. Models are found as DefaultModelOptions finds
// them.
func DefaultTrainOptions() TrainOptions {
	return TrainOptions{Model: DefaultModelOptions(), Classifier: classifier.DefaultOptions(), Data: classifier.Source{Task: classifier.Auto}}
}

// Trained is a classifier that knows what its folder is to say.
type Trained struct {
	*classifier.Classifier
	Report *classifier.Report

	folder classifier.Folder
	model  model.Model // that the head stands on; nil for tf-idf
}

// Train trains a classifier on labelled texts: name is a static model or a teacher, a folder
// or a Hub id, and "" for classifier.TFIDF. Like classifier.Fit it may return both an error
// and the best state so far.
func Train(ctx context.Context, name string, o TrainOptions) (*Trained, error) {
	if err := o.Classifier.Check(); err != nil {
		return nil, err
	}
	sets, sums, err := o.read(ctx)
	if err != nil {
		return nil, err
	}
	base, opened, err := o.base(ctx, name)
	if err != nil {
		return nil, err
	}
	c, report, err := classifier.Fit(ctx, base, sets["data"], sets["validation"], o.Classifier)
	t := &Trained{Classifier: c, Report: report, model: opened}
	if c == nil {
		return nil, errors.Join(err, t.closeModel())
	}
	if finishErr := t.finish(context.WithoutCancel(ctx), base, sets, sums); finishErr != nil {
		return nil, errors.Join(finishErr, t.closeModel())
	}
	return t, err
}

// finish scores the classifier and prepares what its folder says.
func (t *Trained) finish(ctx context.Context, base classifier.Base, sets map[string]*classifier.Examples, sums map[string]string) (err error) {
	if test := sets["test"]; test != nil {
		if t.Report.Test, err = t.Evaluate(ctx, test, classifier.DefaultThreshold); err != nil {
			return err
		}
		if n := test.Shared(sets["data"]); n > 0 {
			t.Report.Warnings = append(t.Report.Warnings, fmt.Sprintf("%d of the %d test texts are training texts too: the scores are too good", n, test.Len()))
		}
	}
	return t.describe(base, t.model, sums)
}

// Close frees the model that the head stands on.
func (t *Trained) Close() error { return errors.Join(t.Classifier.Close(), t.closeModel()) }

func (t *Trained) closeModel() error {
	if t.model == nil {
		return nil
	}
	return t.model.Close()
}

// read reads the files, and their SHA-256, by their roles.
func (o TrainOptions) read(ctx context.Context) (sets map[string]*classifier.Examples, sums map[string]string, err error) {
	sets, sums = map[string]*classifier.Examples{}, map[string]string{}
	roles := map[string]string{"data": o.Data.File, "validation": o.Validation, "test": o.Test}
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		source := o.Data
		if source.File = roles[role]; source.File == "" && role != "data" {
			continue
		}
		if err = texts.OneFile(source.File); err != nil {
			return nil, nil, err
		}
		if first := sets["data"]; first != nil {
			source.Task = first.Task
		}
		if sets[role], err = classifier.Read(ctx, source); err != nil {
			return nil, nil, err
		}
		if source.File == "-" {
			continue
		}
		if sums[role], _, err = files.SHA256(source.File); err != nil {
			return nil, nil, fmt.Errorf("classifier: read: %w", err)
		}
	}
	return sets, sums, nil
}

// base opens the model.
func (o TrainOptions) base(ctx context.Context, name string) (classifier.Base, model.Model, error) {
	if o.Classifier.Kind == classifier.TFIDF {
		if name != "" {
			return classifier.Base{}, nil, fmt.Errorf("classifier: fit: head %s takes no model: leave %s out", classifier.TFIDF, name)
		}
		return classifier.Base{}, nil, nil
	}
	if name == "" {
		return classifier.Base{}, nil, fmt.Errorf("classifier: fit: head %s needs a model: name a folder or a Hub id", o.Classifier.Kind)
	}
	m, err := model.Open(ctx, name, o.Model)
	if err != nil {
		return classifier.Base{}, nil, err
	}
	if o.Warn != nil {
		for _, w := range m.Warnings() {
			o.Warn(w)
		}
	}
	if s, ok := m.(*model.Student); ok {
		return classifier.Base{Static: s.Static}, m, nil
	}
	identity, err := m.Identity()
	if err != nil {
		return classifier.Base{}, nil, errors.Join(err, m.Close())
	}
	return classifier.Base{Encoder: m, Identity: identity}, m, nil
}

// describe prepares what the folder says of the model that the head stands on.
func (t *Trained) describe(base classifier.Base, opened model.Model, sums map[string]string) error {
	made, f := &export.Manifest{Special: export.SpecialTokens{PAD: -1, UNK: -1}}, classifier.Folder{Report: t.Report}
	var folder hub.Folder
	switch m := opened.(type) {
	case *model.Student:
		folder = m.Folder
		derived, err := export.Derive(folder.Dir, folder.Name, folder.Commit, base.Static, map[string]any{})
		if err != nil {
			return err
		}
		made, f.Config = derived, m.Static.Config().Fields
	case *model.Teacher:
		folder = m.Folder
		made.Teacher = export.Teacher{Name: folder.Name, Revision: folder.Commit}
	}
	f.Card.BaseModel = cmp.Or(made.Teacher.Name, folder.Name)
	f.Manifest = t.Manifest(made, sums)
	t.folder = f
	return nil
}

// Write writes the classifier to the folder dir, whole or not at all.
func (t *Trained) Write(ctx context.Context, dir string, o export.Options) error {
	return t.Classifier.Write(ctx, dir, t.folder, o)
}

// OpenClassifier opens the folder of a classifier. name is the teacher that its head was
// trained on, "" where the folder holds all that is needed.
func OpenClassifier(ctx context.Context, dir, name string, o model.Options) (*classifier.Classifier, error) {
	if n := o.Runtime.Threads; n < 0 {
		return nil, fault.Option("threads", n, "is negative")
	}
	c, err := classifier.Open(dir)
	if err != nil {
		return nil, err
	}
	if c.Needs() == "" {
		if name != "" {
			return nil, errors.Join(fmt.Errorf("classifier: open %s: the folder has its own model: leave %s out", dir, name), c.Close())
		}
		return c, nil
	}
	if name == "" {
		return nil, fmt.Errorf("classifier: open %s: the head takes a teacher's vectors: name the teacher too", dir)
	}
	m, err := model.Open(ctx, name, o)
	if err != nil {
		return nil, err
	}
	identity, err := m.Identity()
	if err == nil {
		err = c.Attach(m, identity)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return c, nil
}
