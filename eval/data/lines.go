package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxLine is the longest line that is read: 1 GiB. MTEB's clustering files have up to a
// hundred thousand texts on one.
const maxLine = 1 << 30

// mark is UTF-8's byte order mark, with which spreadsheets begin a file.
const mark = "\ufeff"

// unpacked returns a reader of f, unpacked where its name ends in .gz.
func unpacked(f *os.File) (io.Reader, error) {
	if !strings.HasSuffix(f.Name(), ".gz") {
		return f, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return nil, Place{f.Name(), 1}.Errorf("%w", err)
	}
	return z, nil
}

// eachLine calls do with each line of f, without its end. The line is good until do
// returns.
func eachLine(f *os.File, do func(at Place, line []byte) error) error {
	in, err := unpacked(f)
	if err != nil {
		return err
	}
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 1<<16), maxLine)
	at := Place{File: f.Name()}
	for scanner.Scan() {
		at.Line++
		line := scanner.Bytes()
		if at.Line == 1 {
			line = bytes.TrimPrefix(line, []byte(mark))
		}
		if err := do(at, line); err != nil {
			return err
		}
	}
	at.Line++
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return at.Errorf("the line is longer than %d MiB", maxLine>>20)
	case err != nil:
		return at.Errorf("%w", err)
	}
	return nil
}

// readTSV reads lines of fields between tabs, without quoting, whose columns t names.
func (t Table) readTSV(f *os.File, want []Field, do func(r Row) error) error {
	columns, err := locate(t.Header, want)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return eachLine(f, func(at Place, line []byte) error {
		values := strings.Split(string(line), "\t")
		if len(values) != len(t.Header) {
			return at.Errorf("the line has %d fields, not the %d of %s", len(values), len(t.Header), strings.Join(t.Header, ", "))
		}
		return do(t.pick(at, want, columns, values))
	})
}

// readCSV reads values between separators, as RFC 4180 has them but for quotes within
// a field, which stand for themselves; the first line is a header. A quoted field that
// never ends would swallow the rest of the file: it is an error, and between tabs, where
// a field with an end of line is next to never meant, so is one that passes its line.
func (t Table) readCSV(f *os.File, separator rune, want []Field, do func(r Row) error) error {
	in, err := unpacked(f)
	if err != nil {
		return err
	}
	reader := csv.NewReader(&quoteWatch{in: in, separator: byte(separator), oneLine: separator == '\t', at: Place{f.Name(), 1}})
	reader.Comma, reader.LazyQuotes = separator, true
	var columns []int
	for first := true; ; first = false {
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		at := Place{File: f.Name(), Line: 1}
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			at.Line = bad.Line
			return at.Errorf("%w", bad.Err)
		case err != nil:
			return err // its place is in it
		}
		at.Line, _ = reader.FieldPos(0)
		if first {
			values[0] = strings.TrimPrefix(values[0], mark)
			if columns, err = locate(values, want); err != nil {
				return at.Errorf("%w", err)
			}
			continue
		}
		if err := do(t.pick(at, want, columns, values)); err != nil {
			return err
		}
	}
}

// locate returns the column of each field, -1 for an optional one that is not there.
func locate(header []string, want []Field) ([]int, error) {
	columns := make([]int, len(want))
	for i, f := range want {
		columns[i] = -1
		for _, name := range f.Names {
			if k := slices.Index(header, name); k >= 0 {
				columns[i] = k
				break
			}
		}
		if columns[i] < 0 && !f.Optional {
			return nil, fmt.Errorf("no column %s; the file has %s", f, Short(strings.Join(header, ", ")))
		}
	}
	return columns, nil
}

func (t Table) pick(at Place, want []Field, columns []int, values []string) Row {
	r := Row{At: at, fields: want, cells: make([]cell, len(want)), strict: t.Strict}
	for i, k := range columns {
		if k >= 0 {
			r.cells[i] = cell{kind: scalar, one: values[k]}
		}
	}
	return r
}

// readJSON reads an object a line.
func (t Table) readJSON(f *os.File, want []Field, do func(r Row) error) error {
	return eachLine(f, func(at Place, line []byte) error {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(line, &object); err != nil {
			return at.Errorf("not a JSON object: %w", err)
		}
		r := Row{At: at, fields: want, cells: make([]cell, len(want)), strict: t.Strict}
		for i, f := range want {
			for _, name := range f.Names {
				raw, ok := object[name]
				if !ok {
					continue
				}
				var err error
				if r.cells[i], err = jsonCell(raw); err != nil {
					return at.Errorf("field %s: %w", name, err)
				}
				break
			}
			if r.cells[i].kind == absent && !f.Optional {
				return at.Errorf("the line has no field %s", f)
			}
		}
		return do(r)
	})
}

// jsonCell reads a string, number, boolean, null (absent), or a list of those. A list
// within a list joins it.
func jsonCell(raw json.RawMessage) (cell, error) {
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return cell{kind: scalar, one: text}, err
	case '[':
		var parts []json.RawMessage
		if err := json.Unmarshal(raw, &parts); err != nil {
			return cell{}, err
		}
		out := cell{kind: list, many: make([]string, 0, len(parts))}
		for i, part := range parts {
			c, err := jsonCell(part)
			if err != nil {
				return cell{}, err
			}
			switch c.kind {
			case absent:
				return cell{}, fmt.Errorf("value %d is null", i+1)
			case scalar:
				out.many = append(out.many, c.one)
			default:
				out.many = append(out.many, c.many...)
			}
		}
		return out, nil
	case '{':
		return cell{}, errors.New("it is an object")
	case 'n':
		return cell{}, nil
	case 't':
		return cell{kind: scalar, one: "1"}, nil
	case 'f':
		return cell{kind: scalar, one: "0"}, nil
	}
	return cell{kind: scalar, one: string(raw)}, nil
}
