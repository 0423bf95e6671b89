package onnx

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// minOutside is the length in bytes from which an initializer's values stay in the file
// that they lie in: shorter ones are copied.
const minOutside = 1 << 10

// contrib is the domain of ONNX Runtime's own operators.
const contrib = "com.microsoft"

// rewriter copies a graph file, nodes replaced and weights left where they are.
type rewriter struct {
	parser
	location string // of the weights: the file's name
	refused  bool   // the graph holds what is not followed here

	nodes  []*fuseNode
	graph  []byte // the GraphProto's fields but for the nodes
	others []byte // the ModelProto's fields but for the graph
	knows  bool   // contrib is among the opset's domains
}

// Fused is a graph some of whose nodes were put together.
type Fused struct {
	// Graph is an ONNX file. It is small: initializers of 1 KiB or more stay in the file
	// that it was made of, and are named by their place in it.
	Graph []byte
	// First is the same graph with the first position of the output that Fuse was told
	// of alone, B×1×H: the last layer costs less so. It is nil where that cannot be.
	First []byte
	// Words is the input of both graphs that takes the rows of the table of word embeddings
	// for input_ids, B×T×H, where that table stays out of them; else its name is "".
	Words  Value
	Folder string // of that file, links followed: that of the graph's external data
	Nodes  int    // that stand for several, 1 at least
}

// Fuse puts each sum of a residual and the layer normalization after it into one node,
// SkipLayerNormalization of ONNX Runtime; see fuse. Values change in their last digits.
// The result is nil where there is nothing to fuse, or where the graph has subgraphs,
// functions, weights in other files or other things that are not followed. hidden names
// the output with a state for every position, "" for none. A table of word embeddings of
// least bytes or more, such as MinWords, stays out of the graph: see Fused.Words.
func (m *Model) Fuse(hidden string, least int64) (*Fused, error) {
	path, err := filepath.EvalSymlinks(m.Path)
	if err != nil {
		return nil, fmt.Errorf("onnx: fuse graph: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: fuse graph: %w", err)
	}
	defer f.Close()
	r := &rewriter{parser: parser{scanner: scanner{r: f, size: m.Size, end: m.Size}, m: &Model{}}, location: filepath.Base(path)}
	if err := r.file(); err != nil {
		return nil, fmt.Errorf("onnx: fuse %s: %w", m.Path, err)
	}
	if r.refused {
		return nil, nil
	}
	nodes, fused := fuse(r.nodes, m)
	if fused == 0 {
		return nil, nil
	}
	out := &Fused{Folder: filepath.Dir(path), Nodes: fused}
	if kept, input, ok := words(nodes, m, least); ok {
		nodes, out.Words = kept, input
		r.graph = nested(r.graph, 11, input.marshal())
	}
	out.Graph = r.write(nodes, nil)
	if cut := first(nodes, m, hidden); cut != nil {
		zero := Weights{Name: firstIndex, Type: Int64, Dims: []int64{1}, Raw: Int64s(0)}
		out.First = r.write(cut, &zero)
	}
	return out, nil
}

// write returns the file with those nodes and one more initializer, nil for none.
func (r *rewriter) write(nodes []*fuseNode, more *Weights) []byte {
	var b []byte
	for _, n := range nodes {
		b = nested(b, 1, n.raw)
	}
	b = append(b, r.graph...)
	if more != nil {
		var tensor []byte
		for _, p := range more.pieces() {
			tensor = append(tensor, p.data...)
		}
		b = nested(b, 5, tensor)
	}
	graph := nested(slices.Clone(r.others), 7, b)
	if !r.knows {
		graph = nested(graph, 8, number(text(nil, 1, contrib), 2, 1))
	}
	return graph
}

// file reads the ModelProto.
func (r *rewriter) file() error {
	return r.message(field{typ: protowire.BytesType, size: r.end}, func(f field) error {
		switch f.num {
		case 7: // graph
			return r.message(f, r.graphField)
		case 25: // functions
			r.refused = true
			return nil
		}
		content, err := r.copy(f)
		if f.num == 8 { // opset_import
			domain, _ := stringField(content, 1)
			r.knows = r.knows || domain == contrib
		}
		r.others = appendField(r.others, f, content)
		return err
	})
}

func (r *rewriter) graphField(f field) error {
	switch f.num {
	case 1: // node
		content, err := r.copy(f)
		if err != nil || r.refused {
			return err
		}
		n, ok := parseFuseNode(content)
		r.refused = r.refused || !ok
		r.nodes = append(r.nodes, n)
		return nil
	case 5: // initializer
		content, err := r.initializer(f)
		r.graph = nested(r.graph, 5, content)
		return err
	case 15: // sparse_initializer
		r.refused = true
		return nil
	}
	content, err := r.copy(f)
	r.graph = appendField(r.graph, f, content)
	return err
}

// initializer returns a TensorProto whose values stay where they are, or a copy of it.
func (r *rewriter) initializer(f field) ([]byte, error) {
	t, err := r.tensor(f)
	if err != nil {
		return nil, err
	}
	if t.External != "" { // its folder need not be that of the graph, where one of both is a link
		r.refused = true
		return nil, nil
	}
	count, err := t.Count()
	bits := elemBits[t.Type]
	if err != nil || t.stored != storedRaw || t.Length < minOutside || bits < 8 || count*(bits/8) != t.Length {
		return r.copy(f)
	}
	w := Weights{Name: t.Name, Type: t.Type, Dims: t.Dims, External: r.location, Offset: t.Offset, Length: t.Length}
	return w.pieces()[0].data, nil
}

// copy returns the content of a field; one that is too large to copy is refused.
func (r *rewriter) copy(f field) ([]byte, error) {
	if f.typ != protowire.BytesType {
		return nil, nil
	}
	if f.size > maxSmall {
		r.refused = true
		return nil, nil
	}
	return r.bytes(f)
}

// appendField appends a field with its tag; content is that of a field of bytes.
func appendField(b []byte, f field, content []byte) []byte {
	b = protowire.AppendTag(b, f.num, f.typ)
	switch f.typ {
	case protowire.VarintType:
		return protowire.AppendVarint(b, f.value)
	case protowire.Fixed32Type:
		return protowire.AppendFixed32(b, uint32(f.value))
	case protowire.Fixed64Type:
		return protowire.AppendFixed64(b, f.value)
	}
	return protowire.AppendBytes(b, content)
}

// eachField calls each for the fields of a message in memory, and tells whether it is whole.
func eachField(message []byte, each func(num protowire.Number, typ protowire.Type, value uint64, content []byte)) bool {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return false
		}
		message = message[n:]
		var value uint64
		var content []byte
		switch typ {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			value = uint64(v)
		case protowire.Fixed64Type:
			value, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(message)
		default:
			return false
		}
		if n < 0 {
			return false
		}
		message = message[n:]
		each(num, typ, value, content)
	}
	return true
}

func stringField(message []byte, want protowire.Number) (s string, ok bool) {
	eachField(message, func(num protowire.Number, _ protowire.Type, _ uint64, content []byte) {
		if num == want {
			s, ok = string(content), true
		}
	})
	return s, ok
}
