package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
)

// Format is how vectors lie in a file. The zero value, Auto, goes by the file's name, and
// is JSONL without a file.
type Format = vectors.Format

// The formats; see docs/formats.md.
const (
	Auto        = vectors.Auto
	NPY         = vectors.NPY
	Raw         = vectors.Raw
	JSONL       = vectors.JSONL
	Safetensors = vectors.Safetensors
	Parquet     = vectors.Parquet
)

// Output says where vectors go, and how they lie there.
type Output struct {
	File   string    // appears once it is complete; "" writes to To
	To     io.Writer // gets JSONL, Raw or Parquet
	Format Format
	Type   matrix.Type // matrix.Float32 or matrix.Float16
	// Keep are fields of the input that are written beside each vector: keys of JSONL's
	// objects, columns of Parquet.
	Keep []string
}

// format is o.Format, chosen where it is Auto.
func (o Output) format() (Format, error) {
	switch {
	case o.Format != Auto:
		return o.Format, nil
	case o.File == "":
		return JSONL, nil
	}
	f, err := vectors.Of(o.File)
	if err != nil {
		err = fault.Hint(fault.Argument("%v", err), "choose one with --format")
	}
	return f, err
}

// Check refuses what no run could write.
func (o Output) Check() error {
	if o.Type != matrix.Float32 && o.Type != matrix.Float16 {
		return fault.Option("dtype", o.Type, ": vectors are written as float32 or float16")
	}
	format, err := o.format()
	switch {
	case err != nil:
		return err
	case o.Keep != nil && !format.Keeps():
		return fault.Hint(fault.Option("keep", nil, "writes values beside the vectors, which %s has no place for", format),
			"write JSON Lines or Parquet: -o FILE.jsonl, -o FILE.parquet")
	case o.File == "" && format.NeedsFile():
		return fault.Hint(fault.Option("format", format, "needs a file, since its header is written last"), "name one with -o, or write jsonl or raw")
	}
	return distinct(o.Keep, vectors.VectorColumn)
}

// spares refuses to write a file, "" for none, over what the run reads: a file of texts, or
// a file of the model's folder.
func spares(file string, in Input, folder string) error {
	if file == "" {
		return nil
	}
	if err := files.NotInput(file, in.Files...); err != nil {
		return fault.Argument("-o %s would overwrite the texts that are read", file)
	}
	out, err := os.Stat(file)
	parent, parentErr := os.Stat(filepath.Dir(file))
	dir, dirErr := os.Stat(folder)
	if err == nil && out.Mode().IsRegular() && parentErr == nil && dirErr == nil && os.SameFile(parent, dir) {
		return fault.Argument("-o %s would overwrite a file of the model", file)
	}
	return nil
}

// distinct refuses fields to keep of which two would have one name in an object, or that
// have the name of a result.
func distinct(keep []string, results ...string) error {
	for i, name := range keep {
		if slices.Contains(results, name) || slices.Contains(keep[:i], name) {
			return fault.Option("keep", nil, ": two values of an object would be called %q", name)
		}
	}
	return nil
}

// create begins the output, of vectors of so many dimensions.
func (o Output) create(dims int) (*vectors.Writer, error) {
	format, err := o.format()
	if err != nil {
		return nil, err
	}
	options := vectors.Options{Format: format, Type: o.Type, Cols: dims, Keep: o.Keep}
	if o.File != "" {
		return vectors.Create(o.File, options)
	}
	return vectors.NewStream(o.To, options)
}

// Encode writes the vector that m gives to each text. It returns how many records
// Input.Read.Bad passed over.
func Encode(ctx context.Context, m model.Model, in Input, to Output, o Options) (skipped int64, err error) {
	if err := to.Check(); err != nil {
		return 0, err
	}
	l, folder := o.light(), ""
	switch m := m.(type) {
	case *model.Student:
		folder = m.Folder.Dir
	case *model.Teacher:
		l, folder = heavy(), m.Folder.Dir
	}
	if err := spares(to.File, in, folder); err != nil {
		return 0, err
	}
	in.Read.Keep = to.Keep
	out, err := to.create(m.Dims())
	if err != nil {
		return 0, err
	}
	defer out.Close()
	work := func() filter.Keeping { return encodeWork(m, out.Options(), l.workers) }
	if skipped, err = run(ctx, in, l, o, work, out.WriteBytes); err != nil {
		return skipped, err
	}
	return skipped, out.Commit()
}

// encodeWork returns what one of several workers does to a group of texts.
func encodeWork(m model.Model, o vectors.Options, workers int) filter.Keeping {
	encode := m.Encode
	if s, ok := m.(*model.Student); ok && workers > 1 {
		encode = func(ctx context.Context, list []string, dst *matrix.Matrix) error {
			return s.EncodeThreads(ctx, list, dst, 1)
		}
	}
	var rows []float32
	return func(ctx context.Context, out []byte, list []string, kept []json.RawMessage) ([]byte, error) {
		out, dst, inPlace := o.Room(out, len(list))
		if !inPlace {
			rows = slices.Grow(rows[:0], len(list)*o.Cols)
			dst = &matrix.Matrix{Rows: len(list), Cols: o.Cols, Data: rows[:len(list)*o.Cols]}
		}
		if err := encode(ctx, list, dst); err != nil {
			return out, fmt.Errorf("encode: %w", err)
		}
		if inPlace {
			return out, nil
		}
		return o.AppendKept(out, dst, kept), nil
	}
}
