package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	checked "github.com/m2v-dev/m2v/internal/parquet"
)

// readParquet reads the rows of a Parquet file. A column of lists has the name of the
// list, whatever its inner levels are called.
func (t Table) readParquet(f *os.File, want []Field, do func(r Row) error) (err error) {
	at := Place{File: f.Name()}
	inside := false // do: a panic there is not the file's fault
	defer func() {
		if inside {
			return
		}
		if r := recover(); r != nil { // some corrupt files make the library panic
			err = at.Errorf("corrupt Parquet file: %v", r)
		}
	}()
	file, err := checked.OpenFile(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	leaves, err := leavesOf(file.File, want)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	buffer := make([]parquet.Row, 64)
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		for {
			n, err := rows.ReadRows(buffer)
			for _, values := range buffer[:n] {
				at.Line++
				r := Row{At: at, fields: want, cells: leaves.cells(values, len(want)), strict: t.Strict}
				inside = true
				err := do(r)
				inside = false
				if err != nil {
					_ = rows.Close() // only read
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return at.Errorf("%w", err)
			}
		}
		if err := rows.Close(); err != nil {
			return at.Errorf("%w", err)
		}
	}
	return nil
}

// A leaf is a column of values and the field that it is of.
type leaf struct {
	field    int
	repeated bool
}

// leaves are the leaf columns that hold fields, by column index.
type leaves map[int]leaf

func leavesOf(file *parquet.File, want []Field) (leaves, error) {
	out := leaves{}
	paths := file.Schema().Columns()
	var names []string
	for _, path := range paths {
		if !slices.Contains(names, path[0]) {
			names = append(names, path[0])
		}
	}
	columns, err := locate(names, want)
	if err != nil {
		return nil, err
	}
	for i, k := range columns {
		if k < 0 {
			continue
		}
		for _, path := range paths {
			if path[0] != names[k] {
				continue
			}
			found, ok := file.Schema().Lookup(path...)
			if !ok {
				return nil, fmt.Errorf("column %s cannot be read", strings.Join(path, "."))
			}
			out[found.ColumnIndex] = leaf{field: i, repeated: found.MaxRepetitionLevel > 0}
		}
	}
	return out, nil
}

func (l leaves) cells(values parquet.Row, n int) []cell {
	cells := make([]cell, n)
	for _, v := range values {
		at, ok := l[v.Column()]
		if !ok {
			continue
		}
		c := &cells[at.field]
		if at.repeated {
			c.kind = list
		}
		switch {
		case v.IsNull(): // of a list: it is empty
		case at.repeated:
			c.many = append(c.many, parquetText(v))
		default:
			*c = cell{kind: scalar, one: parquetText(v)}
		}
	}
	return cells
}

// parquetText returns the text that stands for v; true and false are 1 and 0.
func parquetText(v parquet.Value) string {
	switch v.Kind() {
	case parquet.Boolean:
		if v.Boolean() {
			return "1"
		}
		return "0"
	case parquet.Int32:
		return strconv.FormatInt(int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10)
	case parquet.Float:
		return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	}
	return string(v.ByteArray())
}
