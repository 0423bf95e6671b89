package vectors

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/matrix"
)

// Format is how vectors lie in a file. The zero value, Auto, goes by the
// file's name.
type Format string

// The formats. Values are little-endian, row-major and without gaps.
const (
	Auto        Format = ""            // by the suffix: .npy, .safetensors, .jsonl .ndjson, .raw .bin .f32 .f16
	NPY         Format = "npy"         // NumPy's array file, version 1.0: rows × cols
	Raw         Format = "raw"         // the values alone
	JSONL       Format = "jsonl"       // an array a line; NaN and infinities, which JSON lacks, are null
	Safetensors Format = "safetensors" // one tensor, "embeddings": rows × cols
	Parquet     Format = "parquet"     // a column "vector" of lists
)

// Tensor is the name of the tensor in a safetensors file.
const Tensor = "embeddings"

var formats = []string{string(NPY), string(Raw), string(JSONL), string(Safetensors), string(Parquet)}

// String returns the name, "auto" for Auto.
func (f Format) String() string {
	if f == Auto {
		return "auto"
	}
	return string(f)
}

// Set parses a name, so that a *Format is a command-line flag.
func (f *Format) Set(name string) error {
	if name == "auto" {
		*f = Auto
		return nil
	}
	for _, known := range formats {
		if name == known {
			*f = Format(name)
			return nil
		}
	}
	return fmt.Errorf("format %q is not one of auto, %s", name, strings.Join(formats, ", "))
}

// Type names the flag's kind of value in help texts.
func (f *Format) Type() string { return "format" }

// NeedsFile reports whether the format's header is finished last.
func (f Format) NeedsFile() bool { return f == NPY || f == Safetensors }

// Of returns the format that a file's name stands for, or an error that lists
// the suffixes there are.
func Of(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy":
		return NPY, nil
	case ".safetensors":
		return Safetensors, nil
	case ".jsonl", ".ndjson":
		return JSONL, nil
	case ".raw", ".bin", ".f32", ".f16":
		return Raw, nil
	case ".parquet":
		return Parquet, nil
	}
	return Auto, fmt.Errorf("vectors: the name %s does not end in .npy, .safetensors, .jsonl, .parquet or .raw", path)
}

// Options says what is written.
type Options struct {
	Format Format
	Type   matrix.Type // matrix.Float32 or matrix.Float16
	Cols   int         // values of a row; written even if no row comes
	// Keep are the names of values beside each vector, which AppendKept takes: columns of
	// Parquet, which are strings, or keys of JSONL's objects, as they stand.
	Keep []string
}

// Keeps tells whether the format has a place for values beside the vectors.
func (f Format) Keeps() bool { return f == JSONL || f == Parquet }

func (o Options) check() error {
	switch {
	case o.Type != matrix.Float32 && o.Type != matrix.Float16:
		return fmt.Errorf("vectors: type %v is not float32 or float16", o.Type)
	case o.Cols < 0:
		return fmt.Errorf("vectors: rows of %d values: need 1 or more", o.Cols)
	case len(o.Keep) > 0 && !o.Format.Keeps():
		return fmt.Errorf("vectors: %s has no place for %s beside the vectors", o.Format, o.Keep)
	}
	for i, name := range o.Keep {
		if name == VectorColumn || slices.Contains(o.Keep[:i], name) {
			return fmt.Errorf("vectors: two values of a row would be called %q", name)
		}
	}
	return nil
}
