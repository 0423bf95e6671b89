package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/texts"
)

// neighborsOptions is the command line of m2v neighbors.
type neighborsOptions struct {
	Ref, Text string
	Revision  string
	Count     int
	JSON      bool
}

func newNeighborsCommand(run func(context.Context, neighborsOptions) error) *cobra.Command {
	o := neighborsOptions{Count: 10}
	cmd := &cobra.Command{
		Use:   "neighbors MODEL WORD",
		Short: "List the tokens nearest to a word or text",
		Long: `Neighbors lists the tokens of a static model whose rows have the largest cosine with
the vector of a word, or of any text. A word that is one token is left out itself.
Tokens are shown as the vocabulary has them: ##ing continues a word, Ġa and ▁a begin one.

` + exitCodesHelp,
		Example: "  m2v neighbors student bridge",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref, o.Text = list[0], list[1]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVarP(&o.Count, "count", "n", o.Count, "how many tokens")
	f.BoolVar(&o.JSON, "json", false, "print the list as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	return cmd
}

func runNeighbors(ctx context.Context, a *app, o neighborsOptions) error {
	if o.Count < 1 {
		return usagef("--count %d is not positive", o.Count)
	}
	m, err := a.openStaticModel(ctx, o.Ref, modelOptions{Revision: o.Revision})
	if err != nil {
		return err
	}
	defer m.Close()
	list, err := m.Static.NeighborsOf(o.Text, o.Count)
	if err != nil {
		return err
	}
	if o.JSON {
		return a.PrintJSON(list)
	}
	for _, n := range list {
		if _, err := fmt.Fprintf(a.Out, "%.4f\t%s\n", n.Cosine, texts.Line(n.Token)); err != nil {
			return err
		}
	}
	return nil
}
