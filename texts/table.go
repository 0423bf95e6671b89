package texts

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// records yields a table's rows. A row is valid until the next call.
type records interface {
	record() (fields []string, line int64, err error)
}

// table takes one column of records.
type table struct {
	records
	field  string
	header bool
	column int // from 0; -1 until the first record has been read
	keep   []string
	beside []int    // the columns of keep
	fields []string // the last record
	broken error
}

func newTable(r records, o Options) *table {
	t := &table{records: r, field: o.Field, header: o.Header, keep: o.Keep, column: -1}
	for _, name := range append([]string{o.Field}, o.Keep...) {
		if n, err := strconv.Atoi(name); err != nil || n < 1 {
			t.header = true
		}
	}
	return t
}

func (t *table) next() (string, int64, error) {
	if t.broken != nil {
		return "", 1, t.broken
	}
	if t.column < 0 {
		if line, err := t.start(); err != nil {
			t.broken = err
			return "", line, err
		}
	}
	fields, line, err := t.record()
	if err != nil {
		return "", line, err
	}
	if t.column >= len(fields) {
		return "", line, bad{fmt.Errorf("the row has %d columns, and column %d is asked for", len(fields), t.column+1)}
	}
	t.fields = fields
	return strings.Clone(fields[t.column]), line, nil // of the row, which other columns share
}

func (t *table) kept(dst []json.RawMessage) []json.RawMessage {
	for _, column := range t.beside {
		var value json.RawMessage
		if column < len(t.fields) {
			value, _ = json.Marshal(t.fields[column]) // a string has no fault
		}
		dst = append(dst, value)
	}
	return dst
}

// start finds the column, in the header if there is one. A faulty header is
// no record to skip.
func (t *table) start() (line int64, err error) {
	var names []string
	if t.header {
		names, line, err = t.record()
		if fault, ok := errors.AsType[bad](err); ok {
			err = fault.error
		}
		if err != nil {
			return line, err
		}
	}
	for _, name := range t.keep {
		column, err := find(names, name)
		if err != nil {
			return line, err
		}
		t.beside = append(t.beside, column)
	}
	t.column, err = find(names, t.field)
	return line, err
}

// find returns the column that a name or a number from 1 stands for, from 0.
func find(names []string, name string) (int, error) {
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 {
		return n - 1, nil
	}
	return -1, fmt.Errorf("no column %q; the header has %s", name, list(names))
}

// list names the columns there are, for a message.
func list(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 10 {
			fmt.Fprintf(&b, "… (%d)", len(names))
			break
		}
		fmt.Fprintf(&b, "%.40q", name)
	}
	return b.String()
}

// tabs splits lines at tabs.
type tabs struct{ lines }

func (t *tabs) record() ([]string, int64, error) {
	line, err := t.read()
	if err != nil {
		return nil, t.line, err
	}
	return strings.Split(string(line), "\t"), t.line, nil
}

// commas reads CSV with a bound on a record: encoding/csv alone would read to
// the end of the input for a quote that is never closed.
type commas struct {
	csv   *csv.Reader
	quota *quota
	max   int
	line  int64 // where the last record ended
}

func newCSV(r io.Reader, limit int) *commas {
	q := &quota{Reader: r}
	c := csv.NewReader(q)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	return &commas{csv: c, quota: q, max: limit}
}

func (c *commas) record() ([]string, int64, error) {
	c.quota.left = c.max + 4096 // which encoding/csv reads ahead
	fields, err := c.csv.Read()
	if err == nil {
		line, _ := c.csv.FieldPos(0)
		last, _ := c.csv.FieldPos(len(fields) - 1)
		c.line = int64(last)
		return fields, int64(line), nil
	}
	parse, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok && errors.Is(err, ErrTooLong): // where the next record starts is not known
		return nil, c.line + 1, fmt.Errorf("%w: more than %d bytes (is a quote left open?)", ErrTooLong, c.max)
	case !ok:
		return nil, c.line + 1, err
	case parse.StartLine < parse.Line:
		// The lines between may be many records: too much to skip as one.
		return nil, int64(parse.StartLine), fmt.Errorf("a quoted field is not closed by line %d: %w", parse.Line, parse.Err)
	}
	c.line = int64(parse.Line)
	return nil, c.line, bad{fmt.Errorf("column %d: %w", parse.Column, parse.Err)}
}

// quota fails a reader that reads more than left bytes.
type quota struct {
	io.Reader
	left int
}

func (q *quota) Read(p []byte) (int, error) {
	if q.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := q.Reader.Read(p[:min(len(p), q.left)])
	q.left -= n
	return n, err
}
