package parquet

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// scalars reads a column of one value a row.
type scalars struct {
	pages  pages
	rows   int64 // of the file
	row    int64 // rows returned
	values parquet.ValueReader
	buf    [64]parquet.Value
	queue  []parquet.Value // values of buf that are still to be returned
}

// next returns the value of the next row, io.EOF after the last row. It is valid
// until the next call.
func (s *scalars) next() (value parquet.Value, err error) {
	defer Recover(&err)
	if len(s.queue) == 0 {
		if err := s.fill(); err != nil {
			return parquet.Value{}, err
		}
	}
	value = s.queue[0]
	s.queue = s.queue[1:]
	s.row++
	return value, nil
}

// fill reads the next few values into the queue.
func (s *scalars) fill() error {
	for {
		if s.values != nil {
			n, err := s.values.ReadValues(s.buf[:])
			if err != nil && err != io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
				return err
			}
			if n > 0 {
				s.queue = s.buf[:n]
				return nil
			}
			s.values = nil
		}
		page, err := s.pages.next()
		if err == io.EOF && s.row != s.rows { //nolint:errorlint // as above
			return fmt.Errorf("corrupt Parquet file: it ends after %d of %d rows", s.row, s.rows)
		}
		if err != nil {
			return err
		}
		s.values = page.Values()
	}
}

// Close gives back what reading holds. The file stays open.
func (s *scalars) Close() { s.pages.close() }

// Strings reads a column of one string a row.
type Strings struct{ scalars }

// Strings returns a reader of the column at a path such as "text" or "a.b".
func (f *File) Strings(path string) (s *Strings, err error) {
	defer Recover(&err)
	leaf, err := f.leaf(path)
	if err != nil {
		return nil, err
	}
	if leaf.Node.Type().Kind() != parquet.ByteArray || leaf.MaxRepetitionLevel > 0 {
		return nil, fmt.Errorf("column %q holds %s, not one string a row", path, content(leaf))
	}
	return &Strings{scalars{pages: f.pages(leaf), rows: f.NumRows()}}, nil
}

// Next returns the string of the next row, or that it is null; io.EOF after the
// last row. The bytes are valid until the next call.
func (s *Strings) Next() (text []byte, null bool, err error) {
	value, err := s.next()
	if err != nil || value.IsNull() {
		return nil, err == nil, err
	}
	return value.ByteArray(), false, nil
}
