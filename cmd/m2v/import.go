package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
)

// importOptions is the command line of m2v import.
type importOptions struct {
	Ref   string // "FORM:FILE"
	Out   string
	Type  matrix.Type // of the rows
	Force bool
	JSON  bool
}

func newImportCommand(run func(context.Context, importOptions) error) *cobra.Command {
	o := importOptions{Type: matrix.Float32}
	cmd := &cobra.Command{
		Use:   "import FORM:FILE -o DIR",
		Short: "Make a static model of word vectors",
		Long: `Import writes word vectors as a model folder, which m2v, Python model2vec,
sentence-transformers and model2vec-rs load. FORM:FILE is one of

  glove:FILE            GloVe's text form, gzip-compressed or not
  word2vec:FILE         word2vec's text or binary form
  bpemb:MODEL,VECTORS   a sentencepiece BPE model and its vectors

The vector of a text is the mean of its words' or pieces' vectors, not normalised, as
m2v eval FORM:FILE has it, with what tokenizer.json can express: punctuation at the
ends of a word is always removed, so that words such as "u.s." get no row, and texts
are put in lower case first if all words are.

` + exitCodesHelp,
		Example: "  m2v import glove:vectors.txt -o words",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.Var(&o.Type, "quantize-to", "storage type of the rows: float16, float32, float64 or int8")
	f.BoolVar(&o.Force, "force", false, "replace an existing model folder")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	return cmd
}

func runImport(ctx context.Context, a *app, o importOptions) error {
	if o.Out == "" {
		return withHint(usagef("no output folder"), "name one with -o DIR")
	}
	made, err := m2v.Import(ctx, o.Ref, o.Out, o.Type, export.Options{Force: o.Force})
	if err != nil {
		return hintForce(err)
	}
	a.WarnAll(made.Warnings)
	return a.PrintPath(o.JSON, made, o.Out)
}
