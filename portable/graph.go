package portable

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// opset is the version of the operators: that of the reference's own export.
const opset = 18

// graph returns the model as a graph with the inputs input_ids and attention_mask, B×T,
// and one output, B×D, or B×C with a head.
//
// The output is what static.Model.Encode gives for the text that the tokens are of. Tokens
// of which attention_mask is 0, unknown ones and those without a row count for nothing; no
// token left gives zeros. Rows are widened after they are picked, so that the file and the
// memory are those of the stored type; float64 rows are stored as float32, in which they
// are summed.
func graph(m *static.Model, h *Head) (*onnx.Graph, error) {
	b := &builder{Graph: onnx.Graph{Opset: opset, Inputs: []onnx.Value{
		value("input_ids", onnx.Int64, onnx.Symbol("batch"), onnx.Symbol("sequence")),
		value("attention_mask", onnx.Int64, onnx.Symbol("batch"), onnx.Symbol("sequence")),
	}}}
	kept := b.kept(m)          // B×T bool
	vectors := b.mean(m, kept) // B×D
	if m.Config().Normalize {  //
		vectors = b.unit(vectors) // B×D
	}
	name, width := "embeddings", m.Dims()
	if h != nil {
		if err := h.check(width); err != nil {
			return nil, err
		}
		vectors, name, width = b.head(h, vectors), h.output(), h.width(width) // B×C
	}
	b.node("Identity", name, vectors)
	b.Outputs = []onnx.Value{value(name, onnx.Float32, onnx.Symbol("batch"), onnx.Fixed(int64(width)))}
	return &b.Graph, nil
}

// builder adds nodes and constants to a graph.
type builder struct{ onnx.Graph }

// node adds an operator of one output, and returns the output's name.
func (b *builder) node(op, output string, inputs ...string) string {
	b.Nodes = append(b.Nodes, onnx.Node{Op: op, Inputs: inputs, Outputs: []string{output}})
	return output
}

// with adds an integer attribute to the last node.
func (b *builder) with(name string, n int64) {
	last := &b.Nodes[len(b.Nodes)-1]
	last.Attributes = append(last.Attributes, onnx.Attribute{Name: name, Int: n})
}

// cast adds a conversion of values.
func (b *builder) cast(output, input string, to onnx.ElemType) string {
	b.node("Cast", output, input)
	b.with("to", int64(to))
	return output
}

// constant adds an initializer of bytes.
func (b *builder) constant(name string, t onnx.ElemType, raw []byte, dims ...int64) string {
	b.Initializers = append(b.Initializers, onnx.Weights{Name: name, Type: t, Dims: dims, Raw: raw})
	return name
}

// kept says which tokens count, B×T.
func (b *builder) kept(m *static.Model) string {
	kept := b.cast("attended", "attention_mask", onnx.Bool)
	if unk, ok := m.UnkID(); ok {
		b.constant("unknown_id", onnx.Int64, onnx.Int64s(int64(unk)))
		b.node("Equal", "unknown", "input_ids", "unknown_id")
		kept = b.node("And", "known", kept, b.node("Not", "not_unknown", "unknown"))
	}
	if n := ids(m); m.Size() > n {
		b.constant("ids", onnx.Int64, onnx.Int64s(int64(n)))
		kept = b.node("And", "kept", kept, b.node("Less", "has_row", "input_ids", "ids"))
	}
	return kept
}

// ids is how many token ids have a row, from 0 on.
func ids(m *static.Model) int {
	n := m.Table().Rows
	if mapping := m.Mapping(); mapping != nil {
		n = len(mapping)
	}
	if weights := m.Weights(); weights != nil {
		n = min(n, len(weights))
	}
	return n
}

// mean returns the mean of the kept tokens' rows, each times its weight, B×D.
func (b *builder) mean(m *static.Model, kept string) string {
	b.constant("zero", onnx.Int64, onnx.Int64s(0))
	b.constant("one", onnx.Float32, onnx.Floats(1))
	b.constant("tokens_axis", onnx.Int64, onnx.Int64s(1), 1)
	counted := b.cast("counted", kept, onnx.Float32)                                               // B×T of 0 and 1
	tokens := b.node("Max", "tokens", b.node("ReduceSum", "count", counted, "tokens_axis"), "one") // B×1
	id := b.node("Where", "id", kept, "input_ids", "zero")                                         // B×T
	factor := counted
	if weights := m.Weights(); weights != nil {
		b.constant("weights", onnx.Float32, floats(weights), int64(len(weights)))
		factor = b.node("Mul", "factor", counted, b.node("Gather", "weight", "weights", id)) // B×T
	}
	row := id
	if mapping := m.Mapping(); mapping != nil {
		b.constant("mapping", onnx.Int32, int32s(mapping), int64(len(mapping)))
		row = b.node("Gather", "row", "mapping", id) // B×T
	}
	b.table(m.Table())
	rows := b.node("Gather", "rows", "rows_stored", row) // B×T×D
	if t := storedAs(m.Table().Type); t != onnx.Float32 {
		rows = b.cast("rows_wide", rows, onnx.Float32)
	}
	across := b.node("Unsqueeze", "factor_across", factor, "tokens_axis")                        // B×1×T
	sum := b.node("Squeeze", "sum", b.node("MatMul", "sum_across", across, rows), "tokens_axis") // B×D
	mean := b.node("Div", "mean", sum, tokens)                                                   // B×D
	if scale := m.Table().Scale; m.Table().Type == matrix.Int8 && scale != 0 {
		b.constant("scale", onnx.Float32, onnx.Floats(float32(scale)))
		mean = b.node("Mul", "mean_scaled", mean, "scale")
	}
	return mean
}

// unit divides vectors, B×D, by their norm plus 1e-32, which keeps zeros zero.
func (b *builder) unit(vectors string) string {
	b.constant("tiny", onnx.Float32, onnx.Floats(1e-32))
	norm := b.node("ReduceL2", "norm", vectors, "tokens_axis") // B×1
	return b.node("Div", "unit", vectors, b.node("Add", "norm_not_zero", norm, "tiny"))
}

// storedAs is the type of rows in the graph.
func storedAs(t matrix.Type) onnx.ElemType {
	switch t {
	case matrix.Float16:
		return onnx.Float16
	case matrix.Int8:
		return onnx.Int8
	case matrix.Float32, matrix.Float64:
	}
	return onnx.Float32
}

// table adds the rows, K×D.
func (b *builder) table(t *matrix.Table) {
	w := onnx.Weights{Name: "rows_stored", Type: storedAs(t.Type), Dims: []int64{int64(t.Rows), int64(t.Cols)}, Raw: t.Bytes}
	if t.Type == matrix.Float64 {
		w.Raw, w.Length = nil, 4*int64(t.Rows)*int64(t.Cols)
		w.Fill = func(out io.Writer) error { return narrow(out, t) }
	}
	b.Initializers = append(b.Initializers, w)
}

// narrow writes a table's values as float32.
func narrow(w io.Writer, t *matrix.Table) error {
	row := make([]float32, t.Cols)
	for i := range t.Rows {
		t.Row(i, row)
		if _, err := w.Write(onnx.Floats(row...)); err != nil {
			return err
		}
	}
	return nil
}

func floats(values []float64) []byte {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
	}
	return raw
}

func int32s(values []int32) []byte {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
	}
	return raw
}

func value(name string, t onnx.ElemType, dims ...onnx.Dim) onnx.Value {
	return onnx.Value{Name: name, Type: t, Dims: dims, Ranked: true}
}
