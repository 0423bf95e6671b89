// Package onnx reads what an ONNX file says about itself and the runtime's API
// does not tell: inputs and outputs with their symbolic dimensions, the
// operators in use, the initializers and where their bytes lie, and the table
// that input_ids index. It also writes small graphs.
//
// A file of any size is read by its structure: weights are skipped over until
// somebody asks for them, and no number in the file decides an allocation before
// it was compared with the bytes that are there. There is no cgo here.
//
// Field numbers are those of onnx.proto, IR version 11.
package onnx

import (
	"fmt"
	"strconv"
	"strings"
)

// ElemType is an element type, numbered as TensorProto.DataType.
type ElemType int32

// The element types that m2v meets.
const (
	Float32  ElemType = 1
	Uint8    ElemType = 2
	Int8     ElemType = 3
	Uint16   ElemType = 4
	Int16    ElemType = 5
	Int32    ElemType = 6
	Int64    ElemType = 7
	String   ElemType = 8
	Bool     ElemType = 9
	Float16  ElemType = 10
	Float64  ElemType = 11
	Uint32   ElemType = 12
	Uint64   ElemType = 13
	BFloat16 ElemType = 16
	Uint4    ElemType = 21
	Int4     ElemType = 22
)

var elemNames = map[ElemType]string{
	Float32: "float32", Uint8: "uint8", Int8: "int8", Uint16: "uint16", Int16: "int16",
	Int32: "int32", Int64: "int64", String: "string", Bool: "bool", Float16: "float16",
	Float64: "float64", Uint32: "uint32", Uint64: "uint64", BFloat16: "bfloat16",
	Uint4: "uint4", Int4: "int4",
}

// elemBits is the size of one value; types that are absent have no fixed size
// here and cannot be read.
var elemBits = map[ElemType]int64{
	Float32: 32, Uint8: 8, Int8: 8, Uint16: 16, Int16: 16, Int32: 32, Int64: 64, Bool: 8,
	Float16: 16, Float64: 64, Uint32: 32, Uint64: 64, BFloat16: 16, Uint4: 4, Int4: 4,
}

// String returns the name, such as "float16", or "type 17" for an unknown one.
func (t ElemType) String() string {
	if name, ok := elemNames[t]; ok {
		return name
	}
	return fmt.Sprintf("type %d", int32(t))
}

// Dim is one dimension of a value: Size if it is fixed, else Size < 0 and Name
// is its symbol, which may be empty and, in exported graphs, may lie.
type Dim struct {
	Size int64
	Name string
}

// Fixed returns a dimension of a known size.
func Fixed(size int64) Dim { return Dim{Size: size} }

// Symbol returns a dimension that is known by name only.
func Symbol(name string) Dim { return Dim{Size: -1, Name: name} }

// String returns the size, the symbol, or "?".
func (d Dim) String() string {
	switch {
	case d.Size >= 0:
		return strconv.FormatInt(d.Size, 10)
	case d.Name != "":
		return d.Name
	}
	return "?"
}

// Value is an input or output of a graph. Type is 0 and Dims nil where the value
// is no tensor or the file does not say; Ranked tells an unknown rank from a
// scalar.
type Value struct {
	Name   string
	Type   ElemType
	Dims   []Dim
	Ranked bool
}

// String returns the value as "input_ids int64[batch, sequence]".
func (v Value) String() string {
	if !v.Ranked {
		return fmt.Sprintf("%s %s[…]", v.Name, v.Type)
	}
	dims := make([]string, len(v.Dims))
	for i, d := range v.Dims {
		dims[i] = d.String()
	}
	return fmt.Sprintf("%s %s[%s]", v.Name, v.Type, strings.Join(dims, ", "))
}

// Model is what a file says, weights aside.
type Model struct {
	Path      string
	Size      int64 // bytes of the file itself, without external data
	IRVersion int64
	Opset     map[string]int64 // version by domain; "" is the standard one
	Producer  string
	Inputs    []Value // what a run must be given: initializers left out
	Outputs   []Value
	Ops       map[string]int // how often each operator occurs, in subgraphs and functions too
	// Initializers are the main graph's weights by name, together with the
	// tensors of its Constant nodes under their output's name.
	Initializers map[string]*Tensor

	nodes    []node
	producer map[string]int // value name → index of the node that makes it
}

// node is the part of a NodeProto that following values through the graph needs.
type node struct {
	op              string
	inputs, outputs []string
	ints            map[string]int64 // integer attributes
}

// Input returns the input of that name.
func (m *Model) Input(name string) (Value, bool) { return find(m.Inputs, name) }

// Output returns the output of that name.
func (m *Model) Output(name string) (Value, bool) { return find(m.Outputs, name) }

func find(values []Value, name string) (Value, bool) {
	for _, v := range values {
		if v.Name == name {
			return v, true
		}
	}
	return Value{}, false
}

// DynamicallyQuantized reports whether activations are quantized with a scale
// taken from the data of the moment (DynamicQuantizeLinear and its fused forms).
// One scale serves a whole batch, so a row then depends on its neighbours.
func (m *Model) DynamicallyQuantized() bool {
	for _, op := range []string{"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"} {
		if m.Ops[op] > 0 {
			return true
		}
	}
	return false
}

// Quantized reports whether weights are stored as integers, in any of the ways
// in which exporters do it.
func (m *Model) Quantized() bool {
	for op := range m.Ops {
		if strings.HasPrefix(op, "MatMulInteger") || strings.HasPrefix(op, "QLinear") || strings.HasPrefix(op, "QEmbed") {
			return true
		}
	}
	for _, op := range []string{"DequantizeLinear", "MatMulNBits", "GatherBlockQuantized", "QAttention", "QGemm"} {
		if m.Ops[op] > 0 {
			return true
		}
	}
	return m.DynamicallyQuantized()
}
