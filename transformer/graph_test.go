package transformer

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/onnx"
)

// Shape of the tests' teachers: V rows of H values.
const (
	rows  = 8
	width = 4
)

// value is entry (i, j) of the tests' table; exact in float16.
func value(i, j int) float32 { return float32(i*width+j) / 4 }

func tableValues() []float32 {
	values := make([]float32, 0, rows*width)
	for i := range rows {
		for j := range width {
			values = append(values, value(i, j))
		}
	}
	return values
}

func input(name string, t onnx.ElemType) onnx.Value {
	return onnx.Value{Name: name, Type: t, Dims: []onnx.Dim{onnx.Symbol("batch"), onnx.Symbol("batch")}} // all-MiniLM's lie too
}

func output(name string, t onnx.ElemType, dims ...onnx.Dim) onnx.Value {
	return onnx.Value{Name: name, Type: t, Dims: dims, Ranked: true}
}

// states are the dimensions of a hidden state of the tests' width.
func states(last int64) []onnx.Dim {
	return []onnx.Dim{onnx.Symbol("b"), onnx.Symbol("t"), onnx.Fixed(last)}
}

// teacher is the smallest one: last_hidden_state = table[input_ids].
func teacher() *onnx.Graph {
	return &onnx.Graph{
		Inputs:       []onnx.Value{input("input_ids", onnx.Int64), input("attention_mask", onnx.Int64)},
		Outputs:      []onnx.Value{output("last_hidden_state", onnx.Float32, states(width)...)},
		Nodes:        []onnx.Node{{Op: "Gather", Inputs: []string{"table", "input_ids"}, Outputs: []string{"last_hidden_state"}}},
		Initializers: []onnx.Weights{{Name: "table", Type: onnx.Float32, Dims: []int64{rows, width}, Raw: onnx.Floats(tableValues()...)}},
	}
}

// save writes a teacher's folder: the graph, and files by name.
func save(t testing.TB, g *onnx.Graph, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("onnx/model.onnx", g.Marshal())
	for name, content := range files {
		write(name, []byte(content))
	}
	return dir
}

// renamed gives the graph's only output another name.
func renamed(name string) *onnx.Graph {
	g := teacher()
	g.Outputs[0].Name, g.Nodes[0].Outputs[0] = name, name
	return g
}

func halfTeacher() *onnx.Graph {
	g := teacher()
	var raw []byte
	for _, v := range tableValues() {
		raw = binary.LittleEndian.AppendUint16(raw, float16.Fromfloat32(v).Bits())
	}
	g.Initializers[0].Type, g.Initializers[0].Raw = onnx.Float16, raw
	g.Outputs[0].Type = onnx.Float16
	return g
}

func externalTeacher() *onnx.Graph {
	g := teacher()
	w := &g.Initializers[0]
	w.External, w.Offset, w.Length, w.Raw = "model.onnx_data", 8, 4*rows*width, nil
	return g
}

func narrowTeacher() *onnx.Graph {
	g := teacher()
	g.Inputs[0].Type, g.Inputs[1].Type = onnx.Int32, onnx.Int32
	return g
}

// positionTeacher adds 100 × position + 1000 × type + mask to each value.
func positionTeacher() *onnx.Graph {
	g := teacher()
	g.Inputs = append(g.Inputs, input("token_type_ids", onnx.Int64), input("position_ids", onnx.Int32))
	column := func(name string, scale ...float32) {
		g.Initializers = append(g.Initializers, onnx.Weights{Name: name, Type: onnx.Float32,
			Dims: []int64{int64(len(scale)), 1}, Raw: onnx.Floats(scale...)})
	}
	column("position", 0, 100, 200, 300, 400)
	column("type", 0, 1000)
	column("one", 0, 1)
	g.Nodes = []onnx.Node{
		{Op: "Gather", Inputs: []string{"table", "input_ids"}, Outputs: []string{"w"}},
		{Op: "Gather", Inputs: []string{"position", "position_ids"}, Outputs: []string{"p"}},
		{Op: "Gather", Inputs: []string{"type", "token_type_ids"}, Outputs: []string{"t"}},
		{Op: "Gather", Inputs: []string{"one", "attention_mask"}, Outputs: []string{"m"}},
		{Op: "Add", Inputs: []string{"w", "p"}, Outputs: []string{"wp"}},
		{Op: "Add", Inputs: []string{"t", "m"}, Outputs: []string{"tm"}},
		{Op: "Add", Inputs: []string{"wp", "tm"}, Outputs: []string{"last_hidden_state"}},
	}
	return g
}

func pastTeacher() *onnx.Graph {
	g := teacher()
	for _, name := range []string{"past_key_values.0.key", "past_key_values.0.value"} {
		g.Inputs = append(g.Inputs, onnx.Value{Name: name, Type: onnx.Float32,
			Dims: []onnx.Dim{onnx.Symbol("batch"), onnx.Fixed(2), onnx.Symbol("past"), onnx.Fixed(3)}})
	}
	return g
}

// pooledTeacher has both kinds of output if both is true, else the pooled only.
// Its pooled output is the mean over all positions, padding too.
func pooledTeacher(name string, both bool) *onnx.Graph {
	g := teacher()
	g.Nodes = append(g.Nodes, onnx.Node{Op: "ReduceMean", Inputs: []string{"last_hidden_state"}, Outputs: []string{name},
		Attributes: []onnx.Attribute{{Name: "axes", Ints: []int64{1}}, {Name: "keepdims", Int: 0}}})
	pooled := output(name, onnx.Float32, onnx.Symbol("b"), onnx.Fixed(width))
	if both {
		g.Outputs = append(g.Outputs, pooled)
	} else {
		g.Outputs = []onnx.Value{pooled}
	}
	return g
}

// logitsTeacher has scores of the vocabulary besides hidden (if not "").
func logitsTeacher(logits, hidden string) *onnx.Graph {
	g := renamed("h")
	transposed := make([]float32, 0, rows*width)
	for j := range width {
		for i := range rows {
			transposed = append(transposed, value(i, j))
		}
	}
	g.Initializers = append(g.Initializers, onnx.Weights{Name: "head", Type: onnx.Float32, Dims: []int64{width, rows}, Raw: onnx.Floats(transposed...)})
	g.Nodes = append(g.Nodes, onnx.Node{Op: "MatMul", Inputs: []string{"h", "head"}, Outputs: []string{logits}})
	g.Outputs = []onnx.Value{output(logits, onnx.Float32, states(rows)...)}
	if hidden != "" {
		g.Nodes = append(g.Nodes, onnx.Node{Op: "Identity", Inputs: []string{"h"}, Outputs: []string{hidden}})
		g.Outputs = append(g.Outputs, output(hidden, onnx.Float32, states(width)...))
	}
	return g
}

// dynamicTeacher quantizes its states with one scale over the batch.
func dynamicTeacher() *onnx.Graph {
	g := renamed("h")
	g.Outputs[0].Name = "last_hidden_state"
	g.Nodes = append(g.Nodes,
		onnx.Node{Op: "DynamicQuantizeLinear", Inputs: []string{"h"}, Outputs: []string{"q", "scale", "zero"}},
		onnx.Node{Op: "DequantizeLinear", Inputs: []string{"q", "scale", "zero"}, Outputs: []string{"last_hidden_state"}})
	return g
}

func unmaskedTeacher() *onnx.Graph {
	g := teacher()
	g.Inputs = g.Inputs[:1]
	return g
}

func fixedTeacher() *onnx.Graph {
	g := teacher()
	for i := range g.Inputs {
		g.Inputs[i].Dims = []onnx.Dim{onnx.Fixed(2), onnx.Fixed(5)}
	}
	g.Outputs[0].Dims = []onnx.Dim{onnx.Fixed(2), onnx.Fixed(5), onnx.Fixed(width)}
	return g
}

func symbolicTeacher() *onnx.Graph {
	g := renamed("hidden")
	g.Outputs[0].Dims[2] = onnx.Symbol("h")
	return g
}
