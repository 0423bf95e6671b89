package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/console"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
)

// encodeOptions is the command line of m2v encode.
type encodeOptions struct {
	Ref    string // the model: a folder or a Hub id
	Model  modelOptions
	Input  inputOptions
	Out    string // "" or "-" for stdout
	Format stream.Format
	Type   matrix.Type
	Keep   []string // fields of the input beside the vectors
}

func defaultEncodeOptions() encodeOptions {
	return encodeOptions{Input: inputOptions{Texts: texts.DefaultOptions()}, Type: matrix.Float32}
}

func newEncodeCommand(run func(context.Context, encodeOptions) error) *cobra.Command {
	o := defaultEncodeOptions()
	cmd := &cobra.Command{
		Use:   "encode MODEL [FILE…] -o OUT",
		Short: "Turn texts into vectors",
		Long: `Encode writes the vector of each text, in the order of the texts. MODEL is a static
model or a teacher, a folder or a Hub id; a teacher runs in ONNX Runtime with its own
pooling.

` + inputHelp + `

OUT is .npy, .safetensors (one tensor, "embeddings"), .jsonl (an array a line),
.parquet (a column "vector") or .raw (the values alone, little-endian), by its suffix
or by --format. It appears once it is complete. With --keep, .jsonl is an object a
line, {"id": …, "vector": […]}, and .parquet has a column of strings for each field.
Without -o, JSON Lines go to stdout, or raw values or Parquet with --format.
Memory does not grow with the input.

` + exitCodesHelp,
		Example: "  m2v encode student texts.txt -o vectors.npy",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref, o.Input.Files = list[0], list[1:]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the file to write (default: stdout)")
	f.Var(&o.Format, "format", "npy, safetensors, jsonl, parquet or raw (auto: by the file's suffix; jsonl to stdout)")
	f.Var(&o.Type, "dtype", "type of the values: float32 or float16")
	f.StringSliceVar(&o.Keep, "keep", nil, "fields or columns of the input to write beside each vector, such as id,title; to .jsonl as objects, or to .parquet as columns")
	o.Model.addVectorFlags(f)
	o.Input.addFlags(f)
	o.Model.addFlags(f)
	return cmd
}

func (o encodeOptions) toStdout() bool { return o.Out == "" || o.Out == "-" }

// output is where the vectors go.
func (o encodeOptions) output(a *app) stream.Output {
	out := stream.Output{File: o.Out, To: a.Out, Format: o.Format, Type: o.Type, Keep: o.Keep}
	if o.toStdout() {
		out.File = ""
	}
	return out
}

// runEncode is the command. What it is given is looked at before the model is opened.
func runEncode(ctx context.Context, a *app, o encodeOptions) error {
	out := o.output(a)
	if err := out.Check(); err != nil {
		return err
	}
	if o.toStdout() && (o.Format == stream.Raw || o.Format == stream.Parquet) && console.IsTerminal(a.Out) {
		return withHint(usagef("%s would go to a terminal", o.Format), "name a file with -o, or write --format jsonl")
	}
	m, err := a.openModel(ctx, o.Ref, o.Model)
	if err != nil {
		return err
	}
	defer m.Close()
	options, finish := a.streaming("encode", o.Input, o.Model.Threads, o.toStdout())
	skipped, err := stream.Encode(ctx, m.Model, a.input(o.Input), out, options)
	finish()
	if err == nil {
		a.tellSkipped(skipped)
		m.tellWarnings(a)
	}
	return err
}
