package texts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/fault"
)

// BadRecord is a record that holds no text: a line that is no JSON, a row that
// lacks the column, bytes that are not UTF-8.
type BadRecord struct {
	File string // "standard input" for that
	Line int64  // from 1; for Parquet the row, from 1
	Err  error
}

func (b *BadRecord) Error() string {
	return fmt.Sprintf("texts: read %s:%d: %v", b.File, b.Line, b.Err)
}
func (b *BadRecord) Unwrap() error { return b.Err }

// ErrTooLong is the cause of a BadRecord that exceeds Options.MaxBytes.
var ErrTooLong = errors.New("record is too long")

// source yields the texts of one file. Its errors say what, not where.
type source interface {
	// next returns the next text and where it was, io.EOF after the last. A
	// bad error is about this record alone: the next one can be read.
	next() (text string, line int64, err error)
	// kept appends the values of Options.Keep of the record that next returned last,
	// nil for one that it has not.
	kept(dst []json.RawMessage) []json.RawMessage
}

// bad marks an error that is about one record.
type bad struct{ error }

func (b bad) Unwrap() error { return b.error }

// Reader reads texts from files, one after the other. It is not for use by
// several goroutines, save for Progress.
type Reader struct {
	options Options
	inputs  []*input
	at      int    // index of the input being read
	current source // of inputs[at]; nil before it is opened
	checked bool   // current has looked itself whether its texts are UTF-8
	skipped int64
	texts   bool              // whether there was one
	kept    []json.RawMessage // of the texts that Next returned last
	valued  []bool            // of Options.Keep: whether a record had a value
	pending error             // met after texts that Next has returned
}

// Open prepares to read names in order: files, folders, patterns such as
// "corpus/*.jsonl.zst", and "-" for stdin; no names at all mean stdin alone. A
// folder stands for all files of known suffixes in it and below, sorted by name,
// without hidden ones; with a format given, for all files. Files are looked for
// now, and opened when their turn comes. A name may be the URL of a file, a folder or a
// pattern in one of o.Stores.
func Open(names []string, stdin io.Reader, o Options) (*Reader, error) {
	if o.MaxBytes <= 0 || o.BatchBytes <= 0 {
		return nil, fmt.Errorf("texts: open: limits of %d and %d bytes are not positive", o.MaxBytes, o.BatchBytes)
	}
	if len(names) == 0 {
		names = []string{"-"}
	}
	r := &Reader{options: o, valued: make([]bool, len(o.Keep))}
	stdins := 0
	for _, name := range names {
		inputs, err := inputsOf(name, stdin, o)
		if err != nil {
			return nil, err
		}
		if name == "-" {
			stdins++
		}
		if stdins > 1 {
			return nil, errors.New("texts: open: standard input is named twice")
		}
		r.inputs = append(r.inputs, inputs...)
	}
	return r, o.checkIdle(r.inputs)
}

// checkIdle refuses a field or a header that no input has a place for.
func (o Options) checkIdle(inputs []*input) error {
	fields, tables := false, false
	for _, in := range inputs {
		fields = fields || in.format != Lines && in.format != Whole
		tables = tables || in.format == CSV || in.format == TSV
	}
	switch {
	case len(inputs) == 0:
	case o.Header && !tables:
		return fault.Option("header", nil, "has no effect: the texts are %s, not CSV or TSV (set another format with --input-format)", inputs[0].format)
	case o.Field != "" && o.Field != DefaultOptions().Field && !fields:
		return fault.Option("field", o.Field, "has no effect: the texts are %s, which have no fields (set another format with --input-format)", inputs[0].format)
	}
	return nil
}

// Next puts the next texts into batch and returns how many: at least one and
// at most len(batch), fewer where they reach Options.BatchBytes. After the
// last text it returns 0 and io.EOF; any other error names the file and line,
// and comes after the texts before it were returned.
func (r *Reader) Next(batch []string) (n int, err error) {
	if r.pending != nil || len(batch) == 0 {
		return 0, r.pending
	}
	r.kept = nil
	size := 0
	for n < len(batch) && size < r.options.BatchBytes {
		text, err := r.one()
		if err != nil {
			r.pending = err
			r.close()
			if errors.Is(err, io.EOF) {
				r.tellAbsent()
			}
			break
		}
		batch[n], r.texts = text, true
		size += len(text)
		if len(r.options.Keep) > 0 {
			r.kept = r.current.kept(r.kept)
			for i, value := range r.kept[len(r.kept)-len(r.options.Keep):] {
				size += len(value)
				r.valued[i] = r.valued[i] || value != nil
			}
		}
		n++
	}
	if n == 0 {
		return 0, r.pending
	}
	return n, nil
}

// tellAbsent tells of what is to be kept and is nowhere, if there was a text at all.
func (r *Reader) tellAbsent() {
	for i, valued := range r.valued {
		if !valued && r.options.Absent != nil && r.texts {
			r.options.Absent(r.options.Keep[i])
		}
	}
}

// Kept returns the values of Options.Keep of the i-th text that Next returned last,
// each as JSON: a field as it stands in JSON Lines, a column of CSV and TSV as a
// string, one of Parquet as a string, a number, true or false. A value that is null,
// or that the record has not, is nil.
func (r *Reader) Kept(i int) []json.RawMessage {
	n := len(r.options.Keep)
	return r.kept[i*n : (i+1)*n : (i+1)*n]
}

// one returns the next text of all inputs.
func (r *Reader) one() (string, error) {
	for r.at < len(r.inputs) {
		in := r.inputs[r.at]
		if r.current == nil {
			source, err := in.open(r.options)
			if err != nil {
				in.close()
				return "", fmt.Errorf("texts: open %s: %w", in.label, err)
			}
			r.current = source
			_, r.checked = source.(*jsonLines)
		}
		text, line, err := r.current.next()
		if err == nil && !r.checked && !utf8.ValidString(text) {
			err = bad{errors.New("not valid UTF-8")}
		}
		if err == nil {
			return text, nil
		}
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
			in.close()
			r.current = nil
			r.at++
			continue
		}
		record := &BadRecord{in.label, line, err}
		if cause, ok := errors.AsType[bad](err); ok {
			record.Err = cause.error
			if r.options.Bad != nil {
				r.skipped++
				if err := r.options.Bad(record); err != nil {
					return "", err
				}
				continue
			}
		}
		return "", record
	}
	return "", io.EOF
}

// Skipped returns how many bad records were passed over.
func (r *Reader) Skipped() int64 { return r.skipped }

// Progress returns how many bytes of the inputs have been read and how many
// there are, -1 if that is not known (a pipe). Compressed bytes count as they
// lie in the file. It may be called while Next runs.
func (r *Reader) Progress() (done, total int64) {
	for _, in := range r.inputs {
		done += in.done.Load()
		if in.size < 0 || total < 0 {
			total = -1
			continue
		}
		total += in.size
	}
	return done, total
}

// Close closes what is open. Next then returns an error.
func (r *Reader) Close() error {
	r.close()
	if r.pending == nil {
		r.pending = errors.New("texts: read: reader is closed")
	}
	return nil
}

func (r *Reader) close() {
	if r.current != nil {
		r.inputs[r.at].close()
		r.current = nil
	}
}
