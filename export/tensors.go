package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

var tensorTypes = map[matrix.Type]safetensors.DType{
	matrix.Float16: safetensors.F16,
	matrix.Float32: safetensors.F32,
	matrix.Float64: safetensors.F64,
	matrix.Int8:    safetensors.I8,
}

// writeTensors writes model.safetensors: "embeddings" K×D and, where the model
// has them, "weights" V float64 and "mapping" V int32, the types of the
// reference. The rows go to the file from where they lie, without a copy.
//
// Tensors are in the order of their types' size and the header is padded to 8
// bytes, so that every tensor is aligned and float32 rows can be mapped.
func writeTensors(w io.Writer, m *static.Model) error {
	table := m.Table()
	tensors := map[string]safetensors.TensorView{}
	add := func(name string, typ safetensors.DType, data []byte, shape ...int) error {
		sizes := make([]uint64, len(shape))
		for i, n := range shape {
			sizes[i] = uint64(n)
		}
		view, err := safetensors.NewTensorView(typ, sizes, data)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		tensors[name] = view
		return nil
	}
	if err := add("embeddings", tensorTypes[table.Type], table.Bytes, table.Rows, table.Cols); err != nil {
		return err
	}
	if weights := m.Weights(); weights != nil {
		data := make([]byte, 0, 8*len(weights))
		for _, v := range weights {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		if err := add("weights", safetensors.F64, data, len(weights)); err != nil {
			return err
		}
	}
	if mapping := m.Mapping(); mapping != nil {
		data := make([]byte, 0, 4*len(mapping))
		for _, v := range mapping {
			data = binary.LittleEndian.AppendUint32(data, uint32(v))
		}
		if err := add("mapping", safetensors.I32, data, len(mapping)); err != nil {
			return err
		}
	}
	var metadata map[string]string
	if table.Type == matrix.Int8 && table.Scale != 0 {
		metadata = map[string]string{static.ScaleKey: strconv.FormatFloat(table.Scale, 'g', -1, 64)}
	}
	return safetensors.SerializeToWriter(tensors, metadata, w)
}
