package parquet

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// halfType is Parquet's FLOAT16, which the library's types do not have.
type halfType struct{ parquet.Type }

// LogicalType says what the two bytes are.
func (halfType) LogicalType() *format.LogicalType {
	return &format.LogicalType{Value: new(format.Float16Type)}
}

// FloatNode returns a column of float32 or, if half, of float16 values.
func FloatNode(half bool) parquet.Node {
	if half {
		return parquet.Leaf(halfType{parquet.FixedLenByteArrayType(2)})
	}
	return parquet.Leaf(parquet.FloatType)
}
