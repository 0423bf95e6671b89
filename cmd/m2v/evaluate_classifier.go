package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/texts"
)

// evaluateOptions is the command line of m2v evaluate-classifier.
type evaluateOptions struct {
	Dir, Teacher string
	Data         labelledOptions
	Threshold    float64
	Least        []string
	JSON         bool
	Model        modelOptions
}

func newEvaluateCommand(run func(context.Context, evaluateOptions) error) *cobra.Command {
	o := evaluateOptions{Data: defaultLabelledOptions(), Threshold: classifier.DefaultThreshold}
	cmd := &cobra.Command{
		Use:   "evaluate-classifier DIR --data FILE",
		Short: "Score a classifier on labelled texts",
		Long: `Evaluate-classifier predicts labelled texts and compares: accuracy, macro and weighted F1,
and precision, recall and F1 of each class. A label that training has not seen counts as a
wrong answer.

` + labelledHelp + `

` + exitCodesWith("3 a score is under --fail-under"),
		Example: "  m2v evaluate-classifier sentiment --data test.tsv --fail-under accuracy=90",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Dir = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.Data.addFlags(f)
	f.Float64Var(&o.Threshold, "threshold", o.Threshold, "if texts may have several labels: a text gets the labels above this probability")
	f.StringSliceVar(&o.Least, "fail-under", nil, "exit with 3 if a score is lower, in per cent: accuracy=90, macro-f1=85, weighted-f1=88, r2=50")
	f.BoolVar(&o.JSON, "json", false, "print the scores as JSON")
	f.StringVar(&o.Teacher, "model", "", "the teacher that the head was trained on, if a teacher was used")
	o.Model.addFlags(f)
	return cmd
}

func runEvaluate(ctx context.Context, a *app, o evaluateOptions) error {
	if o.Data.File == "" {
		return withHint(usagef("no labelled texts"), "name a file with --data FILE")
	}
	gates, err := classifier.ParseGates(o.Least)
	if err != nil {
		return err
	}
	c, err := m2v.OpenClassifier(ctx, o.Dir, o.Teacher, o.Model.library(a))
	if err != nil {
		return err
	}
	defer c.Close()
	if o.Data.Task == classifier.Auto {
		o.Data.Task = c.Task
	}
	examples, err := classifier.Read(ctx, o.Data.source(a))
	if err != nil {
		return err
	}
	scores, err := c.Evaluate(ctx, examples, o.Threshold)
	if err != nil {
		return err
	}
	if err := a.printScores(scores, o.JSON); err != nil {
		return err
	}
	return checkLeast(scores, gates)
}

func (a *app) printScores(s *classifier.Scores, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(s)
	}
	fmt.Fprintf(a.Out, "test: %s\n", s)
	if s.Unseen > 0 {
		a.Warn(fmt.Sprintf("%d texts have labels that training has not seen: they count as wrong", s.Unseen))
	}
	if len(s.Classes) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "precision\trecall\tF1\ttexts\t\tclass")
	for _, c := range s.Classes {
		fmt.Fprintf(t, "%.2f\t%.2f\t%.2f\t%d\t\t%s\n", 100*c.Precision, 100*c.Recall, 100*c.F1, c.Support, texts.Line(c.Class))
	}
	return t.Flush()
}
