package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/portable"
)

// exportOptions is the command line of m2v export.
type exportOptions struct {
	Ref, Out, Revision string
	To                 portable.Form
	Force, JSON        bool
}

func newExportCommand(run func(context.Context, exportOptions) error) *cobra.Command {
	o := exportOptions{To: portable.ONNX}
	cmd := &cobra.Command{
		Use:   "export MODEL -o DIR",
		Short: "Write a static model as ONNX, word2vec text or a NumPy array",
		Long: `Export writes a static model in a form that other programs read, as a new folder:

  onnx      onnx/model.onnx (opset 18: input_ids, attention_mask → embeddings, or
            probabilities of a classifier), with tokenizer.json, tokenizer_config.json and
            config.json, as ONNX Runtime, Optimum and transformers.js read them
  word2vec  vectors.txt, a token and its vector a line, as gensim and spaCy read it
  npy       vectors.npy, a row for each token, and tokens.json, the tokens in that order

The graph gives the vectors of m2v encode. Its rows keep their storage type.

` + exitCodesHelp,
		Example: "  m2v export student --to onnx -o graph",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the folder to write")
	f.Var(&o.To, "to", "onnx, word2vec or npy")
	f.BoolVar(&o.Force, "force", false, "replace a folder that an earlier export of this form wrote")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	return cmd
}

func runExport(ctx context.Context, a *app, o exportOptions) error {
	if o.Out == "" {
		return withHint(usagef("no output folder"), "name one with -o DIR")
	}
	e, err := m2v.Export(ctx, o.Ref, o.Out, o.To, o.Force, modelOptions{Revision: o.Revision}.library(a))
	if err != nil {
		return hintForce(err)
	}
	a.WarnAll(e.Warnings)
	return a.PrintPath(o.JSON, e, o.Out)
}
