package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/compare"
)

// diffOptions is the command line of m2v diff.
type diffOptions struct {
	A, B string
	JSON bool
	scoreOptions
	Gates gateOptions
}

// difference is the result of the command.
type difference struct {
	*compare.Difference
	Scores []scoreDifference `json:"scores,omitempty"`
}

func newDiffCommand(run func(context.Context, diffOptions) error) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Show how two static models differ",
		Long: `Diff compares two static models: tokens added and removed, quantiles of the cosine
between a token's two rows, how many of a token's ten nearest neighbours are the same,
the configuration, and sizes. With --data it scores both as m2v eval does and adds
the differences, by data set, column and average. A is the baseline of --max-drop.

` + exitCodesWith("3 a score of B fails a gate"),
		Example: "  m2v diff old new",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.A, o.B = list[0], list[1]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.scoreOptions.addFlags(f)
	f.BoolVar(&o.NoCache, "no-cache", false, "ignore cached scores")
	o.Gates.addFlags(f, "B")
	f.BoolVar(&o.JSON, "json", false, "print the difference as JSON")
	return cmd
}

func runDiff(ctx context.Context, a *app, o diffOptions) error {
	tasks, gates, err := a.tasksOf(o)
	if err != nil {
		return err
	}
	first, err := a.openStaticModel(ctx, o.A, modelOptions{})
	if err != nil {
		return err
	}
	defer first.Close()
	second, err := a.openStaticModel(ctx, o.B, modelOptions{})
	if err != nil {
		return err
	}
	defer second.Close()
	for i, m := range []*opened{first, second} {
		if err := m.Static.CheckFinite(); err != nil {
			return fmt.Errorf("%s: %w", []string{o.A, o.B}[i], err)
		}
	}
	d := &difference{}
	if d.Difference, err = compare.Models(ctx, first.Static, second.Static); err != nil {
		return err
	}
	var failed error
	if tasks != nil {
		d.Scores, failed = a.diffScores(ctx, o, tasks, gates)
	}
	return cmp.Or(a.Print(o.JSON, d, d.write), failed)
}

// write writes the difference, and the scores if there are any, for people.
func (d *difference) write(w io.Writer) {
	d.WriteText(w)
	for _, score := range d.Scores {
		fmt.Fprintf(w, "score %s\t%s\t→ %s\t%s\n", score.Name, points(score.A, "%.2f"), points(score.B, "%.2f"), points(score.Difference, "%+.2f"))
	}
}
