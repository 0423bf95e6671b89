package m2v

import (
	"cmp"
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/head"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/pairs"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/texts"
)

// PairsTrained is a model that was trained on pairs, and what its folder says.
type PairsTrained struct {
	*pairs.Trained
	Folder export.Folder
	base   *model.Student
}

// TrainPairs trains the rows of the static model name, a folder or a Hub id, on the pairs of
// a file; see package pairs. Like pairs.Train it may return both an error and the best state
// so far. Begin with pairs.DefaultOptions. tell is told of each validation, and may be nil.
func TrainPairs(ctx context.Context, name string, s pairs.Source, o pairs.Options, open model.Options, tell func(learn.Record)) (*PairsTrained, error) {
	base, err := model.OpenStudent(ctx, name, open)
	if err != nil {
		return nil, err
	}
	t, err := trainPairs(ctx, base, s, o, tell)
	if t == nil {
		base.Close()
	}
	return t, err
}

func trainPairs(ctx context.Context, base *model.Student, s pairs.Source, o pairs.Options, tell func(learn.Record)) (*PairsTrained, error) {
	if err := cmp.Or(o.Check(base.Static.Dims()), texts.OneFile(s.File)); err != nil {
		return nil, err
	}
	encoder, err := base.Static.NewEncoder(static.Options{})
	if err != nil {
		return nil, err
	}
	options := o.Switches()
	if s.File != "-" {
		sum, _, err := files.SHA256(s.File)
		if err != nil {
			return nil, fmt.Errorf("m2v: read pairs: %w", err)
		}
		options["pairs"] = "sha256:" + sum
	}
	data, err := pairs.Read(ctx, s, encoder)
	if err != nil {
		return nil, err
	}
	trained, broken := pairs.Train(ctx, base.Static, data, o, tell)
	if trained == nil {
		return nil, broken
	}
	options["steps"], options["best-step"], options["pairs-trained"] = trained.Steps, trained.Best.Step, trained.Pairs
	made, err := export.Derive(base.Folder.Dir, base.Folder.Name, base.Folder.Commit, base.Static, options)
	if err != nil {
		return nil, err
	}
	// A head that was trained on the old rows does not fit the new ones.
	f := export.Folder{Config: head.Without(base.Static.Config().Fields), Manifest: made, Card: export.Card{BaseModel: cmp.Or(made.Teacher.Name, base.Folder.Name)}}
	return &PairsTrained{trained, f, base}, broken
}

// Write writes the model to the folder dir, whole or not at all.
func (t *PairsTrained) Write(ctx context.Context, dir string, o export.Options) error {
	return export.Write(ctx, dir, t.Model, t.Folder, o)
}

// Close frees the model that the training began with.
func (t *PairsTrained) Close() error { return t.base.Close() }
