package data

import (
	"errors"
	"io"
)

// A quoteWatch passes separated values on and looks for quoted fields that do not end,
// by the rules of encoding/csv with LazyQuotes: it takes such a field up to the end of
// the file for one value and says nothing.
type quoteWatch struct {
	in        io.Reader
	separator byte
	oneLine   bool  // a quoted field has to end in its line
	at        Place // of the next byte

	state  quoteState
	opened int // line of the quoted field's first byte
}

type quoteState uint8

const (
	fieldStart quoteState = iota
	inField
	inQuotes
	afterQuote // within a quoted field: its end, or one of two quotes
)

// Read reads from in. An error of it, or of a field that does not end, has its place.
func (w *quoteWatch) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	for i, c := range p[:n] {
		if w.next(c); w.oneLine && w.state == inQuotes && c == '\n' {
			return i, w.open()
		}
	}
	switch {
	case errors.Is(err, io.EOF) && w.state == inQuotes:
		return n, w.open()
	case err != nil && !errors.Is(err, io.EOF):
		return n, w.at.Errorf("%w", err)
	}
	return n, err
}

func (w *quoteWatch) open() error {
	return Place{w.at.File, w.opened}.Errorf("a field begins with a quote and does not end with one")
}

// next follows one byte.
func (w *quoteWatch) next(c byte) {
	ends := c == w.separator || c == '\n'
	switch {
	case w.state == fieldStart && c == '"':
		w.state, w.opened = inQuotes, w.at.Line
	case w.state == inQuotes && c == '"':
		w.state = afterQuote
	case w.state == inQuotes:
	case w.state == afterQuote && !ends && c != '\r':
		w.state = inQuotes // a second quote, or one that stands for itself
	case ends:
		w.state = fieldStart
	case c != '\r' || w.state != afterQuote:
		w.state = inField
	}
	if c == '\n' {
		w.at.Line++
	}
}
