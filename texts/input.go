package texts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/store"
)

// input is one file, or standard input.
type input struct {
	label  string // its name in messages
	format Format
	stdin  io.Reader // nil for a file
	file   file      // nil until opened
	path   string
	folder store.Folder  // of a name that is a URL, path in it; nil for a path
	size   int64         // in bytes, -1 if not known
	zstd   *zstd.Decoder // nil unless that is how the input is compressed
	done   atomic.Int64
}

// file is an open file, of the file system or of a store.
type file interface {
	io.ReadCloser
	io.ReaderAt
}

func newInput(name string, stdin io.Reader, format Format) (*input, error) {
	if name == "-" {
		in := &input{label: "standard input", stdin: stdin, format: format.of(""), size: -1}
		if f, ok := stdin.(interface{ Stat() (fs.FileInfo, error) }); ok { // "< FILE" has a size
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				in.size = info.Size()
			}
		}
		return in, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("texts: open %s: %w", name, files.Bare(err))
	}
	in := &input{label: name, path: name, format: format.of(name), size: -1}
	if info.Mode().IsRegular() {
		in.size = info.Size()
	}
	return in, nil
}

// open starts reading from the first byte.
func (in *input) open(o Options) (source, error) {
	from := in.stdin
	if in.stdin == nil {
		if err := in.openFile(); err != nil {
			return nil, err
		}
		from = in.file
	}
	if in.format == Parquet {
		if in.file == nil || in.size < 0 {
			return nil, errors.New("a Parquet input is read from its end and needs a file")
		}
		return newParquet(in, o)
	}
	text, err := in.decoded(counted{from, &in.done})
	if err != nil {
		return nil, err
	}
	switch in.format {
	case JSONL:
		return newJSONLines(lines{in: text, max: o.MaxBytes}, o), nil
	case CSV:
		return newTable(newCSV(text, o.MaxBytes), o), nil
	case TSV:
		return newTable(&tabs{lines{in: text, max: o.MaxBytes}}, o), nil
	case Whole:
		return newWhole(text, in.label, o)
	default:
		if len(o.Keep) > 0 {
			return nil, fmt.Errorf("lines have no field %q to keep", o.Keep[0])
		}
		return &lines{in: text, max: o.MaxBytes}, nil
	}
}

func (in *input) openFile() error {
	if in.folder == nil {
		f, err := os.Open(in.path)
		if err != nil {
			return files.Bare(err)
		}
		in.file = f
		return nil
	}
	f, err := in.folder.Open(context.Background(), in.path)
	if err != nil {
		return err
	}
	in.file, in.size = f, f.Size()
	return nil
}

func (in *input) close() {
	if in.zstd != nil {
		in.zstd.Close()
		in.zstd = nil
	}
	if in.file != nil {
		in.file.Close() // it was only read
		in.file = nil
	}
	if in.size >= 0 {
		in.done.Store(in.size) // a Parquet file's end, a gzip file's trailer
	}
}

// counted adds what is read to a counter.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
