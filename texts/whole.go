package texts

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// whole takes all of an input as one text.
type whole struct {
	in    io.Reader
	label string
	max   int
	keep  int // how many times the file's name is kept
	done  bool
}

func newWhole(in io.Reader, label string, o Options) (*whole, error) {
	for _, name := range o.Keep {
		if name != "file" {
			return nil, fmt.Errorf("only %q can be kept of a file that is one text, not %q", "file", name)
		}
	}
	return &whole{in: in, label: label, max: o.MaxBytes, keep: len(o.Keep)}, nil
}

func (w *whole) next() (string, int64, error) {
	if w.done {
		return "", 1, io.EOF
	}
	w.done = true
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(w.in, int64(w.max)+1))
	if err != nil {
		return "", 1, err
	}
	if n > int64(w.max) {
		return "", 1, bad{fmt.Errorf("%w: more than %d bytes", ErrTooLong, w.max)}
	}
	return strings.TrimSuffix(strings.TrimSuffix(text.String(), "\n"), "\r"), 1, nil
}

func (w *whole) kept(dst []json.RawMessage) []json.RawMessage {
	for range w.keep {
		name, _ := json.Marshal(w.label) // a string has no fault
		dst = append(dst, name)
	}
	return dst
}
