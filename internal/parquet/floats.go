package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/x448/float16"
)

// maxWidth is the longest list that is taken for a vector.
const maxWidth = 1 << 20

// Floats reads a column of one vector a row: a list, or a list of fixed size, of
// float16, float32 or float64.
type Floats struct {
	pages pages
	kind  parquet.Kind
	full  byte  // the definition level of a value
	rows  int64 // of the file
	row   int64 // rows returned

	levels, defined []byte    // of the current page
	level           int       // the first of levels that is still to be read
	values          []float32 // of the current page, without nulls
	at              int       // the first of values that is still to be returned
	table           []float32 // of the current dictionary
	dictionary      parquet.Dictionary
}

// Floats returns a reader of the column at a path such as "vector" or "a.b".
func (f *File) Floats(path string) (v *Floats, err error) {
	defer Recover(&err)
	leaf, err := f.leaf(path)
	if err != nil {
		return nil, err
	}
	kind := leaf.Node.Type().Kind()
	number := kind == parquet.Float || kind == parquet.Double || kind == parquet.FixedLenByteArray && f.isFloat16(leaf)
	if !number || leaf.MaxRepetitionLevel != 1 {
		return nil, fmt.Errorf("column %q holds %s, not one list of float16, float32 or float64 a row", path, content(leaf))
	}
	return &Floats{pages: f.pages(leaf), kind: kind, full: byte(leaf.MaxDefinitionLevel), rows: f.NumRows()}, nil
}

// Next appends the vector of the next row to dst[:0] and returns it. null says
// that the row, or one of its values, is null: the vector is then what is left.
// It returns io.EOF after the last row.
func (v *Floats) Next(dst []float32) (vector []float32, null bool, err error) {
	defer Recover(&err)
	vector = dst[:0]
	for started := false; ; started = true {
		if v.level == len(v.levels) {
			err := v.fill()
			if err == io.EOF && started { //nolint:errorlint // a wrapped EOF is a file cut short
				break
			}
			if err == io.EOF && v.row != v.rows { //nolint:errorlint // as above
				return nil, false, fmt.Errorf("corrupt Parquet file: it ends after %d of %d rows", v.row, v.rows)
			}
			if err != nil {
				return nil, false, err
			}
		}
		if started && v.levels[v.level] == 0 { // the next row's
			break
		}
		if n := v.run(); n > 0 {
			vector = append(vector, v.values[v.at:v.at+n]...)
			v.at += n
			v.level += n
		} else {
			null = true
			v.level++
		}
		if len(vector) > maxWidth {
			return nil, false, fmt.Errorf("row %d: a list of more than %d values", v.row+1, maxWidth)
		}
	}
	v.row++
	return vector, null, nil
}

// run returns how many values follow that are of one row and not null.
func (v *Floats) run() int {
	defined := v.defined[v.level:]
	levels := v.levels[v.level:][:len(defined)]
	for i, d := range defined {
		if d != v.full || i > 0 && levels[i] == 0 {
			return i
		}
	}
	return len(defined)
}

// fill reads the next page that holds anything.
func (v *Floats) fill() error {
	for v.level == len(v.levels) {
		page, err := v.pages.next()
		if err != nil {
			return err
		}
		if err := v.take(page); err != nil {
			return err
		}
	}
	return nil
}

// take makes page the current one.
func (v *Floats) take(page parquet.Page) error {
	v.levels, v.defined = page.RepetitionLevels(), page.DefinitionLevels()
	v.values, v.at, v.level = v.values[:0], 0, 0
	if dictionary := page.Dictionary(); dictionary != nil {
		if v.dictionary != dictionary {
			v.dictionary = dictionary
			v.table = v.appendTo(v.table[:0], dictionary.Page().Data())
		}
		data := page.Data()
		for _, i := range data.Int32() {
			if i < 0 || int(i) >= len(v.table) {
				return errors.New("corrupt Parquet file: an index beyond the dictionary")
			}
			v.values = append(v.values, v.table[i])
		}
	} else {
		v.values = v.appendTo(v.values, page.Data())
	}
	present := 0
	for _, level := range v.defined {
		if level == v.full {
			present++
		}
	}
	if len(v.levels) != len(v.defined) || present != len(v.values) {
		return fmt.Errorf("corrupt Parquet file: a page of %d values has %d", present, len(v.values))
	}
	return nil
}

// appendTo appends values as float32.
func (v *Floats) appendTo(dst []float32, data encoding.Values) []float32 {
	switch v.kind {
	case parquet.Float:
		return append(dst, data.Float()...)
	case parquet.Double:
		for _, x := range data.Double() {
			dst = append(dst, float32(x))
		}
	default:
		raw, _ := data.FixedLenByteArray()
		for ; len(raw) >= 2; raw = raw[2:] {
			dst = append(dst, float16.Frombits(binary.LittleEndian.Uint16(raw)).Float32())
		}
	}
	return dst
}

// Close gives back what reading holds. The file stays open.
func (v *Floats) Close() { v.pages.close() }
