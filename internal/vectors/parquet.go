package vectors

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"

	parquetfile "github.com/m2v-dev/m2v/internal/parquet"
	"github.com/m2v-dev/m2v/matrix"
)

// VectorColumn is the column of a Parquet file, or the key of an object, that holds vectors.
const VectorColumn = "vector"

// groupBytes is how much of vectors a row group holds, which stands in memory.
const groupBytes = 16 << 20

// table writes a Parquet file: a column of optional strings for each name of Keep, and
// "vector", a list of floats, in the order of the columns' names.
type table struct {
	options Options
	out     *parquet.GenericWriter[any] // of rows
	keep    []int                       // the column of each name
	vector  int                         // that of the vectors
	group   int                         // rows of a row group
	held    int                         // rows since the last group
	row     parquet.Row
}

func newTable(w io.Writer, o Options) *table {
	columns := parquet.Group{VectorColumn: parquet.List(parquet.Encoded(parquetfile.FloatNode(o.Type == matrix.Float16), &parquet.Plain))}
	for _, name := range o.Keep {
		columns[name] = parquet.Optional(parquet.Compressed(parquet.String(), &parquet.Zstd))
	}
	schema := parquet.NewSchema("vectors", columns)
	t := &table{options: o, group: max(1, groupBytes/max(1, o.Cols*o.Type.Size()))}
	at := func(path ...string) int {
		leaf, _ := schema.Lookup(path...)
		return leaf.ColumnIndex
	}
	for _, name := range o.Keep {
		t.keep = append(t.keep, at(name))
	}
	t.vector = at(VectorColumn, "list", "element")
	skip := []parquet.WriterOption{schema, parquet.CreatedBy("m2v", "1", "vectors"), parquet.SkipPageBounds(VectorColumn, "list", "element")}
	for _, name := range o.Keep {
		skip = append(skip, parquet.SkipPageBounds(name))
	}
	t.out = parquet.NewGenericWriter[any](w, skip...)
	return t
}

// add writes rows that Options.AppendKept has made.
func (t *table) add(data []byte, rows int) error {
	for range rows {
		var kept [][]byte
		vector, rest := t.options.frame(data, func(value []byte) { kept = append(kept, value) })
		data = rest
		if _, err := t.out.WriteRows([]parquet.Row{t.build(kept, vector)}); err != nil {
			return err
		}
		if t.held++; t.held == t.group {
			t.held = 0
			if err := t.out.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// build returns a row in the order of the columns.
func (t *table) build(kept [][]byte, vector []byte) parquet.Row {
	t.row = t.row[:0]
	for column := range len(t.keep) + 1 {
		if column == t.vector {
			t.row = t.appendVector(t.row, vector)
			continue
		}
		for k, at := range t.keep {
			switch {
			case at != column:
			case kept[k] == nil:
				t.row = append(t.row, parquet.NullValue().Level(0, 0, column))
			default:
				t.row = append(t.row, parquet.ByteArrayValue(kept[k]).Level(0, 1, column))
			}
		}
	}
	return t.row
}

// appendVector appends the values of a list.
func (t *table) appendVector(row parquet.Row, vector []byte) parquet.Row {
	size := t.options.Type.Size()
	if len(vector) == 0 { // a list without elements
		return append(row, parquet.NullValue().Level(0, 0, t.vector))
	}
	for j := 0; j < len(vector); j += size {
		v := parquet.FixedLenByteArrayValue(vector[j : j+size])
		if size == 4 {
			v = parquet.FloatValue(math.Float32frombits(binary.LittleEndian.Uint32(vector[j:])))
		}
		row = append(row, v.Level(min(j, 1), 1, t.vector))
	}
	return row
}
