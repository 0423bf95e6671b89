package texts

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/m2v-dev/m2v/internal/files"
)

// input is one file, or standard input.
type input struct {
	label  string // its name in messages
	format Format
	stdin  io.Reader // nil for a file
	file   *os.File  // nil until opened
	path   string
	size   int64 // in bytes, -1 if not known
	done   atomic.Int64
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
	if info.IsDir() {
		return nil, fmt.Errorf("texts: open %s: it is a folder", name)
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
		f, err := os.Open(in.path)
		if err != nil {
			return nil, files.Bare(err)
		}
		in.file = f
		from = f
	}
	if in.format == Parquet {
		if in.file == nil || in.size < 0 {
			return nil, errors.New("a Parquet input is read from its end and needs a file")
		}
		return newParquet(in, o)
	}
	text, err := decoded(counted{from, &in.done})
	if err != nil {
		return nil, err
	}
	switch in.format {
	case JSONL:
		return &jsonLines{lines{in: text, max: o.MaxBytes}, o.Field}, nil
	case CSV:
		return newTable(newCSV(text, o.MaxBytes), o), nil
	case TSV:
		return newTable(&tabs{lines{in: text, max: o.MaxBytes}}, o), nil
	default:
		return &lines{in: text, max: o.MaxBytes}, nil
	}
}

func (in *input) close() {
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

// decoded ungzips what starts like gzip, which no UTF-8 text does, drops a
// byte order mark, and names the encoding that is not UTF-8 at first sight.
func decoded(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if start, _ := in.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReaderSize(z, 64<<10)
	}
	start, _ := in.Peek(4) // an error comes again with the first read
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return in, err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, errors.New("it is UTF-16, not UTF-8")
	case bytes.Equal(start, []byte("PAR1")):
		return nil, errors.New("it is a Parquet file (name the format, or give it the suffix .parquet)")
	}
	return in, nil
}
