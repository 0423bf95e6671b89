package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
)

// quantizeOptions is the command line of m2v quantize.
type quantizeOptions struct {
	Ref, Out string
	Revision string
	Type     string // of the new rows; "" keeps the type
	Dims     int    // the first dimensions; 0 keeps all
	Clusters int    // 0 for none
	Seed     uint64
	Texts    string // file of texts to measure the error on
	Force    bool
	JSON     bool
	ORTLib   string
}

func newQuantizeCommand(run func(context.Context, quantizeOptions) error) *cobra.Command {
	o := quantizeOptions{Seed: 42}
	cmd := &cobra.Command{
		Use:   "quantize MODEL -o DIR",
		Short: "Make a static model smaller, and tell the quantization error",
		Long: `Quantize stores the rows of a static model in another type, keeps their first
dimensions only, or lets tokens share rows, and writes a new model folder. It prints the
size before and after, and the quantization error: the mean and the worst cosine between old and new
vectors, of every token and, with --texts, of texts. Where dimensions were cut, the
old vectors are cut too; the error of the cut is not in the cosine.

` + exitCodesHelp,
		Example: "  m2v quantize student -o small --quantize-to int8",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			if o.Clusters == 0 {
				if err := idle(cmd.Flags(), "without --vocabulary-quantization", "seed", "ort-lib"); err != nil {
					return err
				}
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.StringVar(&o.Type, "quantize-to", "", "storage type of the rows: float16, float32, float64 or int8 (default: as it is)")
	f.IntVar(&o.Dims, "dims", 0, "keep the first dimensions only (default: all)")
	f.IntVar(&o.Clusters, "vocabulary-quantization", 0, "share rows among tokens: this many clusters")
	f.StringVar(&o.Texts, "texts", "", "measure the error on this file of texts too, a line each; - for stdin")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed of --vocabulary-quantization")
	f.BoolVar(&o.Force, "force", false, "replace an existing model folder")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.StringVar(&o.ORTLib, "ort-lib", "", "the ONNX Runtime library, which makes clusters faster (not needed)")
	return cmd
}

func (o quantizeOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.Type == "" && o.Dims == 0 && o.Clusters == 0:
		return withHint(usagef("nothing to do"), "ask for --quantize-to, --dims or --vocabulary-quantization")
	case o.Clusters < 0:
		return usagef("--vocabulary-quantization %d is negative", o.Clusters)
	}
	if o.Type != "" {
		if err := new(matrix.Type).Set(o.Type); err != nil {
			return usagef("--quantize-to: %w", err)
		}
	}
	return nil
}

// library returns the options as package m2v takes them.
func (o quantizeOptions) library(a *app) m2v.QuantizeOptions {
	q := m2v.QuantizeOptions{
		Model: modelOptions{Revision: o.Revision, runtimeFlags: runtimeFlags{ORTLib: o.ORTLib}}.library(a), KeepType: o.Type == "", Texts: o.Texts, Stdin: a.In,
		To: quantize.Options{Dims: o.Dims, Clusters: o.Clusters, Seed: o.Seed},
	}
	if o.Type != "" {
		_ = q.To.Type.Set(o.Type) // it is checked
	}
	return q
}

func runQuantize(ctx context.Context, a *app, o quantizeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	told, err := m2v.Quantize(ctx, o.Ref, o.Out, export.Options{Force: o.Force}, o.library(a))
	if told != nil {
		a.WarnAll(told.Warnings)
	}
	if err != nil {
		return hintForce(err)
	}
	q := quantized{o.Out, told}
	return a.Print(o.JSON, q, q.write)
}

// quantized is the result of the command.
type quantized struct {
	Path string `json:"path"`
	*m2v.Quantized
}

// write writes the result for people.
func (q quantized) write(w io.Writer) {
	fmt.Fprintf(w, "model\t%s\n", q.Path)
	fmt.Fprintf(w, "size\t%s → %s\n", plain.Megabytes(int64(q.Before)), plain.Megabytes(int64(q.After)))
	fmt.Fprintf(w, "cosine of %d tokens\t%s\n", q.Tokens.Count, q.Tokens)
	if q.Texts != nil {
		fmt.Fprintf(w, "cosine of %d texts\t%s\n", q.Texts.Count, q.Texts)
	}
}
