package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

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

` + exitCodesWith("3 a score of B does not hold"),
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
	if o.JSON {
		err = printJSON(a.stdout, d)
	} else {
		err = d.print(a.stdout)
	}
	if err != nil {
		return err
	}
	return failed
}

// print writes the difference as a table for people; of long lists of tokens it
// shows a beginning.
func (d *difference) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range []string{"tokens", "dimensions", "bytes"} {
		fmt.Fprintf(t, "%s\t%.0f\t→ %.0f\n", name, d.Sizes[name][0], d.Sizes[name][1])
	}
	fmt.Fprintf(t, "added\t%d\t%s\n", len(d.Added), beginning(d.Added))
	fmt.Fprintf(t, "removed\t%d\t%s\n", len(d.Removed), beginning(d.Removed))
	fmt.Fprintf(t, "shared\t%d\n", d.Shared)
	if len(d.Zeroed) > 0 {
		fmt.Fprintf(t, "zeros in one model\t%d\t%s\n", len(d.Zeroed), beginning(d.Zeroed))
	}
	if d.Cosine != nil {
		for _, q := range compare.Quantiles {
			fmt.Fprintf(t, "cosine %s\t%.6f\n", q.Name, d.Cosine[q.Name])
		}
	}
	if d.Neighbours > 0 {
		fmt.Fprintf(t, "overlap@10\t%.3f\ton %d tokens\n", d.Overlap, d.Neighbours)
	}
	if d.OtherBasis {
		fmt.Fprintf(t, "note\tthe models have other bases: cosines of rows mean little, compare overlap@10\n")
	}
	for _, key := range slices.Sorted(maps.Keys(d.Config)) {
		fmt.Fprintf(t, "config %s\t%s\t→ %s\n", key, d.Config[key][0], d.Config[key][1])
	}
	for _, score := range d.Scores {
		fmt.Fprintf(t, "score %s\t%s\t→ %s\t%s\n", score.Name, points(score.A, "%.2f"), points(score.B, "%.2f"), points(score.Difference, "%+.2f"))
	}
	return t.Flush()
}

// beginning quotes the first of a list.
func beginning(tokens []string) string {
	const most = 8
	s := ""
	for _, token := range tokens[:min(most, len(tokens))] {
		s += fmt.Sprintf("%q ", token)
	}
	if len(tokens) > most {
		s += "…"
	}
	return s
}
