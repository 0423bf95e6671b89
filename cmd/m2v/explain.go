package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/texts"
)

// explainOptions is the command line of m2v explain.
type explainOptions struct {
	Ref, Text string
	Model     modelOptions
	JSON      bool
}

func newExplainCommand(run func(context.Context, explainOptions) error) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain MODEL TEXT",
		Short: "Show what each token of a text adds to its vector",
		Long: `Explain lists the tokens of a text in their order: whether each is kept, or why not;
its weight; the norm of its weighted row; and its share of the vector, in per cent.
Shares sum to 100; a token that pulls the other way has a negative one. In a model
without weights of its own the weighting is in the rows, and the norm shows it.

` + exitCodesHelp,
		Example: "  m2v explain student 'a man is playing a guitar'",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref, o.Text = list[0], list[1]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.JSON, "json", false, "print the explanation as JSON, the vector with it")
	f.Var(&o.Model.MaxLength, "max-length", "use at most this many tokens of the text, or none for all of them (default: the model's)")
	f.IntVar(&o.Model.Dims, "dims", 0, "keep the first dimensions only (default: all)")
	f.StringVar(&o.Model.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	return cmd
}

func runExplain(ctx context.Context, a *app, o explainOptions) error {
	m, err := a.openStaticModel(ctx, o.Ref, o.Model)
	if err != nil {
		return err
	}
	defer m.Close()
	x, err := m.Static.Explain(o.Text, static.Options{MaxLength: int(o.Model.MaxLength), Dims: o.Model.Dims})
	if err != nil {
		return err
	}
	if o.JSON {
		return a.PrintJSON(x)
	}
	t := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "share %\tnorm\tweight\tid\t token")
	for _, p := range x.Pieces {
		if p.Status == static.Kept {
			fmt.Fprintf(t, "%.1f\t%.4f\t%.4g\t%d\t %s\n", 100*p.Share, p.Norm, p.Weight, p.ID, texts.Line(p.Token))
		} else {
			fmt.Fprintf(t, "-\t-\t-\t%d\t %s (dropped: %s)\n", p.ID, texts.Line(p.Token), p.Status)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(x.Pieces) == 0 {
		a.Warn("the text has no tokens: its vector is zero")
	}
	if x.Cut != "" {
		a.Warn(fmt.Sprintf("%d bytes of the text were cut off before it was tokenized; --max-length none takes all", len(x.Cut)))
	}
	return nil
}
