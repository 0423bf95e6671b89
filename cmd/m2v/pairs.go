package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/export"
)

// The flags of m2v train that act with --pairs alone, and those that never act with it.
var (
	pairFlags  = []string{"anchor-column", "positive-column", "negative-column", "score-column", "random-rows", "matryoshka-dims", "temperature", "warm-up"}
	labelFlags = []string{
		"data", "text-column", "label-column", "task", "label-separator", "validation", "test", "fail-under", "head", "c", "class-weight", "layers", "hidden",
		"freeze", "freeze-weights", "learn-weights", "token-dropout", "focal-gamma",
	}
)

// pairsHelp is the part of m2v train's help that tells of pairs.
const pairsHelp = `--pairs takes pairs in place of labelled texts, and writes a static model of better rows:
fields or columns anchor and positive, and hard negatives where --negative-column names
them, or two texts and how similar they are where --score-column does. Of the flags below,
--seed, --learning-rate (0.05), --epochs (1), --train-batch-size (2048), --patience and
--validation-part act too. docs/pairs.md has examples and measurements.`

// addPairFlags adds what m2v train has not yet.
func (o *trainOptions) addPairFlags(f *pflag.FlagSet) {
	f.StringVar(&o.PairSource.File, "pairs", "", "the file of pairs, in place of --data (default: labelled texts)")
	f.StringVar(&o.PairSource.Anchor, "anchor-column", "", "of pairs: field or column of the first texts (default: anchor)")
	f.StringVar(&o.PairSource.Positive, "positive-column", "", "of pairs: field or column of the second texts (default: positive)")
	f.StringVar(&o.PairSource.Negative, "negative-column", "", "of pairs: field or column of texts that do not belong to the first (default: none)")
	f.StringVar(&o.PairSource.Score, "score-column", "", "of pairs: field or column of how similar the two are (default: none)")
	o.Pairs.Flags().VisitAll(func(own *flag.Flag) {
		if slices.Contains(pairFlags, own.Name) { // the others are there
			f.AddGoFlag(own)
		}
	})
}

// takePairs sets the options of pairs by the flags that were given, and refuses those that
// would do nothing.
func (o *trainOptions) takePairs(f *pflag.FlagSet) error {
	own, idle, why := o.Pairs.Flags(), pairFlags, "without --pairs"
	if o.PairSource.File != "" {
		idle, why = labelFlags, "with --pairs"
	}
	var err error
	f.Visit(func(given *pflag.Flag) {
		switch {
		case slices.Contains(idle, given.Name):
			err = usagef("--%s has no effect %s", given.Name, why)
		case o.PairSource.File != "" && own.Lookup(given.Name) != nil:
			err = errors.Join(err, own.Set(given.Name, given.Value.String()))
		}
	})
	return err
}

// runPairs trains on pairs. A training that ends early leaves its best state, and then its
// error.
func runPairs(ctx context.Context, a *app, o trainOptions) error {
	if o.Ref == "" {
		return withHint(usagef("--pairs needs a model"), "name a static model, a folder or a Hub id, whose rows are to be trained")
	}
	folder := export.Options{Force: o.Force}
	if err := export.Check(o.Out, folder); err != nil {
		return hintForce(err)
	}
	if _, err := a.provider(o.Model.runtimeFlags, o.Model.Threads).StartIfThere(); err != nil {
		return err
	}
	o.PairSource.Format, o.PairSource.Stdin = o.Data.Format, a.In
	t, err := m2v.TrainPairs(ctx, o.Ref, o.PairSource, o.Pairs, o.Model.library(a), a.tellRecord)
	if t == nil {
		return err
	}
	defer t.Close()
	if writeErr := t.Write(context.WithoutCancel(ctx), o.Out, folder); writeErr != nil {
		return hintForce(writeErr)
	}
	a.Notef("%d pairs, %d validated on, %d left out for want of tokens; %d rows trained in %d steps", t.Pairs, t.HeldOut, t.NoTokens, t.Touched, t.Steps)
	if err != nil {
		a.Warn(fmt.Sprintf("the training did not finish: the best state, of step %d, is in %s", t.Best.Step, o.Out))
		return err
	}
	return a.PrintPath(o.JSON, map[string]any{
		"path": o.Out, "pairs": t.Pairs, "held_out": t.HeldOut, "no_tokens": t.NoTokens, "rows_trained": t.Touched, "steps": t.Steps, "best": t.Best, "dims": t.Dims(),
	}, o.Out)
}
