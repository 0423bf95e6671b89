package onnx

import (
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// fuseNode is a NodeProto and what fuse wants to know of it.
type fuseNode struct {
	raw             []byte
	op, domain      string
	inputs, outputs []string
	ints            map[string][]int64
	floats          map[string]float32
}

// parseFuseNode reads a NodeProto; ok is false for one with a subgraph.
func parseFuseNode(raw []byte) (n *fuseNode, ok bool) {
	n = &fuseNode{raw: raw, ints: map[string][]int64{}, floats: map[string]float32{}}
	plain := true
	whole := eachField(raw, func(num protowire.Number, _ protowire.Type, _ uint64, content []byte) {
		switch num {
		case 1:
			n.inputs = append(n.inputs, string(content))
		case 2:
			n.outputs = append(n.outputs, string(content))
		case 4:
			n.op = string(content)
		case 5:
			plain = n.attribute(content) && plain
		case 7:
			n.domain = string(content)
		}
	})
	return n, whole && plain
}

// attribute reads an AttributeProto; it returns false for one that holds a graph.
func (n *fuseNode) attribute(raw []byte) bool {
	name, _ := stringField(raw, 1)
	graph := false
	whole := eachField(raw, func(num protowire.Number, typ protowire.Type, value uint64, content []byte) {
		switch num {
		case 2: // f
			n.floats[name] = math.Float32frombits(uint32(value))
		case 3: // i
			n.ints[name] = append(n.ints[name], int64(value))
		case 8: // ints, packed or not
			for typ == protowire.BytesType && len(content) > 0 {
				v, k := protowire.ConsumeVarint(content)
				if k < 0 {
					return
				}
				n.ints[name], content = append(n.ints[name], int64(v)), content[k:]
			}
			if typ == protowire.VarintType {
				n.ints[name] = append(n.ints[name], int64(value))
			}
		case 6, 11: // g, graphs
			graph = true
		}
	})
	return whole && !graph
}

// fuser follows values through the nodes of a graph.
type fuser struct {
	m        *Model
	producer map[string]*fuseNode
	users    map[string][]*fuseNode
	outputs  map[string]bool // of the graph
}

// follow returns a fuser of nodes, which are m's or were.
func follow(nodes []*fuseNode, m *Model) *fuser {
	f := &fuser{m: m, producer: map[string]*fuseNode{}, users: map[string][]*fuseNode{}, outputs: map[string]bool{}}
	for _, v := range m.Outputs {
		f.outputs[v.Name] = true
	}
	for _, n := range nodes {
		for _, in := range n.inputs {
			f.users[in] = append(f.users[in], n)
		}
		for _, out := range n.outputs {
			f.producer[out] = n
		}
	}
	return f
}

// norm is a layer normalization of x: γ·(x−mean)/√(variance+ε) + β.
type norm struct {
	x, gamma, beta, out string
	epsilon             float32
	nodes               []*fuseNode // that make it, the last one last
}

// fuse replaces
//
//	out = LayerNorm((x·W + bias) + residual), residual the output of another LayerNorm
//
// by SkipLayerNormalization(x·W, residual, γ, β, bias), and returns the nodes, still in
// topological order, and the number of replacements. That is the form of BERT and what
// descends from it: three passes over the states less for each. ONNX Runtime's optimizer
// has the same fusion, but asks for shapes that it can follow, which the reshapes of an
// exported attention hide from it.
func fuse(nodes []*fuseNode, m *Model) ([]*fuseNode, int) {
	f := follow(nodes, m)
	normalized := map[string]bool{} // outputs of layer normalizations so far
	gone, instead := map[*fuseNode]bool{}, map[*fuseNode]*fuseNode{}
	for _, n := range nodes {
		l, ok := f.norm(n)
		if !ok {
			continue
		}
		if s, removed, ok := f.skip(l, normalized); ok {
			for _, r := range removed {
				gone[r] = true
			}
			instead[n] = s
		}
		normalized[l.out] = true
	}
	var kept []*fuseNode
	for _, n := range nodes {
		switch {
		case instead[n] != nil:
			kept = append(kept, instead[n])
		case !gone[n]:
			kept = append(kept, n)
		}
	}
	return kept, len(instead)
}

// skip returns the node that does what l and the two sums before it do, and the nodes
// that it replaces.
func (f *fuser) skip(l norm, normalized map[string]bool) (s *fuseNode, removed []*fuseNode, ok bool) {
	sum := f.made(l.x, "Add")
	if sum == nil || !f.onlyUsedBy(l.x, l.nodes) {
		return nil, nil, false
	}
	for i, dense := range sum.inputs {
		residual := sum.inputs[1-i]
		add := f.made(dense, "Add")
		if add == nil || !normalized[residual] || !f.onlyUsedBy(dense, []*fuseNode{sum}) {
			continue
		}
		for j, bias := range add.inputs {
			product := add.inputs[1-j]
			if f.made(product, "MatMul") == nil || !f.vectors(bias, l.gamma, l.beta) {
				continue
			}
			n := newNode(Node{
				Op: "SkipLayerNormalization", Domain: contrib, Inputs: []string{product, residual, l.gamma, l.beta, bias}, Outputs: []string{l.out},
				Attributes: []Attribute{{Name: "epsilon", Float: l.epsilon, IsFloat: true}},
			})
			return n, append([]*fuseNode{sum, add}, l.nodes...), true
		}
	}
	return nil, nil, false
}

// norm tells whether n is the last node of a layer normalization over the last dimension:
// the operator of that name, or the ten that exporters before opset 17 write.
func (f *fuser) norm(n *fuseNode) (norm, bool) {
	if n.op == "LayerNormalization" && n.domain == "" {
		axis, epsilon := n.ints["axis"], float32(1e-5)
		if v, ok := n.floats["epsilon"]; ok {
			epsilon = v
		}
		if len(n.inputs) != 3 || len(n.outputs) != 1 || len(axis) > 0 && axis[0] != -1 {
			return norm{}, false
		}
		return norm{n.inputs[0], n.inputs[1], n.inputs[2], n.outputs[0], epsilon, []*fuseNode{n}}, true
	}
	if n.op != "Add" || n.domain != "" || len(n.inputs) != 2 || len(n.outputs) != 1 {
		return norm{}, false
	}
	for i, beta := range n.inputs {
		scaled := f.made(n.inputs[1-i], "Mul")
		if scaled == nil || !f.onlyUsedBy(n.inputs[1-i], []*fuseNode{n}) {
			continue
		}
		for j, gamma := range scaled.inputs {
			unit := f.made(scaled.inputs[1-j], "Div")
			if unit == nil || !f.onlyUsedBy(scaled.inputs[1-j], []*fuseNode{scaled}) || !f.vectors(beta, gamma) {
				continue
			}
			x, epsilon, nodes, ok := f.standardized(unit)
			if ok {
				return norm{x, gamma, beta, n.outputs[0], epsilon, append(nodes, unit, scaled, n)}, true
			}
		}
	}
	return norm{}, false
}

// standardized follows div = (x − mean) / √(mean((x − mean)²) + ε) back to x.
func (f *fuser) standardized(div *fuseNode) (x string, epsilon float32, nodes []*fuseNode, ok bool) {
	centred, root := f.made(div.inputs[0], "Sub"), f.made(div.inputs[1], "Sqrt")
	if centred == nil || root == nil {
		return "", 0, nil, false
	}
	plus := f.made(root.inputs[0], "Add")
	if plus == nil {
		return "", 0, nil, false
	}
	variance, small := f.made(plus.inputs[0], "ReduceMean"), plus.inputs[1]
	if variance == nil {
		variance, small = f.made(plus.inputs[1], "ReduceMean"), plus.inputs[0]
	}
	mean := f.made(centred.inputs[1], "ReduceMean")
	if mean == nil || variance == nil || !f.overLast(mean) || !f.overLast(variance) || mean.inputs[0] != centred.inputs[0] {
		return "", 0, nil, false
	}
	square := f.made(variance.inputs[0], "Pow")
	if square == nil {
		return "", 0, nil, false
	}
	again := f.made(square.inputs[0], "Sub") // some exporters subtract twice
	two, isTwo := f.scalar(square.inputs[1])
	e, isScalar := f.scalar(small)
	if again == nil || !slices.Equal(again.inputs, centred.inputs) || !isTwo || two != 2 || !isScalar {
		return "", 0, nil, false
	}
	nodes = []*fuseNode{mean, centred, square, variance, plus, root}
	if again != centred {
		nodes = append(nodes, again)
	}
	inside := append(slices.Clone(nodes), div)
	for _, n := range nodes {
		if !f.onlyUsedBy(n.outputs[0], inside) {
			return "", 0, nil, false
		}
	}
	return centred.inputs[0], e, nodes, true
}

// made returns the node that makes a value, if it is of the standard operator op and has
// the inputs that it needs.
func (f *fuser) made(value, op string) *fuseNode {
	n := f.producer[value]
	if n == nil || n.op != op || n.domain != "" || len(n.outputs) != 1 {
		return nil
	}
	if want := map[string]int{"Sqrt": 1, "ReduceMean": 1, "Unsqueeze": 1, "Shape": 1}[op]; len(n.inputs) < max(want, 1) || want == 0 && len(n.inputs) != 2 {
		return nil
	}
	return n
}

// overLast tells whether a ReduceMean is over the last dimension, which stays as 1.
func (f *fuser) overLast(n *fuseNode) bool {
	axes, keep := n.ints["axes"], n.ints["keepdims"]
	if len(n.inputs) > 1 { // from opset 18 on they are an input
		t := f.m.Initializers[n.inputs[1]]
		if t == nil {
			return false
		}
		values, err := all(t)
		if err != nil || len(values) != 1 {
			return false
		}
		axes = []int64{int64(values[0])}
	}
	return len(axes) == 1 && axes[0] == -1 && (len(keep) == 0 || keep[0] == 1)
}

// onlyUsedBy tells whether a value goes nowhere but into nodes.
func (f *fuser) onlyUsedBy(value string, nodes []*fuseNode) bool {
	if f.outputs[value] {
		return false
	}
	return !slices.ContainsFunc(f.users[value], func(n *fuseNode) bool { return !slices.Contains(nodes, n) })
}

// vectors tells whether all names are float32 initializers of one dimension and one length.
func (f *fuser) vectors(names ...string) bool {
	length := int64(-1)
	for _, name := range names {
		t := f.m.Initializers[name]
		if t == nil || t.Type != Float32 || len(t.Dims) != 1 || length >= 0 && t.Dims[0] != length {
			return false
		}
		length = t.Dims[0]
	}
	return true
}

// scalar returns the value of a constant.
func (f *fuser) scalar(name string) (float32, bool) {
	t := f.m.Initializers[name]
	if t == nil {
		return 0, false
	}
	if n, err := t.Count(); err != nil || n != 1 {
		return 0, false
	}
	values, err := all(t)
	if err != nil || len(values) != 1 {
		return 0, false
	}
	return values[0], true
}
