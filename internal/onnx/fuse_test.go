package onnx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// block returns the end of a transformer's layer: two layer normalizations, the second of a
// dense product, its bias and the first one's output. change may spoil it.
func block(change func(g *Graph)) *Graph {
	value := func(name string) Value {
		return Value{Name: name, Type: Float32, Dims: []Dim{Symbol("b"), Symbol("t"), Fixed(2)}}
	}
	vector := func(name string) Weights {
		return Weights{Name: name, Type: Float32, Dims: []int64{2}, Raw: Floats(1, 2)}
	}
	scalar := func(name string, v float32) Weights {
		return Weights{Name: name, Type: Float32, Raw: Floats(v)}
	}
	last := []Attribute{{Name: "axes", Ints: []int64{-1}}}
	g := &Graph{
		Inputs: []Value{value("in")}, Outputs: []Value{value("out")}, Opset: 17,
		Initializers: []Weights{vector("g"), vector("b"), vector("bias"), scalar("two", 2), scalar("e", 1e-6),
			{Name: "w", Type: Float32, Dims: []int64{2, 2}, Raw: Floats(1, 2, 3, 4)}},
		Nodes: []Node{
			{Op: "LayerNormalization", Inputs: []string{"in", "g", "b"}, Outputs: []string{"n"}},
			{Op: "MatMul", Inputs: []string{"n", "w"}, Outputs: []string{"p"}},
			{Op: "Add", Inputs: []string{"bias", "p"}, Outputs: []string{"d"}},
			{Op: "Add", Inputs: []string{"d", "n"}, Outputs: []string{"x"}},
			{Op: "ReduceMean", Inputs: []string{"x"}, Outputs: []string{"mean"}, Attributes: last},
			{Op: "Sub", Inputs: []string{"x", "mean"}, Outputs: []string{"c"}},
			{Op: "Pow", Inputs: []string{"c", "two"}, Outputs: []string{"c2"}},
			{Op: "ReduceMean", Inputs: []string{"c2"}, Outputs: []string{"v"}, Attributes: last},
			{Op: "Add", Inputs: []string{"v", "e"}, Outputs: []string{"ve"}},
			{Op: "Sqrt", Inputs: []string{"ve"}, Outputs: []string{"s"}},
			{Op: "Div", Inputs: []string{"c", "s"}, Outputs: []string{"u"}},
			{Op: "Mul", Inputs: []string{"u", "g"}, Outputs: []string{"ug"}},
			{Op: "Add", Inputs: []string{"ug", "b"}, Outputs: []string{"out"}},
		},
	}
	change(g)
	return g
}

// written returns the model of a graph in a file.
func written(t *testing.T, graph []byte) *Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, graph, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFuse(t *testing.T) {
	check := func(what string, want int, change func(g *Graph)) {
		t.Helper()
		fused, err := written(t, block(change).Marshal()).Fuse("", MinWords)
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		if want == 0 {
			if fused != nil {
				t.Errorf("%s: %d nodes are fused", what, fused.Nodes)
			}
			return
		}
		if fused == nil || fused.Nodes != want {
			t.Fatalf("%s: fused %+v, want %d", what, fused, want)
		}
		again, err := Parse(bytes.NewReader(fused.Graph), int64(len(fused.Graph)))
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		if again.Ops["SkipLayerNormalization"] != want || again.Ops["Sqrt"] != 0 || again.Ops["Add"] != 0 || again.Ops["MatMul"] != 1 || again.Opset[contrib] != 1 {
			t.Errorf("%s: operators %v, opset %v", what, again.Ops, again.Opset)
		}
	}
	check("as exporters write it", 1, func(*Graph) {})
	check("operands in the other order", 1, func(g *Graph) {
		for i := range g.Nodes {
			if n := &g.Nodes[i]; n.Op == "Add" || n.Op == "Mul" {
				n.Inputs[0], n.Inputs[1] = n.Inputs[1], n.Inputs[0]
			}
		}
	})
	check("the operator", 1, func(g *Graph) {
		g.Nodes = append(g.Nodes[:4], Node{Op: "LayerNormalization", Inputs: []string{"x", "g", "b"}, Outputs: []string{"out"}})
	})
	check("the sum is an output too", 0, func(g *Graph) { g.Outputs = append(g.Outputs, Value{Name: "x", Type: Float32}) })
	check("the sum is used elsewhere", 0, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"x"}, Outputs: []string{"y"}})
	})
	check("the centred values are used elsewhere", 0, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"c"}, Outputs: []string{"y"}})
	})
	check("another residual", 0, func(g *Graph) { g.Nodes[3].Inputs[1] = "in" })
	check("another power", 0, func(g *Graph) { g.Initializers[3].Raw = Floats(3) })
	check("another axis", 0, func(g *Graph) { g.Nodes[4].Attributes = []Attribute{{Name: "axes", Ints: []int64{1}}} })
	check("another axis of the operator", 0, func(g *Graph) {
		g.Nodes = append(g.Nodes[:4], Node{Op: "LayerNormalization", Inputs: []string{"x", "g", "b"}, Outputs: []string{"out"}, Attributes: []Attribute{{Name: "axis", Int: 1}}})
	})
	check("a mean without its dimension", 0, func(g *Graph) { g.Nodes[7].Attributes = append(g.Nodes[7].Attributes, Attribute{Name: "keepdims"}) })
	check("a bias of another length", 0, func(g *Graph) { g.Initializers[2].Dims, g.Initializers[2].Raw = []int64{1}, Floats(1) })
	check("no product", 0, func(g *Graph) { g.Nodes[1].Op = "Max" })
	check("operators of another domain", 0, func(g *Graph) { g.Nodes[9].Domain = "other" })
	check("too few inputs", 0, func(g *Graph) { g.Nodes[10].Inputs = g.Nodes[10].Inputs[:1] })
	check("weights elsewhere", 0, func(g *Graph) {
		g.Initializers[5] = Weights{Name: "w", Type: Float32, Dims: []int64{2, 2}, External: "w.bin", Length: 16}
	})
}

// Large weights stay in the file, at the place where they lie in it.
func TestFuseLeavesWeightsInTheirFile(t *testing.T) {
	raw := bytes.Repeat(Floats(1, 2, 3, 4), minOutside)
	m := written(t, block(func(g *Graph) {
		g.Initializers = append(g.Initializers, Weights{Name: "table", Type: Float32, Dims: []int64{int64(len(raw) / 16), 4}, Raw: raw})
	}).Marshal())
	fused, err := m.Fuse("", MinWords)
	if err != nil || fused == nil {
		t.Fatal(fused, err)
	}
	again, err := Parse(bytes.NewReader(fused.Graph), int64(len(fused.Graph)))
	if err != nil {
		t.Fatal(err)
	}
	table := again.Initializers["table"]
	whole, err := os.ReadFile(filepath.Join(fused.Folder, table.External))
	if err != nil || len(fused.Graph) > 2048 {
		t.Fatalf("%d bytes, %v", len(fused.Graph), err)
	}
	if !bytes.Equal(whole[table.Offset:table.Offset+table.Length], raw) {
		t.Error("the weights do not lie where the graph says")
	}
}

// A file that was cut after it was read is an error, not a panic.
func TestFuseOfACutFile(t *testing.T) {
	whole := block(func(*Graph) {}).Marshal()
	m := written(t, whole)
	for n := range whole {
		if err := os.WriteFile(m.Path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if fused, err := m.Fuse("", MinWords); err == nil && fused != nil {
			t.Errorf("%d of %d bytes are fused", n, len(whole))
		}
	}
}
