package texts

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/parquet"
)

// column takes the strings of a column of a Parquet file, page by page.
type column struct {
	in   *input
	rows int64 // of the file
	row  int64 // of the last value returned, from 1
	max  int
	*parquet.Strings
	beside []*parquet.Values // the columns of Options.Keep
	values []json.RawMessage // of the last row
}

// newParquet opens in, whose file is open, at the column that o names.
func newParquet(in *input, o Options) (*column, error) {
	file, err := parquet.Open(in.file, in.size)
	if err != nil {
		var start [len(lfsPointer)]byte
		if _, short := in.file.ReadAt(start[:], 0); short == nil && string(start[:]) == lfsPointer {
			return nil, notText(start[:])
		}
		return nil, files.Bare(err)
	}
	strings, err := file.Strings(o.Field)
	if err != nil {
		return nil, err
	}
	c := &column{in: in, rows: file.NumRows(), max: o.MaxBytes, Strings: strings, values: make([]json.RawMessage, len(o.Keep))}
	for _, name := range o.Keep {
		values, err := file.Values(name)
		if err != nil {
			return nil, err
		}
		c.beside = append(c.beside, values)
	}
	return c, nil
}

func (c *column) kept(dst []json.RawMessage) []json.RawMessage { return append(dst, c.values...) }

func (c *column) next() (text string, line int64, err error) {
	data, null, err := c.Next()
	if err != nil {
		return "", c.row + 1, err
	}
	for i, values := range c.beside {
		if c.values[i], err = values.Next(); err != nil {
			return "", c.row + 1, fmt.Errorf("a kept column: %w", err)
		}
	}
	c.row++
	if c.rows > 0 {
		c.in.done.Store(int64(float64(c.in.size) * min(1, float64(c.row)/float64(c.rows))))
	}
	if null {
		return "", c.row, bad{errors.New("null, not a string")}
	}
	if len(data) > c.max {
		return "", c.row, bad{fmt.Errorf("%w: more than %d bytes", ErrTooLong, c.max)}
	}
	return string(data), c.row, nil
}
