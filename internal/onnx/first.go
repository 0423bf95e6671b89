package onnx

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// firstIndex names the constant that the first position is taken with.
const firstIndex = "m2v_first_position"

// cutter follows the states of one position from the end of a graph back to the last
// layer's input.
type cutter struct {
	*fuser
	x     string              // the last layer's input, B×T×H
	from  map[*fuseNode]bool  // nodes that read x, and are to read its first position
	nodes map[*fuseNode]cutAt // nodes whose output then has one position
	shape map[*fuseNode]bool  // Shape nodes of such outputs
}

// cutAt is the rank of a node's output, and the axis that then has one position.
type cutAt struct{ rank, axis int }

// first returns the nodes of a graph whose output hidden, B×T×H, has the first position
// alone: B×1×H. The last layer's queries, its sums and its dense products are then of that
// position, its keys and values of all. Nodes are nil where the last layer is not of the
// form that fuse makes of BERT's, or where one of its values goes elsewhere.
func first(nodes []*fuseNode, m *Model, hidden string) []*fuseNode {
	c := &cutter{fuser: follow(nodes, m), from: map[*fuseNode]bool{}, nodes: map[*fuseNode]cutAt{}, shape: map[*fuseNode]bool{}}
	state := hidden
	if n := c.producer[state]; n != nil && n.op == "Identity" && len(n.inputs) == 1 {
		state = n.inputs[0]
	}
	second := c.skipNorm(state)
	if second == nil || c.taken(firstIndex) {
		return nil
	}
	before := c.skipNorm(second.inputs[1])
	if before == nil {
		return nil
	}
	c.x = before.inputs[1]
	if c.producer[c.x] == nil || !c.cut(hidden, 3, 1) || !c.closed(hidden) {
		return nil
	}
	gather := Node{Op: "Gather", Inputs: []string{c.x, firstIndex}, Outputs: []string{c.x + "_first"}, Attributes: []Attribute{{Name: "axis", Int: 1}}}
	if c.taken(gather.Outputs[0]) {
		return nil
	}
	var out []*fuseNode
	for _, n := range nodes {
		if c.from[n] {
			n = n.reading(c.x, gather.Outputs[0])
		}
		out = append(out, n)
		if slices.Contains(n.outputs, c.x) {
			out = append(out, newNode(gather))
		}
	}
	return out
}

// skipNorm returns the SkipLayerNormalization that makes a value.
func (c *cutter) skipNorm(value string) *fuseNode {
	if n := c.producer[value]; n != nil && n.op == "SkipLayerNormalization" && n.domain == contrib && len(n.inputs) == 5 && len(n.outputs) == 1 {
		return n
	}
	return nil
}

// cut tells whether a value of that rank is made so that its first entry on axis needs
// only the first position of x, and notes the nodes on the way.
func (c *cutter) cut(value string, rank, axis int) bool {
	n := c.producer[value]
	if n == nil || len(n.outputs) != 1 {
		return false
	}
	if at, met := c.nodes[n]; met {
		return at == cutAt{rank, axis}
	}
	c.nodes[n] = cutAt{rank, axis}
	if n.op == "SkipLayerNormalization" && c.skipNorm(value) == n {
		return c.input(n, 0, rank, axis) && c.input(n, 1, rank, axis)
	}
	if n.domain != "" || len(n.inputs) == 0 {
		return false
	}
	switch n.op {
	case "MatMul": // rows of the left operand are rows of the product
		if len(n.inputs) != 2 {
			return false
		}
		t := c.m.Initializers[n.inputs[1]]
		return n.inputs[1] != c.x && (axis == rank-2 || t != nil && len(t.Dims) == 2) && axis < rank-1 && c.input(n, 0, rank, axis)
	case "Add", "Sub", "Mul", "Div":
		return len(n.inputs) == 2 && c.operand(n, 0, rank, axis) && c.operand(n, 1, rank, axis)
	case "Identity", "Erf", "Tanh", "Relu", "Sqrt":
		return c.input(n, 0, rank, axis)
	case "Softmax":
		over := n.ints["axis"]
		return len(over) == 1 && (over[0] == -1 || over[0] == int64(rank-1)) && axis < rank-1 && c.input(n, 0, rank, axis)
	case "Transpose":
		perm := n.ints["perm"]
		return len(perm) == rank && perm[axis] >= 0 && perm[axis] < int64(rank) && c.input(n, 0, rank, int(perm[axis]))
	case "Reshape": // B×T×H to B×T×heads×H/heads, or back
		return axis == 1 && (rank == 3 || rank == 4) && c.keepsShape(n, rank) && c.input(n, 0, 7-rank, 1)
	}
	return false
}

// input cuts input i of n: x itself, or what leads to it.
func (c *cutter) input(n *fuseNode, i, rank, axis int) bool {
	if n.inputs[i] != c.x {
		return c.cut(n.inputs[i], rank, axis)
	}
	c.from[n] = true
	return rank == 3 && axis == 1
}

// operand is input, or a constant or a mask that is the same at every entry of axis.
func (c *cutter) operand(n *fuseNode, i, rank, axis int) bool {
	name := n.inputs[i]
	if t := c.m.Initializers[name]; t != nil {
		return len(t.Dims) < rank-axis
	}
	return rank == 4 && axis == 2 && c.mask(name) || c.input(n, i, rank, axis)
}

// mask tells whether a value is made of the input attention_mask, B×T, as B×1×1×T.
func (c *cutter) mask(value string) bool {
	for range 16 { // nodes at most
		n := c.producer[value]
		if n == nil || n.domain != "" || len(n.inputs) == 0 {
			return false
		}
		switch n.op {
		case "Cast":
			value = n.inputs[0]
		case "Mul", "Sub", "Add":
			_, left := c.scalar(n.inputs[0])
			_, right := c.scalar(n.inputs[len(n.inputs)-1])
			if left == right {
				return false
			}
			value = n.inputs[0]
			if left {
				value = n.inputs[1]
			}
		case "Unsqueeze":
			axes := c.integers(n, "axes")
			if slices.Equal(axes, []int64{2}) {
				if n = c.made(n.inputs[0], "Unsqueeze"); n == nil || !slices.Equal(c.integers(n, "axes"), []int64{1}) {
					return false
				}
			} else if !slices.Equal(axes, []int64{1, 2}) {
				return false
			}
			return n.inputs[0] == "attention_mask" && c.producer[n.inputs[0]] == nil
		default:
			return false
		}
	}
	return false
}

// keepsShape tells whether a Reshape to that rank takes its first two dimensions from its
// own input, one by one, and notes the Shape nodes.
func (c *cutter) keepsShape(n *fuseNode, rank int) bool {
	if len(n.inputs) != 2 {
		return false
	}
	concat := c.producer[n.inputs[1]]
	if concat == nil || concat.op != "Concat" || concat.domain != "" || len(concat.inputs) != rank {
		values := c.constants(n.inputs[1])
		return len(values) == rank && values[0] == 0 && values[1] == 0
	}
	for i, part := range concat.inputs {
		if i >= 2 {
			if len(c.constants(part)) != 1 {
				return false
			}
			continue
		}
		unsqueeze := c.made(part, "Unsqueeze")
		if unsqueeze == nil {
			return false
		}
		gather := c.made(unsqueeze.inputs[0], "Gather")
		if gather == nil {
			return false
		}
		at, ok := c.scalar(gather.inputs[1])
		shape := c.made(gather.inputs[0], "Shape")
		if !ok || at != float32(i) || shape == nil || shape.inputs[0] != n.inputs[0] || !c.onlyUsedBy(shape.outputs[0], []*fuseNode{gather}) ||
			!c.onlyUsedBy(gather.outputs[0], []*fuseNode{unsqueeze}) || !c.onlyUsedBy(part, []*fuseNode{concat}) {
			return false
		}
		c.shape[shape] = true
	}
	return c.onlyUsedBy(n.inputs[1], []*fuseNode{n})
}

// closed tells whether no value that is cut goes elsewhere, but for hidden, which is an
// output and whose first position a pooler may take.
func (c *cutter) closed(hidden string) bool {
	for n := range c.nodes {
		value := n.outputs[0]
		if c.outputs[value] && value != hidden {
			return false
		}
		for _, user := range c.users[value] {
			at, ok := float32(-1), false
			if user.op == "Gather" && user.domain == "" && len(user.inputs) == 2 && value == hidden && slices.Equal(user.ints["axis"], []int64{1}) {
				at, ok = c.scalar(user.inputs[1])
			}
			_, cut := c.nodes[user]
			if cut && user.op == "MatMul" && user.inputs[1] == value { // rows of the right operand are summed over
				return false
			}
			if !cut && !c.shape[user] && (!ok || at != 0) {
				return false
			}
		}
	}
	return true
}

// integers returns an attribute of a node, or the constant input that took its place.
func (c *cutter) integers(n *fuseNode, name string) []int64 {
	if len(n.inputs) < 2 {
		return n.ints[name]
	}
	return c.constants(n.inputs[1])
}

// constants returns the values of a small constant of integers.
func (c *cutter) constants(name string) []int64 {
	t := c.m.Initializers[name]
	if t == nil {
		return nil
	}
	if n, err := t.Count(); err != nil || n > 8 {
		return nil
	}
	values, err := all(t)
	if err != nil {
		return nil
	}
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = int64(v)
	}
	return out
}

// newNode returns a node that is written here as if it had been read.
func newNode(n Node) *fuseNode {
	return &fuseNode{raw: n.marshal(), op: n.Op, domain: n.Domain, inputs: n.Inputs, outputs: n.Outputs}
}

// reading returns n with another input in the place of one.
func (n *fuseNode) reading(one, other string) *fuseNode {
	changed := *n
	changed.raw, changed.inputs = nil, nil
	for raw := n.raw; len(raw) > 0; {
		num, typ, length := protowire.ConsumeField(raw)
		if length < 0 {
			return n // it was read once, so it is whole
		}
		field := raw[:length]
		raw = raw[length:]
		if num == 1 && typ == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(field)
			content, _ := protowire.ConsumeString(field[tag:])
			if content == one {
				content = other
			}
			changed.inputs = append(changed.inputs, content)
			field = text(nil, 1, content)
		}
		changed.raw = append(changed.raw, field...)
	}
	return &changed
}
