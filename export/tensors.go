package export

import (
	"io"
	"strconv"

	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// writeTensors writes model.safetensors: "embeddings" K×D and, where the model
// has them, "weights" V float64 and "mapping" V int32, the types of the
// reference. The rows go to the file from where they lie, without a copy.
func writeTensors(w io.Writer, m *static.Model) error {
	table := m.Table()
	list := map[string]tensors.Tensor{"embeddings": tensors.FromTable(table)}
	if weights := m.Weights(); weights != nil {
		list["weights"] = tensors.FromFloat64s(weights)
	}
	if mapping := m.Mapping(); mapping != nil {
		list["mapping"] = tensors.FromInt32s(mapping)
	}
	var metadata map[string]string
	if table.Type == matrix.Int8 && table.Scale != 0 {
		metadata = map[string]string{static.ScaleKey: strconv.FormatFloat(table.Scale, 'g', -1, 64)}
	}
	return tensors.Write(w, list, metadata)
}
