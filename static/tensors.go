package static

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// ScaleKey is where the metadata of model.safetensors keeps the scale of int8
// rows: value = byte × scale. Other programs ignore it, and need not know it:
// a cosine does not change with it.
const ScaleKey = "m2v.scale"

// The names of tensors in model.safetensors: the rows as model2vec and
// sentence-transformers call them (and "0", which model2vec-rs reads too), the
// tokens' weights and their rows.
var rowsNames = []string{"embeddings", "embedding.weight", "0"}

const (
	weightsName = "weights"
	mappingName = "mapping"
)

// tensors is what a model.safetensors holds. The table aliases the file.
type tensors struct {
	table   *matrix.Table
	weights []float64
	narrow  bool // the weights are not float64 in the file
	mapping []int32
}

// exact tells whether the reference adds rows as float64, as NumPy does with
// whole numbers and with products of anything and float64. Where it adds them
// as float32, so do we, in the same order: the sum of 512 rows differs in the
// sixth digit.
func (t tensors) exact() bool {
	if t.weights != nil && !t.narrow {
		return true
	}
	return t.table.Type == matrix.Float64 || t.table.Type == matrix.Int8 && t.weights == nil
}

// readTensors reads the bytes of a model.safetensors. The library checks every
// size against the bytes that are there before it hands out a tensor.
func readTensors(data []byte) (tensors, error) {
	var t tensors
	st, err := safetensors.Deserialize(data)
	if err != nil {
		return t, err
	}
	if t.table, err = readTable(st, data); err != nil {
		return t, err
	}
	if view, ok := st.Tensor(weightsName); ok {
		t.narrow = view.DType() != safetensors.F64
		if t.weights, err = readWeights(view); err != nil {
			return t, err
		}
	}
	if view, ok := st.Tensor(mappingName); ok {
		if t.mapping, err = readMapping(view); err != nil {
			return t, err
		}
	}
	return t, nil
}

// findRows returns the tensor of rows under any of its names.
func findRows(st safetensors.SafeTensors) (string, safetensors.TensorView, bool) {
	for _, name := range rowsNames {
		if view, ok := st.Tensor(name); ok {
			return name, view, true
		}
	}
	return "", safetensors.TensorView{}, false
}

var tableTypes = map[safetensors.DType]matrix.Type{
	safetensors.F16: matrix.Float16,
	safetensors.F32: matrix.Float32,
	safetensors.F64: matrix.Float64,
	safetensors.I8:  matrix.Int8,
}

func readTable(st safetensors.SafeTensors, data []byte) (*matrix.Table, error) {
	name, view, ok := findRows(st)
	if !ok {
		return nil, fmt.Errorf("no tensor %s, only %s", strings.Join(rowsNames[:2], " or "), listNames(st.Names()))
	}
	typ, ok := tableTypes[view.DType()]
	if !ok {
		return nil, fmt.Errorf("tensor %s is %s, not F16, F32, F64 or I8", name, view.DType())
	}
	shape := view.Shape()
	if len(shape) != 2 {
		return nil, fmt.Errorf("tensor %s has shape %v, not rows × columns", name, shape)
	}
	if shape[0] == 0 || shape[1] == 0 {
		return nil, fmt.Errorf("tensor %s of shape %v is empty", name, shape)
	}
	table := &matrix.Table{Type: typ, Rows: int(shape[0]), Cols: int(shape[1]), Bytes: view.Data()}
	if typ != matrix.Int8 {
		return table, nil
	}
	_, metadata, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, err
	}
	if text, ok := metadata.Metadata()[ScaleKey]; ok {
		scale, err := strconv.ParseFloat(text, 64)
		if err != nil || !(scale > 0) || math.IsInf(scale, 0) {
			return nil, fmt.Errorf("metadata %s is %q, not a positive number", ScaleKey, text)
		}
		table.Scale = scale
	}
	return table, nil
}

// listNames names a few tensors, in order.
func listNames(names []string) string {
	if len(names) == 0 {
		return "an empty file"
	}
	slices.Sort(names)
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d others", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func readWeights(view safetensors.TensorView) ([]float64, error) {
	if len(view.Shape()) != 1 {
		return nil, fmt.Errorf("tensor %s has shape %v, not one value a token", weightsName, view.Shape())
	}
	data := view.Data()
	switch view.DType() {
	case safetensors.F64:
		return decode(data, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }), nil
	case safetensors.F32:
		return decode(data, 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }), nil
	case safetensors.F16:
		return decode(data, 2, func(b []byte) float64 { return float64(float16.Frombits(binary.LittleEndian.Uint16(b)).Float32()) }), nil
	}
	return nil, fmt.Errorf("tensor %s is %s, not F16, F32 or F64", weightsName, view.DType())
}

func readMapping(view safetensors.TensorView) ([]int32, error) {
	if len(view.Shape()) != 1 {
		return nil, fmt.Errorf("tensor %s has shape %v, not one row a token", mappingName, view.Shape())
	}
	data := view.Data()
	switch view.DType() {
	case safetensors.I32:
		return decode(data, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) }), nil
	case safetensors.I64:
		return decode(data, 8, func(b []byte) int32 {
			v := int64(binary.LittleEndian.Uint64(b))
			if v < 0 || v > math.MaxInt32 {
				return -1 // no row: refused with the others that are none
			}
			return int32(v)
		}), nil
	}
	return nil, fmt.Errorf("tensor %s is %s, not I32 or I64", mappingName, view.DType())
}

// decode reads values of size bytes each.
func decode[T any](data []byte, size int, value func([]byte) T) []T {
	values := make([]T, len(data)/size)
	for i := range values {
		values[i] = value(data[i*size : (i+1)*size])
	}
	return values
}
