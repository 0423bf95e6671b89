package vectors

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
)

// Writer writes rows in the order in which they come. Close it in any case;
// what was not committed by then is as if it had never been.
type Writer struct {
	options Options
	name    string // in messages
	out     *bufio.Writer
	file    *files.Pending // nil for a stream
	rows    int64
	line    []byte
	table   *table     // of Parquet
	mu      sync.Mutex // held by each call
	failed  error
}

// NewStream writes to w, which may be a pipe: raw, JSONL or Parquet. But for Parquet each Write reaches
// w before it returns. Rows are not taken back if there is no Commit.
func NewStream(w io.Writer, o Options) (*Writer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Format == Auto {
		return nil, errors.New("vectors: a stream needs a format: raw, jsonl or parquet")
	}
	if o.Format.NeedsFile() {
		return nil, fmt.Errorf("vectors: the header of %s is written last, so it needs a file; a stream takes raw, jsonl or parquet", o.Format)
	}
	out := &Writer{options: o, name: "output", out: bufio.NewWriterSize(w, 64<<10)}
	if o.Format == Parquet {
		out.table = newTable(out.out, o)
	}
	return out, nil
}

// Create begins the file path, in o.Format or by path's suffix. Whatever is at
// path stays as it is until Commit. A path that is no regular file, such as
// /dev/null or a named pipe, is written to as a stream.
func Create(path string, o Options) (*Writer, error) {
	if o.Format == Auto {
		format, err := Of(path)
		if err != nil {
			return nil, err
		}
		o.Format = format
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Format.NeedsFile() && files.IsStream(path) { // opening a FIFO would wait for a reader
		return nil, fmt.Errorf("vectors: create %s: its format needs a regular file", path)
	}
	file, err := files.NewPending(path)
	if err != nil {
		return nil, fmt.Errorf("vectors: create %s: %w", path, files.Bare(err))
	}
	w := &Writer{options: o, name: path, out: bufio.NewWriterSize(file, 256<<10), file: file}
	if o.Format == Parquet {
		w.table = newTable(w.out, o)
	}
	if _, err := w.out.Write(o.header(0)); err != nil {
		w.Close()
		return nil, w.fail(err)
	}
	return w, nil
}

// Write appends m's rows, whose width must be Options.Cols.
func (w *Writer) Write(m *matrix.Matrix) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	if m.Cols != w.options.Cols {
		return w.fail(fmt.Errorf("rows of %d values, not %d", m.Cols, w.options.Cols))
	}
	for i := range m.Rows {
		w.line = w.options.appendRow(w.line[:0], m.Row(i))
		if err := w.put(w.line, 1); err != nil {
			return w.fail(err)
		}
	}
	return w.wrote(m.Rows)
}

// WriteBytes appends rows that Options.Append or AppendKept has made, with the writer's
// options.
func (w *Writer) WriteBytes(data []byte, rows int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	if err := w.put(data, rows); err != nil {
		return w.fail(err)
	}
	return w.wrote(rows)
}

// put writes what Options.Append or AppendKept has made.
func (w *Writer) put(data []byte, rows int) error {
	if w.table != nil {
		return w.table.add(data, rows)
	}
	_, err := w.out.Write(data)
	return err
}

// Options returns what the writer writes; its format is not Auto.
func (w *Writer) Options() Options { return w.options }

// wrote counts rows that were written.
func (w *Writer) wrote(rows int) error {
	w.rows += int64(rows)
	if w.file == nil || w.file.Direct() { // someone may be waiting at the pipe's other end
		if err := w.out.Flush(); err != nil {
			return w.fail(err)
		}
	}
	return nil
}

// Rows returns how many rows were written.
func (w *Writer) Rows() int64 { return w.rows }

// Commit finishes the file and puts it under its name. Nothing may be written
// after it.
func (w *Writer) Commit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	var err error
	if w.table != nil {
		err = w.table.out.Close()
	}
	err = cmp.Or(err, w.out.Flush())
	if err == nil && w.file != nil {
		err = w.finish()
	}
	if err != nil {
		return w.fail(err)
	}
	w.failed = fmt.Errorf("vectors: write %s: it is finished", w.name)
	return nil
}

// finish writes the header, which tells the number of rows, over the file's start and
// puts the file in its place.
func (w *Writer) finish() error {
	if header := w.options.header(w.rows); len(header) > 0 {
		if _, err := w.file.WriteAt(header, 0); err != nil {
			return err
		}
	}
	return w.file.Commit()
}

// Close drops what was not committed. After Commit it does nothing. It waits for a write to a
// file that another goroutine has begun, but not for one to a stream, whose reader may
// never come: there is nothing to drop.
func (w *Writer) Close() error {
	if w.file == nil || w.file.Direct() {
		if !w.mu.TryLock() {
			return nil
		}
	} else {
		w.mu.Lock()
	}
	defer w.mu.Unlock()
	if w.file != nil {
		w.file.Discard()
	}
	if w.failed == nil {
		w.failed = fmt.Errorf("vectors: write %s: it is closed", w.name)
	}
	return nil
}

func (w *Writer) fail(err error) error {
	w.failed = fmt.Errorf("vectors: write %s: %w", w.name, files.Bare(err))
	return w.failed
}
