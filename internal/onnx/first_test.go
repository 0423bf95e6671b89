package onnx

import (
	"bytes"
	"slices"
	"testing"
)

// layer returns the last layer of a transformer, as exporters and fuse leave it; change may
// spoil it.
func layer(change func(g *Graph)) *Graph {
	value := func(name string, typ ElemType, last Dim) Value {
		return Value{Name: name, Type: typ, Dims: []Dim{Symbol("b"), Symbol("t"), last}}
	}
	vector := func(name string) Weights {
		return Weights{Name: name, Type: Float32, Dims: []int64{2}, Raw: Floats(1, 2)}
	}
	square := func(name string) Weights {
		return Weights{Name: name, Type: Float32, Dims: []int64{2, 2}, Raw: Floats(1, 2, 3, 4)}
	}
	index := func(name string, v ...int64) Weights {
		return Weights{Name: name, Type: Int64, Dims: []int64{int64(len(v))}, Raw: Int64s(v...)}
	}
	heads := func(q string) []Node {
		return []Node{
			{Op: "MatMul", Inputs: []string{"x", "w" + q}, Outputs: []string{q + "p"}},
			{Op: "Add", Inputs: []string{"bias", q + "p"}, Outputs: []string{q}},
			{Op: "Reshape", Inputs: []string{q, "split"}, Outputs: []string{q + "4"}},
			{Op: "Transpose", Inputs: []string{q + "4"}, Outputs: []string{q + "t"}, Attributes: []Attribute{{Name: "perm", Ints: []int64{0, 2, 1, 3}}}},
		}
	}
	skip := func(in, residual, out string) Node {
		return Node{Op: "SkipLayerNormalization", Domain: contrib, Inputs: []string{in, residual, "g", "b", "bias"}, Outputs: []string{out}}
	}
	g := &Graph{
		Inputs:  []Value{value("in", Float32, Fixed(2)), {Name: "attention_mask", Type: Int64, Dims: []Dim{Symbol("b"), Symbol("t")}}},
		Outputs: []Value{value("out", Float32, Fixed(2))}, Opset: 17,
		Initializers: []Weights{vector("g"), vector("b"), vector("bias"), square("wq"), square("wk"), square("wv"), square("wo"), square("wf"),
			index("split", 0, 0, 1, 2), index("join", 0, 0, 2), index("a12", 1, 2), {Name: "large", Type: Float32, Raw: Floats(-10000)}},
		Nodes: slices.Concat(
			[]Node{{Op: "LayerNormalization", Inputs: []string{"in", "g", "b"}, Outputs: []string{"x"}},
				{Op: "Unsqueeze", Inputs: []string{"attention_mask", "a12"}, Outputs: []string{"m4"}},
				{Op: "Cast", Inputs: []string{"m4"}, Outputs: []string{"mf"}, Attributes: []Attribute{{Name: "to", Int: 1}}},
				{Op: "Mul", Inputs: []string{"mf", "large"}, Outputs: []string{"mask"}}},
			heads("q"), heads("k"), heads("v"),
			[]Node{{Op: "Transpose", Inputs: []string{"kt"}, Outputs: []string{"ktt"}, Attributes: []Attribute{{Name: "perm", Ints: []int64{0, 1, 3, 2}}}},
				{Op: "MatMul", Inputs: []string{"qt", "ktt"}, Outputs: []string{"scores"}},
				{Op: "Add", Inputs: []string{"scores", "mask"}, Outputs: []string{"masked"}},
				{Op: "Softmax", Inputs: []string{"masked"}, Outputs: []string{"p"}, Attributes: []Attribute{{Name: "axis", Int: -1}}},
				{Op: "MatMul", Inputs: []string{"p", "vt"}, Outputs: []string{"c4"}},
				{Op: "Transpose", Inputs: []string{"c4"}, Outputs: []string{"ct"}, Attributes: []Attribute{{Name: "perm", Ints: []int64{0, 2, 1, 3}}}},
				{Op: "Reshape", Inputs: []string{"ct", "join"}, Outputs: []string{"c"}},
				{Op: "MatMul", Inputs: []string{"c", "wo"}, Outputs: []string{"o"}}, skip("o", "x", "n"),
				{Op: "MatMul", Inputs: []string{"n", "wf"}, Outputs: []string{"f"}}, {Op: "Erf", Inputs: []string{"f"}, Outputs: []string{"e"}}, skip("e", "n", "out")}),
	}
	change(g)
	return g
}

func TestFirst(t *testing.T) {
	node := func(g *Graph, out string) *Node {
		i := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.Outputs[0] == out })
		return &g.Nodes[i]
	}
	check := func(what string, want bool, change func(g *Graph)) {
		t.Helper()
		data := layer(change).Marshal()
		m := written(t, data)
		r := &rewriter{parser: parser{scanner: scanner{r: bytes.NewReader(data), size: m.Size, end: m.Size}, m: &Model{}}}
		if err := r.file(); err != nil || r.refused {
			t.Fatal(what, ": ", err)
		}
		nodes := first(r.nodes, m, "out")
		if (nodes != nil) != want {
			t.Errorf("%s: cut %t", what, nodes != nil)
		}
		if nodes == nil {
			return
		}
		reads := map[string][]string{} // what reads the first position, and what the whole
		for _, n := range nodes {
			for _, in := range n.inputs {
				reads[in] = append(reads[in], n.outputs[0])
			}
		}
		if !slices.Equal(reads["x_first"], []string{"qp", "n"}) || !slices.Equal(reads["x"], []string{"x_first", "kp", "vp"}) {
			t.Errorf("%s: the first position goes to %v, all to %v", what, reads["x_first"], reads["x"])
		}
	}
	check("as it is", true, func(*Graph) {})
	check("a pooler", true, func(g *Graph) {
		g.Initializers = append(g.Initializers, Weights{Name: "zero", Type: Int64, Raw: Int64s(0)})
		g.Nodes = append(g.Nodes, Node{Op: "Gather", Inputs: []string{"out", "zero"}, Outputs: []string{"cls"}, Attributes: []Attribute{{Name: "axis", Int: 1}}})
	})
	check("a pooler of the second position", false, func(g *Graph) {
		g.Initializers = append(g.Initializers, Weights{Name: "one", Type: Int64, Raw: Int64s(1)})
		g.Nodes = append(g.Nodes, Node{Op: "Gather", Inputs: []string{"out", "one"}, Outputs: []string{"cls"}, Attributes: []Attribute{{Name: "axis", Int: 1}}})
	})
	check("the keys' shape for the queries", false, func(g *Graph) { node(g, "q4").Inputs[1] = "kshape" })
	check("values that are the queries", false, func(g *Graph) { node(g, "c4").Inputs[1] = "qt" })
	check("a product without its matrix", false, func(g *Graph) { node(g, "f").Inputs = []string{"n"} })
	check("a pooler without a position", false, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Gather", Inputs: []string{"out"}, Outputs: []string{"cls"}, Attributes: []Attribute{{Name: "axis", Int: 1}}})
	})
	check("a mask of nothing", false, func(g *Graph) {
		*node(g, "m4") = Node{Op: "Unsqueeze", Inputs: []string{"m3"}, Outputs: []string{"m4"}, Attributes: []Attribute{{Name: "axes", Ints: []int64{2}}}}
		g.Nodes = slices.Insert(g.Nodes, 0, Node{Op: "Unsqueeze", Outputs: []string{"m3"}, Attributes: []Attribute{{Name: "axes", Ints: []int64{1}}}})
	})
	check("the new value's name is taken", false, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"in"}, Outputs: []string{"x_first"}})
	})
	check("a fixed length", false, func(g *Graph) { g.Initializers[9].Raw = Int64s(0, 3, 2) })
	check("a mask of queries", false, func(g *Graph) { node(g, "m4").Inputs[1] = "split" })
	check("another mask", false, func(g *Graph) { node(g, "m4").Inputs[0] = "other" })
	check("another order of heads", false, func(g *Graph) { node(g, "ct").Attributes[0].Ints = []int64{0, 1, 2, 3} })
	check("a softmax over queries", false, func(g *Graph) { node(g, "p").Attributes[0].Int = 2 })
	check("an operator that is not known", false, func(g *Graph) { node(g, "e").Op = "CumSum" })
	check("a state that is an output too", false, func(g *Graph) { g.Outputs = append(g.Outputs, Value{Name: "n", Type: Float32}) })
	check("a state that is used elsewhere", false, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"f"}, Outputs: []string{"y"}})
	})
	check("weights of positions", false, func(g *Graph) {
		g.Initializers = append(g.Initializers, Weights{Name: "wide", Type: Float32, Dims: []int64{3, 2}, Raw: Floats(1, 2, 3, 4, 5, 6)})
		node(g, "e").Op, node(g, "e").Inputs = "Add", []string{"f", "wide"}
	})
}
