package onnx

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/x448/float16"
)

// quantized is the shape that dynamic quantization exports: integers are
// gathered, then widened. Values are (q − 3) × 0.5.
func quantized() *Graph {
	g := lookup(3)
	g.Inputs = g.Inputs[:1]
	g.Initializers = []Weights{
		{Name: "table", Type: Uint8, Dims: []int64{3, 2}, Raw: []byte{3, 4, 5, 6, 7, 1}},
		{Name: "scale", Type: Float32, Raw: Floats(0.5)},
		{Name: "zero", Type: Uint8, Raw: []byte{3}},
	}
	g.Nodes = []Node{
		{Op: "Cast", Inputs: []string{"input_ids"}, Outputs: []string{"ids"}, Attributes: []Attribute{{Name: "to", Int: 7}}},
		{Op: "Gather", Inputs: []string{"table", "ids"}, Outputs: []string{"q"}},
		{Op: "DequantizeLinear", Inputs: []string{"q", "scale", "zero"}, Outputs: []string{"last_hidden_state"}},
	}
	return g
}

// checkTable compares every row of the table of g with want.
func checkTable(t *testing.T, g *Graph, want [][]float32) *Embedding {
	t.Helper()
	e, ok := read(t, g).Embedding("input_ids")
	if !ok {
		t.Fatal("no table found")
	}
	if e.Rows != len(want) || e.Cols != len(want[0]) {
		t.Fatalf("got %d×%d, want %d×%d", e.Rows, e.Cols, len(want), len(want[0]))
	}
	table, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	got := make([]float32, e.Cols)
	for i, row := range want {
		if err := table.Row(i, got); err != nil || !slices.Equal(got, row) {
			t.Errorf("row %d: got %v, %v, want %v", i, got, err, row)
		}
	}
	if err := table.Row(e.Rows, got); err == nil {
		t.Errorf("row %d of %d was read", e.Rows, e.Rows)
	}
	return e
}

func TestEmbeddingFloat32(t *testing.T) {
	checkTable(t, lookup(3), [][]float32{{0, 0.125}, {0.25, 0.375}, {0.5, 0.625}})
}

func TestEmbeddingHalf(t *testing.T) {
	g := lookup(2)
	var raw []byte
	for _, v := range []float32{1, -0.5, 2, 65504} {
		raw = binary.LittleEndian.AppendUint16(raw, float16.Fromfloat32(v).Bits())
	}
	g.Initializers[0].Type, g.Initializers[0].Raw = Float16, raw
	g.Nodes = []Node{ // the cast stands before the lookup
		{Op: "Cast", Inputs: []string{"table"}, Outputs: []string{"wide"}, Attributes: []Attribute{{Name: "to", Int: 1}}},
		{Op: "Gather", Inputs: []string{"wide", "input_ids"}, Outputs: []string{"last_hidden_state"}},
	}
	checkTable(t, g, [][]float32{{1, -0.5}, {2, 65504}})
}

func TestEmbeddingDynamicInt8(t *testing.T) {
	e := checkTable(t, quantized(), [][]float32{{0, 0.5}, {1, 1.5}, {2, -1}})
	if e.Quantized != "DequantizeLinear" {
		t.Errorf("got %q, want DequantizeLinear", e.Quantized)
	}
}

func TestEmbeddingDequantizedBefore(t *testing.T) {
	rows := func(block, axis int64, scales ...float32) *Graph {
		g := quantized()
		n := Node{Op: "DequantizeLinear", Inputs: []string{"table", "scale"}, Outputs: []string{"wide"},
			Attributes: []Attribute{{Name: "axis", Int: axis}, {Name: "block_size", Int: block}}}
		g.Nodes = []Node{n, {Op: "Gather", Inputs: []string{"wide", "input_ids"}, Outputs: []string{"last_hidden_state"}}}
		g.Initializers[1] = Weights{Name: "scale", Type: Float32, Dims: []int64{int64(len(scales))}, Raw: Floats(scales...)}
		return g
	}
	checkTable(t, rows(0, 0, 1, 2, 3), [][]float32{{3, 4}, {10, 12}, {21, 3}})
	checkTable(t, rows(0, -1, 1, 2), [][]float32{{3, 8}, {5, 12}, {7, 2}})
	checkTable(t, rows(2, 0, 1, 2, 10, 20), [][]float32{{3, 8}, {5, 12}, {70, 20}}) // blocks of two rows
	checkTable(t, rows(2, 1, 1, 2, 3), [][]float32{{3, 4}, {10, 12}, {21, 3}})      // blocks of two columns
}

func TestEmbeddingBlockQuantized(t *testing.T) {
	g := lookup(2)
	g.Inputs = g.Inputs[:1]
	n := Node{Op: "GatherBlockQuantized", Domain: "com.microsoft", Inputs: []string{"table", "input_ids", "scale"},
		Outputs: []string{"last_hidden_state"}, Attributes: []Attribute{{Name: "block_size", Int: 2}, {Name: "bits", Int: 4}}}
	scale := Weights{Name: "scale", Type: Float32, Dims: []int64{2, 2}, Raw: Floats(1, 2, 3, 4)}
	// Values 1 2 | 3 4 and 15 14 | 13 12, low half first.
	raw := []byte{0x21, 0x43, 0xef, 0xcd}
	g.Nodes = []Node{n}

	g.Initializers = []Weights{{Name: "table", Type: Uint4, Dims: []int64{2, 4}, Raw: raw}, scale}
	checkTable(t, g, [][]float32{{1, 2, 6, 8}, {45, 42, 52, 48}})

	g.Initializers = []Weights{{Name: "table", Type: Int4, Dims: []int64{2, 4}, Raw: raw}, scale}
	checkTable(t, g, [][]float32{{1, 2, 6, 8}, {-3, -6, -12, -16}})

	// uint8 storage without zero points is centred on 8.
	g.Initializers = []Weights{{Name: "table", Type: Uint8, Dims: []int64{2, 2}, Raw: raw}, scale}
	checkTable(t, g, [][]float32{{-7, -6, -10, -8}, {21, 18, 20, 16}})

	// Zero points 1, 2 of row 0 and 3, 4 of row 1, two in a byte.
	g.Nodes[0].Inputs = append(g.Nodes[0].Inputs, "zero")
	g.Initializers = append(g.Initializers, Weights{Name: "zero", Type: Uint8, Dims: []int64{2, 1}, Raw: []byte{0x21, 0x43}})
	checkTable(t, g, [][]float32{{0, 1, 2, 4}, {36, 33, 36, 32}})
}

func TestEmbeddingExternal(t *testing.T) {
	g := lookup(2)
	g.Initializers[0].External, g.Initializers[0].Offset, g.Initializers[0].Length = "model.onnx_data", 4, 16
	path := write(t, "model.onnx", g.Marshal())
	m, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckExternal(); err == nil || !strings.Contains(err.Error(), "model.onnx_data") {
		t.Errorf("got %v, want an error that names model.onnx_data", err)
	}
	weights := filepath.Join(filepath.Dir(path), "model.onnx_data")
	if err := os.WriteFile(weights, make([]byte, 19), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.CheckExternal(); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("got %v, want an error about truncation", err)
	}
	if err := os.WriteFile(weights, Floats(9, 1, 2, 3, 4), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.CheckExternal(); err != nil {
		t.Error(err)
	}
	e, _ := m.Embedding("input_ids")
	table, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	got := make([]float32, 2)
	if err := table.Row(1, got); err != nil || got[0] != 3 || got[1] != 4 {
		t.Errorf("got %v, %v, want 3, 4", got, err)
	}
}

func TestExternalStaysInside(t *testing.T) {
	for _, location := range []string{"../secret", "/etc/passwd", "", "a/../../b"} {
		g := lookup(2)
		w := &g.Initializers[0]
		w.External, w.Length = location, 8
		data := g.Marshal()
		if location == "" {
			w.External = "x"
			data = []byte(strings.Replace(string(g.Marshal()), "location", "locatiOn", 1))
		}
		if _, err := Read(write(t, "model.onnx", data)); err == nil || !strings.Contains(err.Error(), "not inside") {
			t.Errorf("location %q: got %v, want an error", location, err)
		}
	}
}

// A shape may claim what it likes: the bytes decide.
func TestTableShapeLies(t *testing.T) {
	for _, dims := range [][]int64{{1 << 30, 1 << 20}, {4, 2}, {3, 1 << 23}} {
		g := lookup(3)
		g.Initializers[0].Dims = dims
		e, ok := read(t, g).Embedding("input_ids")
		if !ok {
			t.Fatalf("%v: no table", dims)
		}
		if _, err := e.Open(); err == nil {
			t.Errorf("a table of %v was opened with 24 bytes there", dims)
		}
	}
}

func TestEmbeddingNotFound(t *testing.T) {
	g := lookup(3)
	g.Nodes[0].Inputs[1] = "token_type_ids"
	if e, ok := read(t, g).Embedding("input_ids"); ok {
		t.Errorf("got %v: the table of another input", e)
	}
}
