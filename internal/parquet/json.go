package parquet

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Values reads a column of one string, number, true or false a row, as JSON.
type Values struct {
	scalars
	unsigned bool
}

// Values returns a reader of the column at a path such as "id" or "a.b". Dates and
// times are the numbers that they are stored as.
func (f *File) Values(path string) (v *Values, err error) {
	defer Recover(&err)
	leaf, err := f.leaf(path)
	if err != nil {
		return nil, err
	}
	kind := leaf.Node.Type().Kind()
	if kind == parquet.Int96 || kind == parquet.FixedLenByteArray || leaf.MaxRepetitionLevel > 0 {
		return nil, fmt.Errorf("column %q holds %s, not one string, number, true or false a row", path, content(leaf))
	}
	v = &Values{scalars: scalars{pages: f.pages(leaf), rows: f.NumRows()}}
	if logical := leaf.Node.Type().LogicalType(); logical != nil {
		integer, ok := logical.Value.(*format.IntType)
		v.unsigned = ok && !integer.IsSigned
	}
	return v, nil
}

// Next returns the value of the next row, nil for null and for numbers that are not
// finite, which JSON has not; io.EOF after the last row.
func (v *Values) Next() (json.RawMessage, error) {
	value, err := v.next()
	if err != nil || value.IsNull() {
		return nil, err
	}
	switch value.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(nil, value.Boolean()), nil
	case parquet.Int32:
		if v.unsigned {
			return strconv.AppendUint(nil, uint64(value.Uint32()), 10), nil
		}
		return strconv.AppendInt(nil, int64(value.Int32()), 10), nil
	case parquet.Int64:
		if v.unsigned {
			return strconv.AppendUint(nil, value.Uint64(), 10), nil
		}
		return strconv.AppendInt(nil, value.Int64(), 10), nil
	case parquet.Float:
		return number(float64(value.Float()), 32), nil
	case parquet.Double:
		return number(value.Double(), 64), nil
	default:
		return json.Marshal(string(value.ByteArray()))
	}
}

func number(x float64, bits int) json.RawMessage {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return strconv.AppendFloat(nil, x, 'g', -1, bits)
}
