package onnx

import (
	"bytes"
	"slices"
	"testing"
)

// lookUp is block after a lookup of input_ids in a table; change may spoil it.
func lookUp(change func(g *Graph)) *Graph {
	return block(func(g *Graph) {
		g.Inputs = []Value{{Name: "input_ids", Type: Int64, Dims: []Dim{Symbol("b"), Symbol("t")}}}
		g.Initializers = append(g.Initializers, Weights{Name: "table", Type: Float32, Dims: []int64{300, 2}, Raw: bytes.Repeat(Floats(1, 2), 300)})
		g.Nodes = slices.Insert(g.Nodes, 0, Node{Op: "Gather", Inputs: []string{"table", "input_ids"}, Outputs: []string{"in"}})
		change(g)
	})
}

func TestWordsStayOutside(t *testing.T) {
	check := func(what string, least int64, want bool, change func(g *Graph)) {
		t.Helper()
		fused, err := written(t, lookUp(change).Marshal()).Fuse("", least)
		if err != nil || fused == nil {
			t.Fatal(what, ": ", fused, err)
		}
		again, err := Parse(bytes.NewReader(fused.Graph), int64(len(fused.Graph)))
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		input, ok := again.Input(wordsIn)
		if ok != want || (fused.Words.Name != "") != want || (again.Ops["Gather"] == 0) != want {
			t.Fatalf("%s: outside %t, %q, %d lookups", what, ok, fused.Words.Name, again.Ops["Gather"])
		}
		if want && (input.String() != fused.Words.String() || input.Dims[2].Size != 2 || input.Dims[1].Name != "t") {
			t.Errorf("%s: input %s, said to be %s", what, input, fused.Words)
		}
	}
	check("a table of as many bytes", 2400, true, func(*Graph) {})
	check("a smaller one", 2401, false, func(*Graph) {})
	check("a table that is used twice", 1, false, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"table"}, Outputs: []string{"y"}})
	})
	check("rows that are an output too", 1, false, func(g *Graph) { g.Outputs = append(g.Outputs, Value{Name: "in", Type: Float32}) })
	check("other ids", 1, false, func(g *Graph) {
		g.Nodes[0].Inputs[1] = "cast"
		g.Nodes = slices.Insert(g.Nodes, 0, Node{Op: "Cast", Inputs: []string{"input_ids"}, Outputs: []string{"cast"}, Attributes: []Attribute{{Name: "to", Int: 7}}})
	})
	check("the input's name is taken", 1, false, func(g *Graph) {
		g.Nodes = append(g.Nodes, Node{Op: "Identity", Inputs: []string{"input_ids"}, Outputs: []string{wordsIn}})
	})
}
