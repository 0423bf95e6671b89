package static

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/internal/tensors"
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

// parts is what a model.safetensors holds. The table aliases the file.
type parts struct {
	table   *matrix.Table
	weights []float64
	narrow  bool // the weights are not float64 in the file
	mapping []int32
}

// exact tells whether the reference adds rows as float64, as NumPy does with
// whole numbers and with products of anything and float64. Where it adds them
// as float32, so do we, in the same order: the sum of 512 rows differs in the
// sixth digit.
func (p parts) exact() bool {
	if p.weights != nil && !p.narrow {
		return true
	}
	return p.table.Type == matrix.Float64 || p.table.Type == matrix.Int8 && p.weights == nil
}

// readTensors reads the bytes of a model.safetensors.
func readTensors(data []byte) (parts, error) {
	var p parts
	file, err := tensors.Parse(data)
	if err != nil {
		return p, err
	}
	if p.table, err = readTable(file); err != nil {
		return p, err
	}
	if t, ok := file.Tensor(weightsName); ok {
		p.narrow = t.Type != tensors.F64
		if p.weights, err = aToken(t, weightsName, "value", t.Float64s); err != nil {
			return p, err
		}
	}
	if t, ok := file.Tensor(mappingName); ok {
		// A row that no int32 can name becomes -1, which is refused like every row that does not exist.
		if p.mapping, err = aToken(t, mappingName, "row", t.Int32s); err != nil {
			return p, err
		}
	}
	return p, nil
}

// aToken returns the values of a tensor that has one a token.
func aToken[T any](t tensors.Tensor, name, what string, values func() ([]T, error)) ([]T, error) {
	if len(t.Shape) != 1 {
		return nil, fmt.Errorf("tensor %s has shape %v, not one %s a token", name, t.Shape, what)
	}
	list, err := values()
	if err != nil {
		return nil, fmt.Errorf("tensor %s %w", name, err)
	}
	return list, nil
}

// findRows returns the tensor of rows under any of its names.
func findRows(f *tensors.File) (string, tensors.Tensor, bool) {
	for _, name := range rowsNames {
		if t, ok := f.Tensor(name); ok {
			return name, t, true
		}
	}
	return "", tensors.Tensor{}, false
}

func readTable(f *tensors.File) (*matrix.Table, error) {
	name, t, ok := findRows(f)
	if !ok {
		return nil, fmt.Errorf("no tensor %s, only %s", strings.Join(rowsNames[:2], " or "), listNames(f.Names()))
	}
	table, err := t.Table()
	if err != nil {
		return nil, fmt.Errorf("tensor %s %w", name, err)
	}
	if table.Rows == 0 || table.Cols == 0 {
		return nil, fmt.Errorf("tensor %s of shape %v is empty", name, t.Shape)
	}
	if table.Type != matrix.Int8 {
		return table, nil
	}
	metadata, err := f.Metadata()
	if err != nil {
		return nil, err
	}
	if text, ok := metadata[ScaleKey]; ok {
		scale, err := strconv.ParseFloat(text, 64)
		if err != nil || !(scale > 0) || math.IsInf(scale, 0) {
			return nil, fmt.Errorf("metadata %s is %q, not a positive number", ScaleKey, text)
		}
		table.Scale = scale
	}
	return table, nil
}

// listNames names a few tensors.
func listNames(names []string) string {
	if len(names) == 0 {
		return "an empty file"
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d others", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
