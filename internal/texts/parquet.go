package texts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/m2v-dev/m2v/internal/files"
)

// column reads a column of strings of a Parquet file, page by page.
type column struct {
	in     *input
	file   *parquet.File
	index  int // of the column
	max    int
	groups []parquet.RowGroup // that are still to be read
	pages  parquet.Pages      // of the current group; nil between groups
	page   parquet.Page       // nil between pages
	values parquet.ValueReader
	buf    [64]parquet.Value
	queue  []parquet.Value // values of buf that are still to be returned
	row    int64           // of the last value returned, from 1
}

// newParquet opens in, whose file is open, at the column that o names.
func newParquet(in *input, o Options) (c *column, err error) {
	defer recovered(&err)
	if err := checkFooter(in.file, in.size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(in.file, in.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range file.Schema().Columns() {
		names = append(names, strings.Join(path, "."))
	}
	leaf, ok := file.Schema().Lookup(o.Field)
	if !ok {
		return nil, fmt.Errorf("no column %q; the file has %s", o.Field, list(names))
	}
	if kind := leaf.Node.Type().Kind(); kind != parquet.ByteArray || leaf.MaxRepetitionLevel > 0 {
		return nil, fmt.Errorf("column %q holds %s, not one string a row", o.Field, leaf.Node)
	}
	return &column{in: in, file: file, index: leaf.ColumnIndex, max: o.MaxBytes, groups: file.RowGroups()}, nil
}

// checkFooter refuses a footer that claims to be longer than the file: the
// library would allocate what it claims.
func checkFooter(file io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return errors.New("not a Parquet file: it is too short")
	}
	if _, err := file.ReadAt(end[:], size-8); err != nil {
		return files.Bare(err)
	}
	if string(end[4:]) != "PAR1" {
		return errors.New("not a Parquet file, or one that was cut short: it does not end in PAR1")
	}
	if footer := int64(binary.LittleEndian.Uint32(end[:])); footer > size-12 {
		return fmt.Errorf("corrupt Parquet file: a footer of %d bytes in a file of %d", footer, size)
	}
	return nil
}

func (c *column) next() (text string, line int64, err error) {
	line = c.row + 1
	defer recovered(&err)
	if len(c.queue) == 0 {
		if err := c.fill(); err != nil {
			return "", line, err
		}
	}
	value := c.queue[0]
	c.queue = c.queue[1:]
	c.row++
	if rows := c.file.NumRows(); rows > 0 {
		c.in.done.Store(int64(float64(c.in.size) * min(1, float64(c.row)/float64(rows))))
	}
	if value.IsNull() {
		return "", c.row, bad{errors.New("null, not a string")}
	}
	data := value.ByteArray()
	if len(data) > c.max {
		return "", c.row, bad{fmt.Errorf("%w: more than %d bytes", ErrTooLong, c.max)}
	}
	return string(data), c.row, nil
}

// fill reads the next few values of the file into the queue.
func (c *column) fill() error {
	for {
		if c.values != nil {
			n, err := c.values.ReadValues(c.buf[:])
			if err != nil && err != io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
				return err
			}
			if n > 0 {
				c.queue = c.buf[:n]
				return nil
			}
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		}
		if c.pages != nil {
			page, err := c.pages.ReadPage()
			if err == nil {
				c.page, c.values = page, page.Values()
				continue
			}
			if err != io.EOF { //nolint:errorlint // as above
				return err
			}
			err = c.pages.Close()
			if c.pages = nil; err != nil {
				return err
			}
		}
		if len(c.groups) == 0 {
			if c.row != c.file.NumRows() {
				return fmt.Errorf("corrupt Parquet file: %d rows of %d", c.row, c.file.NumRows())
			}
			return io.EOF
		}
		c.pages = c.groups[0].ColumnChunks()[c.index].Pages()
		c.groups = c.groups[1:]
	}
}

// recovered turns a panic of the Parquet library, which some corrupt files
// cause, into an error: a user's file must not end the program.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("corrupt Parquet file: %v", r)
	}
}
