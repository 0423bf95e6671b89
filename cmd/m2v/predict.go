package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
)

// predictOptions is the command line of m2v predict.
type predictOptions struct {
	Dir           string // the classifier
	Teacher       string // the model that its head stands on, where it is not in the folder
	Input         inputOptions
	Out           string
	Threshold     float64
	Probabilities bool
	Keep          []string
	Model         modelOptions
}

func newPredictCommand(run func(context.Context, predictOptions) error) *cobra.Command {
	o := predictOptions{Input: inputOptions{Texts: texts.DefaultOptions()}, Threshold: classifier.DefaultThreshold}
	cmd := &cobra.Command{
		Use:   "predict DIR [FILE…]",
		Short: "Predict labels of texts with a classifier",
		Long: `Predict writes one JSON object for each text, in the order of the texts: label and
probability; labels, if a text may have several; or values, if numbers are predicted. DIR is a folder of m2v train or of Python model2vec.

` + inputHelp + `

` + exitCodesHelp,
		Example: "  m2v predict sentiment reviews.txt -o labels.jsonl",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Dir, o.Input.Files = list[0], list[1:]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the file to write (default: stdout)")
	f.Float64Var(&o.Threshold, "threshold", o.Threshold, "if texts may have several labels: a text gets the labels above this probability")
	f.BoolVar(&o.Probabilities, "probabilities", false, "write the probability of every class")
	f.StringSliceVar(&o.Keep, "keep", nil, "fields or columns of the input to write beside each prediction, such as id")
	f.StringVar(&o.Teacher, "model", "", "the teacher that the head was trained on, if a teacher was used")
	o.Input.addFlags(f)
	o.Model.addFlags(f)
	return cmd
}

func runPredict(ctx context.Context, a *app, o predictOptions) error {
	out := stream.Predictions{File: o.Out, To: a.Out, Threshold: o.Threshold, Probabilities: o.Probabilities, Keep: o.Keep, Folder: o.Dir}
	if o.Out == "-" {
		out.File = ""
	}
	if err := out.Check(); err != nil {
		return err
	}
	c, err := m2v.OpenClassifier(ctx, o.Dir, o.Teacher, o.Model.library(a))
	if err != nil {
		return withHint(err, "m2v train writes such a folder; --model names a teacher")
	}
	defer c.Close()
	options, finish := a.streaming("predict", o.Input, o.Model.Threads, out.File == "")
	skipped, err := stream.Predict(ctx, c, a.input(o.Input), out, options)
	finish()
	if err == nil {
		a.tellSkipped(skipped)
	}
	return err
}
