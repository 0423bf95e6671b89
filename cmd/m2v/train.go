package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/pairs"
)

// trainOptions is the command line of m2v train.
type trainOptions struct {
	Ref              string // the model: a folder or a Hub id; "" for tf-idf
	Out              string
	Data             labelledOptions
	Validation, Test string
	Classifier       classifier.Options
	ClassWeight      string
	Least            []string // gates
	PairSource       pairs.Source
	Pairs            pairs.Options
	Model            modelOptions
	Force, JSON      bool
}

func newTrainCommand(run func(context.Context, trainOptions) error) *cobra.Command {
	o := trainOptions{Classifier: classifier.DefaultOptions(), Data: defaultLabelledOptions(), Pairs: pairs.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "train [MODEL] --data FILE -o DIR",
		Short: "Train a classifier on a model's vectors",
		Long: `Train learns labels, sets of labels or numbers from a file of labelled texts and writes
a folder that m2v predict and Python model2vec's StaticModelPipeline read. MODEL is a
static model or, for --head logreg, a teacher; --head tfidf takes none.

  logreg   L2 logistic regression, C by cross-validation as scikit-learn chooses it
  mlp      a hidden layer that trains together with the static model's rows
  tfidf    logistic regression on tf-idf of words

` + labelledHelp + `

` + pairsHelp + `

If a training is interrupted, or its loss is no longer finite, the best state so far is
still written. docs/training.md has examples and measurements.

` + exitCodesWith("3 a score of --test is under --fail-under"),
		Example: "  m2v train student --data train.tsv -o sentiment --head mlp",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if len(list) > 0 {
				o.Ref = list[0]
			}
			if err := o.takePairs(cmd.Flags()); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the folder to write")
	o.Data.addFlags(f)
	f.StringVar(&o.Validation, "validation", "", "validate with this file instead of a tenth of --data")
	f.StringVar(&o.Test, "test", "", "score the classifier on this file, which takes no part in the training")
	f.StringSliceVar(&o.Least, "fail-under", nil, "exit with 3 if a score of --test is lower, in per cent: accuracy=90, macro-f1=85, weighted-f1=88, r2=50")
	addClassifierFlags(f, &o.Classifier, &o.ClassWeight)
	o.addPairFlags(f)
	f.BoolVar(&o.Force, "force", false, "replace an existing folder")
	f.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	o.Model.addFlags(f)
	return cmd
}

// addClassifierFlags adds the flags that say how a head is trained.
func addClassifierFlags(f *pflag.FlagSet, c *classifier.Options, weight *string) {
	f.Var(&c.Kind, "head", "logreg, mlp or tfidf")
	f.Float64Var(&c.C, "c", 0, "of logreg and tfidf: the inverse of the penalty (default: by cross-validation)")
	f.StringVar(weight, "class-weight", "", "balanced, or a weight for each class: spam=2,ham=1 (default: all count alike)")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "of the split, the order and the first weights")
	f.IntVar(&c.Layers, "layers", c.Layers, "of mlp: hidden layers")
	f.IntVar(&c.Hidden, "hidden", c.Hidden, "of mlp: width of a hidden layer")
	f.Float64Var(&c.Rate, "learning-rate", c.Rate, "of mlp: the first learning rate")
	f.IntVar(&c.Batch, "train-batch-size", 0, "of mlp: texts of a step (default: 32 to 512, by their number)")
	f.IntVar(&c.Epochs, "epochs", c.Epochs, "of mlp: most passes over the texts")
	f.IntVar(&c.Patience, "patience", c.Patience, "of mlp: stop after this many validations without improvement; 0: never")
	f.Float64Var(&c.Validation, "validation-part", c.Validation, "of mlp: share of --data kept for validation")
	f.BoolVar(&c.Freeze, "freeze", false, "of mlp: leave the model's rows as they are")
	f.BoolVar(&c.FreezeWeights, "freeze-weights", false, "of mlp: leave the model's token weights as they are")
	f.BoolVar(&c.LearnWeights, "learn-weights", false, "of mlp: learn token weights where the model has none")
	f.Float64Var(&c.TokenDropout, "token-dropout", 0, "of mlp: share of a text's tokens that each step leaves out")
	f.Float64Var(&c.Focal, "focal-gamma", 0, "of mlp: gamma of the focal loss (default: cross-entropy)")
}

func (o *trainOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.PairSource.File != "":
		return nil
	case o.Data.File == "":
		return withHint(usagef("no labelled texts"), "name a file with --data FILE, or pairs with --pairs FILE")
	case len(o.Least) > 0 && o.Test == "":
		return withHint(usagef("--fail-under has no effect without --test"), "name a file of labelled texts with --test FILE")
	case o.Ref == "" && o.Classifier.Kind != classifier.TFIDF:
		return withHint(usagef("--head %s needs a model", o.Classifier.Kind), "name a folder or a Hub id, or train --head tfidf")
	case o.Ref != "" && o.Classifier.Kind == classifier.TFIDF:
		return usagef("--head tfidf takes no model: leave %s out", o.Ref)
	}
	return nil
}

// library is o as the library has it.
func (o trainOptions) library(a *app) m2v.TrainOptions {
	l := m2v.TrainOptions{Model: o.Model.library(a), Classifier: o.Classifier, Data: o.Data.source(a), Validation: o.Validation, Test: o.Test, Warn: a.Warn}
	stages := a.Stages()
	l.Classifier.TellFits = func(done, total int) { stages("choose C", "fits", done, total) }
	l.Classifier.Tell = a.tellRecord
	return l
}

// tellRecord shows a validation.
func (a *app) tellRecord(r learn.Record) { a.Notef("%s", r) }

// runTrain is the command. A training that ends early leaves its best state, and then its
// error.
func runTrain(ctx context.Context, a *app, o trainOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.PairSource.File != "" {
		return runPairs(ctx, a, o)
	}
	gates, err := classifier.ParseGates(o.Least)
	if err != nil {
		return err
	}
	if err := o.Classifier.SetClassWeights(o.ClassWeight); err != nil {
		return err
	}
	folder := export.Options{Force: o.Force}
	if err := export.Check(o.Out, folder); err != nil {
		return hintForce(err)
	}
	if _, err := a.provider(o.Model.runtimeFlags, o.Model.Threads).StartIfThere(); err != nil {
		return err
	}
	t, err := m2v.Train(ctx, o.Ref, o.library(a))
	if t == nil {
		return err
	}
	defer t.Close()
	a.WarnAll(t.Report.Warnings)
	if writeErr := t.Write(context.WithoutCancel(ctx), o.Out, folder); writeErr != nil {
		return hintForce(writeErr)
	}
	if err != nil {
		a.Warn(fmt.Sprintf("the training did not finish: the best state, of epoch %d, is in %s", t.Report.Best.Epoch, o.Out))
		return err
	}
	if err := a.printTrained(t.Report, o); err != nil {
		return err
	}
	return checkLeast(t.Report.Test, gates)
}

// printTrained prints the report: where the folder is, and its scores.
func (a *app) printTrained(r *classifier.Report, o trainOptions) error {
	result := struct {
		Path string `json:"path"`
		*classifier.Report
	}{o.Out, r}
	if err := a.PrintPath(o.JSON, result, o.Out); err != nil || o.JSON {
		return err
	}
	if r.C > 0 {
		a.Notef("C is %.4g", r.C)
	}
	scores, of := r.Test, "test"
	if scores == nil {
		scores, of = r.Validation, "validation"
	}
	if scores == nil {
		return nil
	}
	a.Notef("%s: %s", of, scores)
	return nil
}
