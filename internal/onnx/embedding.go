package onnx

import (
	"fmt"
	"strings"
)

// Embedding is the table whose rows input_ids select, in the form in which the
// graph stores it.
type Embedding struct {
	Name       string // of the table's tensor
	Rows, Cols int    // ids must be below Rows
	Type       ElemType
	// Quantized is the operator that turns stored integers into floats, such as
	// "DequantizeLinear", or "" if the table holds floats.
	Quantized string

	table, scale, zero *Tensor
	axis               int64 // of the scales: 0 rows, 1 columns
	block              int64 // values of one scale along axis; 0: one scale for each index of axis
	packed             bool  // two 4-bit values in each byte of a uint8 tensor
	implicitZero       float32
}

// through are the operators that hand ids on unchanged, as far as which rows
// they select is concerned.
var through = map[string]bool{"Cast": true, "Identity": true, "Reshape": true, "Unsqueeze": true, "Squeeze": true, "Flatten": true}

// Embedding finds the table that the input named ids indexes, through Cast and
// the like. ok is false if the graph has none that can be followed.
func (m *Model) Embedding(ids string) (e *Embedding, ok bool) {
	same := map[string]bool{ids: true}
	// Nodes come in topological order, so one pass sees each value after its maker.
	for i := range m.nodes {
		n := &m.nodes[i]
		if len(n.inputs) == 0 || len(n.outputs) == 0 {
			continue
		}
		if through[n.op] && same[n.inputs[0]] {
			same[n.outputs[0]] = true
			continue
		}
		if e := m.tableOf(n, same); e != nil {
			return e, true
		}
	}
	return nil, false
}

// tableOf returns the table that n looks up by one of the values in ids, or nil.
func (m *Model) tableOf(n *node, ids map[string]bool) *Embedding {
	input := func(i int) *Tensor {
		if i < len(n.inputs) {
			return m.Initializers[n.inputs[i]]
		}
		return nil
	}
	switch n.op {
	case "Gather":
		if len(n.inputs) < 2 || !ids[n.inputs[1]] || n.ints["axis"] != 0 {
			return nil
		}
		if e := m.stored(n.inputs[0]); e != nil {
			return e.complete(m, n.outputs[0])
		}
	case "GatherBlockQuantized":
		if len(n.inputs) < 3 || !ids[n.inputs[1]] || n.ints["gather_axis"] != 0 {
			return nil
		}
		return blockQuantized(n, input(0), input(2), input(3))
	case "EmbedLayerNormalization":
		if ids[n.inputs[0]] {
			return floatTable(input(2))
		}
	case "QEmbedLayerNormalization":
		if e := floatTable(input(2)); e != nil && ids[n.inputs[0]] && input(8) != nil {
			e.Quantized, e.scale, e.zero = n.op, input(8), input(13)
			return e
		}
	}
	return nil
}

// stored follows value back to a rank-2 initializer, through the operators that
// change its type only.
func (m *Model) stored(value string) *Embedding {
	for range maxDepth {
		if t, ok := m.Initializers[value]; ok {
			return floatTable(t)
		}
		at, ok := m.producer[value]
		if !ok {
			return nil
		}
		n := &m.nodes[at]
		switch {
		case len(n.inputs) == 0:
			return nil
		case n.op == "DequantizeLinear":
			e := m.stored(n.inputs[0])
			if e == nil || !e.dequantize(m, n) {
				return nil
			}
			return e
		case n.op != "Cast" && n.op != "Identity":
			return nil
		}
		value = n.inputs[0]
	}
	return nil
}

func floatTable(t *Tensor) *Embedding {
	if t == nil || len(t.Dims) != 2 || t.Dims[0] <= 0 || t.Dims[1] <= 0 || t.Dims[0] > 1<<31 || t.Dims[1] > 1<<24 {
		return nil
	}
	return &Embedding{Name: t.Name, Rows: int(t.Dims[0]), Cols: int(t.Dims[1]), Type: t.Type, table: t}
}

// dequantize takes scale and zero point from a DequantizeLinear node.
func (e *Embedding) dequantize(m *Model, n *node) bool {
	if len(n.inputs) < 2 {
		return false
	}
	e.scale = m.Initializers[n.inputs[1]]
	if len(n.inputs) > 2 && n.inputs[2] != "" {
		if e.zero = m.Initializers[n.inputs[2]]; e.zero == nil {
			return false
		}
	}
	e.Quantized, e.axis, e.block = n.op, 1, n.ints["block_size"] // the operator's default axis is 1
	if axis, ok := n.ints["axis"]; ok {
		e.axis = axis
	}
	if e.axis < 0 {
		e.axis += 2
	}
	return e.scale != nil && (e.axis == 0 || e.axis == 1)
}

// complete looks for a DequantizeLinear after the lookup: dynamic quantization
// of exported graphs gathers the integers and widens what was gathered.
func (e *Embedding) complete(m *Model, gathered string) *Embedding {
	if e.scale != nil || isFloat(e.Type) {
		return e
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		if n.op == "DequantizeLinear" && len(n.inputs) > 1 && n.inputs[0] == gathered {
			e.dequantize(m, n)
			break
		}
	}
	return e
}

func isFloat(t ElemType) bool {
	return t == Float32 || t == Float16 || t == BFloat16 || t == Float64
}

// blockQuantized is the table of com.microsoft.GatherBlockQuantized: blocks of
// block_size values along the row share a scale and a zero point.
func blockQuantized(n *node, table, scale, zero *Tensor) *Embedding {
	e := floatTable(table)
	if e == nil || scale == nil {
		return nil
	}
	axis, ok := n.ints["quantize_axis"]
	if !ok {
		axis = 1
	}
	if axis < 0 {
		axis += 2
	}
	bits, ok := n.ints["bits"]
	if !ok {
		bits = 4
	}
	block, ok := n.ints["block_size"]
	if !ok {
		block = 128
	}
	e.Quantized, e.scale, e.zero, e.axis, e.block = n.op, scale, zero, axis, block
	if table.Type == Uint8 {
		e.implicitZero = float32(int(1) << (bits - 1)) // unsigned storage without zero points is centred
		if bits == 4 {
			e.packed = true
			e.Cols *= 2
		}
	}
	if axis != 1 || block <= 0 || (bits != 4 && bits != 8) {
		return nil
	}
	return e
}

// Positions returns the number of rows of the table of learned positions, found
// by its usual name, or false: a graph with rotary or no positions has none.
func (m *Model) Positions() (rows int, ok bool) {
	for name, t := range m.Initializers {
		if strings.Contains(name, "position_embeddings") && len(t.Dims) == 2 && t.Dims[0] > 0 && t.Dims[0] < 1<<31 {
			rows, ok = max(rows, int(t.Dims[0])), true
		}
	}
	return rows, ok
}

// String returns the table as "embeddings.word.weight 30522×384 float32".
func (e *Embedding) String() string {
	return fmt.Sprintf("%s %d×%d %s", e.Name, e.Rows, e.Cols, e.Type)
}
