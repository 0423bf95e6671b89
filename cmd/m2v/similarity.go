package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/texts"
)

// similarityOptions is the command line of m2v similarity.
type similarityOptions struct {
	Ref   string // the model: a folder or a Hub id
	Texts []string
	Model modelOptions
	JSON  bool
}

func newSimilarityCommand(run func(context.Context, similarityOptions) error) *cobra.Command {
	var o similarityOptions
	cmd := &cobra.Command{
		Use:   "similarity MODEL A B…",
		Short: "Compare texts by the cosine of their vectors",
		Long: `Similarity prints the cosine between text A and each of the others, in their order:
a line with the cosine, a tab and the text. With --json it is the whole matrix, the
cosine of each text with each. MODEL is a static model or a teacher, a folder or a
Hub id. A - among the texts stands for standard input, a text a line. A text without a known token has cosine 0 with every text.

` + exitCodesHelp,
		Example: "  m2v similarity student 'a stone bridge' 'an old bridge' 'summer music'",
		Args:    args(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref, o.Texts = list[0], list[1:]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.JSON, "json", false, "print all cosines as JSON")
	f.Var(&o.Model.MaxLength, "max-length", "use at most this many tokens of a text, or none for all of them (default: the model's)")
	f.IntVar(&o.Model.Dims, "dims", 0, "keep the first dimensions only (default: all)")
	o.Model.addFlags(f)
	return cmd
}

func runSimilarity(ctx context.Context, a *app, o similarityOptions) error {
	list, err := a.withStdin(ctx, o.Texts)
	if err != nil {
		return err
	}
	if o.Texts = list; len(list) < 2 {
		return withHint(usagef("%s: nothing to compare", plain.Count(len(list), "text")), "give two texts or more, or - for those of standard input")
	}
	model, err := a.openModel(ctx, o.Ref, o.Model)
	if err != nil {
		return err
	}
	defer model.Close()
	vectors := matrix.New(len(o.Texts), model.Dims())
	if err := model.Encode(ctx, o.Texts, vectors); err != nil {
		return fmt.Errorf("similarity: %w", err)
	}
	model.tellWarnings(a)
	for i, text := range o.Texts {
		if matrix.Norm(vectors.Row(i)) == 0 {
			a.Warn(fmt.Sprintf("the vector of %q is zeros: the model knows no token of it, or their rows are zeros", text))
		}
	}
	if o.JSON {
		return a.PrintJSON(map[string]any{"texts": o.Texts, "cosines": matrix.Cosines(vectors)})
	}
	for i := 1; i < vectors.Rows; i++ {
		if _, err := fmt.Fprintf(a.Out, "%.4f\t%s\n", matrix.Cosine(vectors.Row(0), vectors.Row(i)), texts.Line(o.Texts[i])); err != nil {
			return err
		}
	}
	return nil
}

// withStdin puts the texts of standard input in the place of the first "-".
func (a *app) withStdin(ctx context.Context, list []string) ([]string, error) {
	i := slices.Index(list, "-")
	if i < 0 {
		return list, nil
	}
	var read []string
	err := a.eachText(ctx, "-", func(some []string) error {
		read = append(read, some...)
		return nil
	})
	return slices.Concat(list[:i], read, list[i+1:]), err
}
