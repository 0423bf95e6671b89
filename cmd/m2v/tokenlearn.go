package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenlearn"
)

// tokenlearnOptions is the command line of m2v tokenlearn.
type tokenlearnOptions struct {
	Teacher  string
	Revision string
	Features []string
	Out      string
	Force    bool
	JSON     bool
	Recipe   tokenlearn.Recipe
	Read     teacher.Options
	Threads  int
	runtimeFlags
}

func newTokenlearnCommand(run func(context.Context, tokenlearnOptions) error) *cobra.Command {
	o := tokenlearnOptions{Recipe: tokenlearn.DefaultRecipe(), Read: distill.DefaultSwitches().Teacher}
	preset := ""
	cmd := &cobra.Command{
		Use:   "tokenlearn TEACHER --features DIR -o DIR",
		Short: "Train a student on a teacher's vectors of texts, as the potion models were",
		Long: `Tokenlearn trains the rows of a student by gradient descent, so that a linear layer
turns a text's mean row into the teacher's vector of the text: the recipe of the
reference's potion models. The vectors are those of m2v featurize. The training ends
when the loss on held-out texts stops falling, and the best rows are kept.

m2v distill --features makes a better student in a hundredth of the time, for the
corpora of docs/tokenlearn.md, which describes all switches and losses.

Beside DIR lies a checkpoint, DIR.checkpoint, while the training runs. --resume
continues a stopped run and makes the same bytes. After an interrupt, or a loss that is
not a number, the best rows so far are written. The result on stdout is DIR.

` + exitCodesHelp,
		Example: "  m2v tokenlearn testdata/tiny-bert --features features -o student",
		Args:    args(cobra.ExactArgs(1)),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.StringArrayVar(&o.Features, "features", nil, "folder that m2v featurize wrote; several folders of one teacher are read in order")
	f.StringVar(&preset, "preset", "8M", "size of a potion model: 2M, 4M, 8M or 32M; --pca-dims and --vocab-size change it")
	f.Var(&o.Recipe.Student.Dims, "pca-dims", "dimensions of the student (default: the preset's)")
	f.IntVar(&o.Recipe.VocabSize, "vocab-size", 0, "most frequent words of the texts that get rows of their own (default: the preset's)")
	f.Var(&o.Recipe.Start, "start", "how the first student is made: distill, or fit (fitted to the texts)")
	f.AddGoFlagSet(o.Recipe.Train.Flags())
	f.Var(&o.Recipe.Student.Type, "quantize-to", "type of the rows: float16, float32, float64 or int8")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a teacher on the Hub")
	f.Var(&o.Read.Pooling, "pooling", "of the teacher's rows: mean, first, last, token or pooler")
	f.StringVar(&o.Read.ONNXFile, "onnx-file", "", "the graph, in the teacher's folder")
	f.BoolVar(&o.Force, "force", false, "replace an existing model folder")
	f.BoolVar(&o.Recipe.Train.Resume, "resume", false, "continue from the checkpoint, and replace DIR")
	f.IntVar(&o.Threads, "threads", 0, "threads of the runtime (default: one a core)")
	o.runtimeFlags.addFlags(f, "")
	f.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		o.Teacher = list[0]
		p, err := tokenlearn.FindPreset(preset)
		if err != nil {
			return usagef("--preset: %w", err)
		}
		given := o.Recipe
		o.Recipe.Set(p)
		if f.Changed("pca-dims") {
			o.Recipe.Student.Dims = given.Student.Dims
		}
		if f.Changed("vocab-size") {
			o.Recipe.VocabSize = given.VocabSize
		}
		return run(cmd.Context(), o)
	}
	return cmd
}

func (o tokenlearnOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.Features == nil:
		return withHint(usagef("no features"), "make them with m2v featurize, and name their folder with --features")
	case o.Recipe.VocabSize < 0:
		return usagef("--vocab-size %d is negative", o.Recipe.VocabSize)
	case o.Threads < 0:
		return usagef("--threads %d is negative", o.Threads)
	}
	return nil
}

func runTokenlearn(ctx context.Context, a *app, o tokenlearnOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	o.Recipe.Train.Checkpoint = filepath.Clean(o.Out) + ".checkpoint"
	options := m2v.Options{Find: a.finder(), Runtime: a.provider(o.runtimeFlags, o.Threads), Revision: o.Revision, Teacher: o.Read, Progress: a.Stages()}
	if dir := a.cacheDir(); dir != "" {
		options.Rows.Dir = filepath.Join(dir, "rows")
	}
	student, err := m2v.Tokenlearn(ctx, o.Teacher, o.Features, o.Out, o.Recipe, export.Options{Force: o.Force}, options, a.tellRecord)
	if student == nil {
		return hintForce(err)
	}
	t := student.Trained
	a.WarnAll(t.Warnings)
	a.Notef("%d texts, %d validated on; validation loss %.6f in step %d of %d", t.Texts, t.HeldOut, t.Best.Loss, t.Best.Step, t.Steps)
	if err != nil {
		a.Notef("%s holds the best rows up to there; --resume goes on where a checkpoint is", o.Out)
		return hintForce(err)
	}
	return a.PrintPath(o.JSON, map[string]any{"path": o.Out, "dims": student.Dims, "rows": student.Size(), "training": student.Folder.Manifest.Training, "warnings": append([]string{}, t.Warnings...)}, o.Out)
}
