package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/texts"
)

// encodeOptions is the command line of m2v encode.
type encodeOptions struct {
	Ref    string // the model: a folder or a Hub id
	Model  modelOptions
	Input  inputOptions
	Out    string // "" or "-" for stdout
	Format vectors.Format
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
or by --format, and appears once it is complete. With --keep, .jsonl is an object a
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

func (o encodeOptions) check() error {
	if o.Type != matrix.Float32 && o.Type != matrix.Float16 {
		return usagef("--dtype %s: vectors are written as float32 or float16", o.Type)
	}
	if err := o.checkKeep(); err != nil {
		return err
	}
	if o.toStdout() {
		if o.Format.NeedsFile() {
			return withHint(usagef("--format %s needs a file: its header is finished last", o.Format), "name one with -o, or write jsonl or raw")
		}
		return nil
	}
	if _, err := vectors.Of(o.Out); err != nil && o.Format == vectors.Auto {
		return withHint(usageError{err}, "choose one with --format")
	}
	return nil
}

// checkKeep refuses fields that have no place in the output.
func (o encodeOptions) checkKeep() error {
	if o.Keep == nil {
		return nil
	}
	format := o.Format
	if format == vectors.Auto && o.toStdout() {
		format = vectors.JSONL
	} else if format == vectors.Auto {
		format, _ = vectors.Of(o.Out) // what cannot be told is told below
	}
	if format != vectors.Auto && !format.Keeps() {
		return withHint(usagef("--keep writes values beside the vectors, which %s has no place for", format), "write JSON Lines or Parquet: -o FILE.jsonl, -o FILE.parquet")
	}
	for i, name := range o.Keep {
		if name == vectors.VectorColumn || slices.Contains(o.Keep[:i], name) {
			return usagef("--keep: two values of an object would be called %q", name)
		}
	}
	return nil
}

// checkOut refuses to write over what the run reads: a file of texts, or a file
// of the model's folder.
func (o encodeOptions) checkOut(model string) error {
	out, err := os.Stat(o.Out)
	if o.toStdout() || err != nil || !out.Mode().IsRegular() {
		return nil // nothing is there to be lost; what else is wrong comes later
	}
	for _, name := range o.Input.Files {
		if in, err := os.Stat(name); err == nil && os.SameFile(in, out) {
			return usagef("-o %s would overwrite the texts that are read", o.Out)
		}
	}
	parent, err := os.Stat(filepath.Dir(o.Out))
	folder, folderErr := os.Stat(model)
	if err == nil && folderErr == nil && os.SameFile(parent, folder) {
		return usagef("-o %s would overwrite a file of the model", o.Out)
	}
	return nil
}

func (o encodeOptions) toStdout() bool { return o.Out == "" || o.Out == "-" }

// A batch of texts for a static model is small, so that the work is spread
// evenly and little is in flight; a teacher's is large, so that texts of like
// length run together.
const (
	staticBatch      = 512
	staticBatchBytes = 512 << 10

	teacherBatch      = 2048
	teacherBatchBytes = 4 << 20
)

// runEncode is the command. What it is given is looked at before the model is
// opened, and the model before a file is begun.
func runEncode(ctx context.Context, a *app, o encodeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.toStdout() && (o.Format == vectors.Raw || o.Format == vectors.Parquet) && isTerminal(a.stdout) {
		return withHint(usagef("%s would go to a terminal", o.Format), "name a file with -o, or write --format jsonl")
	}
	model, err := a.openModel(ctx, o.Ref, o.Model)
	if err != nil {
		return err
	}
	defer model.Close()
	if err := o.checkOut(model.Folder.Dir); err != nil {
		return err
	}

	f := &filter.Filter{Workers: threads(o.Model.Threads), Size: staticBatch}
	size := staticBatchBytes
	if model.Teacher != nil { // which spreads its own work
		f.Workers, f.Size, size = 1, teacherBatch, teacherBatchBytes
	}
	if a.interactive(o.Input) {
		f.Size = 1
	}
	o.Input.Texts.Keep = o.Keep
	if f.Reader, err = a.openTexts(o.Input, size); err != nil {
		return err
	}
	out, err := o.create(a, model.Dims())
	if err != nil {
		return err
	}
	defer out.Close()
	update, finish := a.readProgress("encode", f.Reader, o.toStdout())
	f.NewKeeping = func() filter.Keeping { return encodeWork(model, out.Options(), f.Workers) }
	f.Write, f.After = out.WriteBytes, update
	err = f.Run(ctx)
	finish()
	if err != nil {
		return err
	}
	a.tellSkipped(f.Reader)
	model.tellWarnings(a)
	return out.Commit()
}

// create begins the output, of vectors of so many dimensions.
func (o encodeOptions) create(a *app, dims int) (*vectors.Writer, error) {
	options := vectors.Options{Format: o.Format, Type: o.Type, Cols: dims, Keep: o.Keep}
	if !o.toStdout() {
		return vectors.Create(o.Out, options)
	}
	if options.Format == vectors.Auto {
		options.Format = vectors.JSONL
	}
	return vectors.NewStream(a.stdout, options)
}

// encodeWork returns what one of several workers does to a batch of texts.
func encodeWork(model *opened, o vectors.Options, workers int) filter.Keeping {
	var rows []float32
	return func(ctx context.Context, out []byte, list []string, kept []json.RawMessage) ([]byte, error) {
		if n := len(list) * o.Cols; cap(rows) < n {
			rows = make([]float32, n)
		}
		dst := &matrix.Matrix{Rows: len(list), Cols: o.Cols, Data: rows[:len(list)*o.Cols]}
		var err error
		if s, ok := model.Model.(*student); ok && workers > 1 {
			err = s.EncodeThreads(ctx, list, dst, 1)
		} else {
			err = model.Encode(ctx, list, dst)
		}
		if err != nil {
			return out, fmt.Errorf("encode: %w", err)
		}
		return o.AppendKept(out, dst, kept), nil
	}
}
