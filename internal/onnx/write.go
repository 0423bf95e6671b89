package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Graph is a graph to be written: the one-node graphs that runtime runs as
// a matrix product, static models, and the small teachers of tests.
type Graph struct {
	Inputs, Outputs []Value
	Nodes           []Node // in topological order
	Initializers    []Weights
	// Opset is the version of the standard operators, 17 if 0.
	Opset int64
}

// Node is one operator. Attributes are written in the order given.
type Node struct {
	Op, Domain      string // Domain "" is the standard one
	Inputs, Outputs []string
	Attributes      []Attribute
}

// Attribute is an integer, float, or integer list, whichever is set; Int if none is.
type Attribute struct {
	Name  string
	Int   int64
	Float float32
	Ints  []int64
	// IsFloat says that Float is meant even where it is 0.
	IsFloat bool
}

// Weights is an initializer: little-endian values in Raw, or, if Fill is not nil, the
// Length bytes that Fill writes, or, if External is not empty, Length bytes from Offset
// on in that file beside the graph.
type Weights struct {
	Name           string
	Type           ElemType
	Dims           []int64
	Raw            []byte
	Fill           func(io.Writer) error
	External       string
	Offset, Length int64
}

// irVersion is the oldest that has all that Graph can say; the runtime accepts
// any older than its own.
const irVersion = 8

// Marshal returns the graph as an ONNX file. It does not check it. Weights must not
// have Fill, whose errors have no way out; WriteTo is for those.
func (g *Graph) Marshal() []byte {
	var b bytes.Buffer
	_, _ = g.WriteTo(&b) // a buffer takes everything
	return b.Bytes()
}

// MaxSize is the size in bytes that an ONNX file stays below: protobuf counts in 31 bits.
const MaxSize = math.MaxInt32

// Size returns the length of the file in bytes.
func (g *Graph) Size() int64 { return g.file().size() }

// WriteTo writes the graph as an ONNX file. It does not check it. Weights go to w from
// where they lie, or as Fill makes them: nothing of their size is held in memory.
func (g *Graph) WriteTo(w io.Writer) (int64, error) {
	written := int64(0)
	for _, p := range g.file() {
		n, err := p.writeTo(w)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// piece is a part of a file: bytes, or length bytes that fill writes.
type piece struct {
	data   []byte
	fill   func(io.Writer) error
	length int64
}

func (p piece) size() int64 { return int64(len(p.data)) + p.length }

func (p piece) writeTo(w io.Writer) (int64, error) {
	if p.fill == nil {
		n, err := w.Write(p.data)
		return int64(n), err
	}
	c := &counter{w: w}
	if err := p.fill(c); err != nil {
		return c.n, err
	}
	if c.n != p.length {
		return c.n, fmt.Errorf("onnx: write weights: %d bytes, not %d", c.n, p.length)
	}
	return c.n, nil
}

// counter counts the bytes that pass.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(data []byte) (int, error) {
	n, err := c.w.Write(data)
	c.n += int64(n)
	return n, err
}

// pieces are the parts of a message, in order.
type pieces []piece

func (p pieces) size() int64 {
	total := int64(0)
	for _, one := range p {
		total += one.size()
	}
	return total
}

// field returns the tag and the length of a nested message, and its parts.
func (p pieces) field(num protowire.Number) pieces {
	head := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(p.size()))
	return append(pieces{{data: head}}, p...)
}

// file returns the whole file: a ModelProto.
func (g *Graph) file() pieces {
	all := pieces{{data: text(number(nil, 1, irVersion), 2, "m2v")}}
	all = append(all, g.graph().field(7)...)
	domains := []string{""}
	for _, n := range g.Nodes {
		if n.Domain != "" && n.Domain != domains[len(domains)-1] {
			domains = append(domains, n.Domain)
		}
	}
	for _, d := range domains {
		version := int64(1)
		if d == "" {
			if version = g.Opset; version == 0 {
				version = 17
			}
		}
		all = append(all, piece{data: nested(nil, 8, number(text(nil, 1, d), 2, version))})
	}
	return all
}

// graph returns the GraphProto.
func (g *Graph) graph() pieces {
	var b []byte
	for _, n := range g.Nodes {
		b = nested(b, 1, n.marshal())
	}
	all := pieces{{data: text(b, 2, "g")}}
	for _, w := range g.Initializers {
		all = append(all, w.pieces().field(5)...)
	}
	b = nil
	for _, v := range g.Inputs {
		b = nested(b, 11, v.marshal())
	}
	for _, v := range g.Outputs {
		b = nested(b, 12, v.marshal())
	}
	return append(all, piece{data: b})
}

func (n *Node) marshal() []byte {
	var b []byte
	for _, in := range n.Inputs {
		b = text(b, 1, in)
	}
	for _, out := range n.Outputs {
		b = text(b, 2, out)
	}
	b = text(b, 4, n.Op)
	for _, a := range n.Attributes {
		b = nested(b, 5, a.marshal())
	}
	if n.Domain != "" {
		b = text(b, 7, n.Domain)
	}
	return b
}

// Attribute types of AttributeProto.
const (
	attrFloat = 1
	attrInt   = 2
	attrInts  = 7
)

func (a *Attribute) marshal() []byte {
	b := text(nil, 1, a.Name)
	switch {
	case a.IsFloat:
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(a.Float))
		return number(b, 20, attrFloat)
	case a.Ints != nil:
		for _, v := range a.Ints {
			b = number(b, 8, v)
		}
		return number(b, 20, attrInts)
	}
	return number(number(b, 3, a.Int), 20, attrInt)
}

func (v Value) marshal() []byte {
	tensor := number(nil, 1, int64(v.Type))
	if v.Ranked || v.Dims != nil {
		var shape []byte
		for _, d := range v.Dims {
			var dim []byte
			switch {
			case d.Size >= 0:
				dim = number(nil, 1, d.Size)
			case d.Name != "":
				dim = text(nil, 2, d.Name)
			}
			shape = nested(shape, 1, dim)
		}
		tensor = nested(tensor, 2, shape)
	}
	return nested(text(nil, 1, v.Name), 2, nested(nil, 1, tensor))
}

// pieces returns the TensorProto.
func (w *Weights) pieces() pieces {
	var b []byte
	for _, d := range w.Dims {
		b = number(b, 1, d)
	}
	b = number(b, 2, int64(w.Type))
	b = text(b, 8, w.Name)
	values := piece{data: w.Raw}
	if w.Fill != nil {
		values = piece{fill: w.Fill, length: w.Length}
	}
	if w.External == "" {
		return append(pieces{{data: b}}, pieces{values}.field(9)...)
	}
	entry := func(key, value string) {
		b = nested(b, 13, text(text(nil, 1, key), 2, value))
	}
	entry("location", w.External)
	entry("offset", strconv.FormatInt(w.Offset, 10))
	entry("length", strconv.FormatInt(w.Length, 10))
	return pieces{{data: number(b, 14, 1)}}
}

// Floats returns values in the raw little-endian form of Float32.
func Floats(values ...float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// Int64s returns values in the raw little-endian form of Int64.
func Int64s(values ...int64) []byte {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func number(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

func text(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

func nested(b []byte, num protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), message)
}
