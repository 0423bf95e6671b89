// Package tensors reads and writes safetensors files: named arrays of numbers, with
// a few strings of metadata. It stands between the rest of the module and
// github.com/nlpodyssey/safetensors, and checks what that library leaves to its
// caller: every size is compared with the bytes that are there, and fits an int.
package tensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
)

// Type is the type of a tensor's values, as the format names it.
type Type string

// The types that this module knows values of. A file may have others.
const (
	F16  Type = "F16"
	BF16 Type = "BF16"
	F32  Type = "F32"
	F64  Type = "F64"
	I8   Type = "I8"
	I32  Type = "I32"
	I64  Type = "I64"
)

// tableTypes are the types that rows are stored in.
var tableTypes = map[Type]matrix.Type{F16: matrix.Float16, F32: matrix.Float32, F64: matrix.Float64, I8: matrix.Int8}

// Tensor is an array of numbers: as many as the product of Shape, row-major and
// little-endian. Data may alias the file's bytes.
type Tensor struct {
	Type  Type
	Shape []int
	Data  []byte
}

// File is a parsed file.
type File struct {
	data []byte
	st   safetensors.SafeTensors
}

// Parse reads the bytes of a file. Tensors alias data. A header that claims more than
// there is, one of other sizes than the bytes', and a Git LFS pointer are errors.
func Parse(data []byte) (*File, error) {
	if files.IsPointer(data) {
		return nil, errors.New("it is a Git LFS pointer, not the file itself: git lfs pull fetches it")
	}
	st, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, err
	}
	for _, t := range st.Tensors() {
		for _, n := range t.TensorView.Shape() {
			if n > math.MaxInt32 {
				return nil, fmt.Errorf("tensor %s has shape %v, larger than is read", t.Name, t.TensorView.Shape())
			}
		}
	}
	return &File{data, st}, nil
}

// Tensor returns the tensor of that name, and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	view, ok := f.st.Tensor(name)
	if !ok {
		return Tensor{}, false
	}
	t := Tensor{Type: Type(view.DType().String()), Data: view.Data()}
	for _, n := range view.Shape() {
		t.Shape = append(t.Shape, int(n))
	}
	return t, true
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string {
	names := f.st.Names()
	slices.Sort(names)
	return names
}

// Metadata returns the file's strings by their keys; nil if it has none.
func (f *File) Metadata() (map[string]string, error) {
	_, metadata, err := safetensors.ReadMetadata(f.data)
	if err != nil {
		return nil, err
	}
	return metadata.Metadata(), nil
}

// The errors of the methods below begin with a verb: "is I8, not F16 or F32".

// Table returns a tensor of two dimensions, R×C, as rows that alias it. Int8 rows have
// no scale yet: a file's metadata may tell it.
func (t Tensor) Table() (*matrix.Table, error) {
	typ, ok := tableTypes[t.Type]
	if !ok {
		return nil, fmt.Errorf("is %s, not F16, F32, F64 or I8", t.Type)
	}
	if len(t.Shape) != 2 {
		return nil, fmt.Errorf("has shape %v, not rows × columns", t.Shape)
	}
	return &matrix.Table{Type: typ, Rows: t.Shape[0], Cols: t.Shape[1], Bytes: t.Data}, nil
}

// Float64s returns the values of a tensor of F16, F32 or F64, widened.
func (t Tensor) Float64s() ([]float64, error) {
	switch t.Type {
	case F64:
		return decode(t.Data, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }), nil
	case F32, F16:
		narrow, err := t.Float32s()
		wide := make([]float64, len(narrow))
		for i, v := range narrow {
			wide[i] = float64(v)
		}
		return wide, err
	}
	return nil, fmt.Errorf("is %s, not F16, F32 or F64", t.Type)
}

// Float32s returns the values of a tensor of F16 or F32, widened.
func (t Tensor) Float32s() ([]float32, error) {
	switch t.Type {
	case F32:
		return decode(t.Data, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }), nil
	case F16:
		return decode(t.Data, 2, func(b []byte) float32 { return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32() }), nil
	}
	return nil, fmt.Errorf("is %s, not F16 or F32", t.Type)
}

// Rounded returns the values of a tensor of F16, BF16, F32 or F64 as float32.
func (t Tensor) Rounded() ([]float32, error) {
	switch t.Type {
	case F64:
		return decode(t.Data, 8, func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }), nil
	case BF16:
		return decode(t.Data, 2, func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }), nil
	case F16, F32:
		return t.Float32s()
	}
	return nil, fmt.Errorf("is %s, not F16, BF16, F32 or F64", t.Type)
}

// Int32s returns the values of a tensor of I32 or I64. What an int32 cannot hold, and
// any negative number, is -1.
func (t Tensor) Int32s() ([]int32, error) {
	switch t.Type {
	case I32:
		return decode(t.Data, 4, func(b []byte) int32 { return max(-1, int32(binary.LittleEndian.Uint32(b))) }), nil
	case I64:
		return decode(t.Data, 8, func(b []byte) int32 {
			v := int64(binary.LittleEndian.Uint64(b))
			if v < 0 || v > math.MaxInt32 {
				return -1
			}
			return int32(v)
		}), nil
	}
	return nil, fmt.Errorf("is %s, not I32 or I64", t.Type)
}

// decode reads values of size bytes each.
func decode[T any](data []byte, size int, value func([]byte) T) []T {
	values := make([]T, len(data)/size)
	for i := range values {
		values[i] = value(data[i*size : (i+1)*size])
	}
	return values
}

// FromTable returns the tensor of a table, R×C, which it aliases.
func FromTable(t *matrix.Table) Tensor {
	for typ, stored := range tableTypes {
		if stored == t.Type {
			return Tensor{Type: typ, Shape: []int{t.Rows, t.Cols}, Data: t.Bytes}
		}
	}
	panic(fmt.Sprintf("tensors: table of type %v", t.Type)) // a type of matrix that this package does not know
}

// FromFloat64s returns an F64 tensor of len(values) values.
func FromFloat64s(values []float64) Tensor {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return Tensor{Type: F64, Shape: []int{len(values)}, Data: data}
}

// FromFloat32s returns an F32 tensor of len(values) values.
func FromFloat32s(values []float32) Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Tensor{Type: F32, Shape: []int{len(values)}, Data: data}
}

// FromInt32s returns an I32 tensor of len(values) values.
func FromInt32s(values []int32) Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return Tensor{Type: I32, Shape: []int{len(values)}, Data: data}
}

// Write writes a file of the tensors and, unless it is empty, the metadata. Data goes
// to w from where it lies, without a copy.
//
// Tensors are in the order of their types' size, then of their names, and the header is
// padded to 8 bytes, so that every tensor is aligned and rows of float32 can be mapped.
func Write(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	views := make(map[string]safetensors.TensorView, len(tensors))
	for name, t := range tensors {
		typ, err := safetensors.ParseDType(string(t.Type))
		if err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		shape := make([]uint64, len(t.Shape))
		for i, n := range t.Shape {
			shape[i] = uint64(n)
		}
		if views[name], err = safetensors.NewTensorView(typ, shape, t.Data); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
	}
	return safetensors.SerializeToWriter(views, metadata, w)
}

// headerSize is the length of what Header returns: the text has at most 130 bytes but
// for the name.
const headerSize = 256

// Header returns the first bytes of a file of one tensor, rows × cols values of type t,
// that is written row by row. Its length does not depend on rows, so that it can be
// written again at the end: it is padded with spaces, as the format allows.
//
// Source: the format's section of huggingface/safetensors' README.
func Header(name string, t matrix.Type, rows int64, cols int) []byte {
	text := fmt.Sprintf(`{"%s":{"dtype":"%s","shape":[%d,%d],"data_offsets":[0,%d]}}`,
		name, FromTable(&matrix.Table{Type: t}).Type, rows, cols, rows*int64(cols)*int64(t.Size()))
	head := binary.LittleEndian.AppendUint64(make([]byte, 0, headerSize), headerSize-8)
	head = append(head, text...)
	for len(head) < headerSize {
		head = append(head, ' ')
	}
	return head
}
