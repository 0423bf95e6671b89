package tensors

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// file returns a file of a header and data.
func file(header string, data ...byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func TestWriteThenParse(t *testing.T) {
	table := &matrix.Table{Type: matrix.Int8, Rows: 2, Cols: 3, Bytes: []byte{1, 2, 3, 4, 5, 255}}
	metadata := map[string]string{"m2v.scale": "0.5"}
	var out bytes.Buffer
	err := Write(&out, map[string]Tensor{
		"rows": FromTable(table), "weights": FromFloat64s([]float64{0.1, -2}), "mapping": FromInt32s([]int32{1, 0}),
	}, metadata)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Names(); !slices.Equal(got, []string{"mapping", "rows", "weights"}) {
		t.Errorf("names %q", got)
	}
	if got, err := f.Metadata(); err != nil || !maps.Equal(got, metadata) {
		t.Errorf("metadata %v, %v", got, err)
	}
	tensor, _ := f.Tensor("rows")
	if got, err := tensor.Table(); err != nil || got.Rows != 2 || got.Cols != 3 || !slices.Equal(got.Bytes, table.Bytes) {
		t.Errorf("rows %+v, %v", got, err)
	}
	tensor, _ = f.Tensor("weights")
	if got, err := tensor.Float64s(); err != nil || !slices.Equal(got, []float64{0.1, -2}) {
		t.Errorf("weights %v, %v", got, err)
	}
	tensor, _ = f.Tensor("mapping")
	if got, err := tensor.Int32s(); err != nil || !slices.Equal(got, []int32{1, 0}) {
		t.Errorf("mapping %v, %v", got, err)
	}
	if _, ok := f.Tensor("bias"); ok {
		t.Error("found a tensor that is not there")
	}
}

func TestValuesWiden(t *testing.T) {
	half := Tensor{F16, []int{2}, []byte{0x00, 0x3c, 0x00, 0xc0}} // 1 and −2 by IEEE 754
	if got, err := half.Float32s(); err != nil || !slices.Equal(got, []float32{1, -2}) {
		t.Errorf("F16: %v, %v", got, err)
	}
	if got, err := half.Float64s(); err != nil || !slices.Equal(got, []float64{1, -2}) {
		t.Errorf("F16: %v, %v", got, err)
	}
	single := Tensor{F32, []int{1}, binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.1))}
	if got, err := single.Float64s(); err != nil || got[0] != float64(float32(0.1)) {
		t.Errorf("F32: %v, %v", got, err)
	}
	long := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, 7), 1<<40)
	if got, err := (Tensor{I64, []int{2}, long}).Int32s(); err != nil || !slices.Equal(got, []int32{7, -1}) {
		t.Errorf("I64: %v, %v", got, err)
	}
	for name, err := range map[string]error{
		"I8, not F16 or F32":           second(Tensor{Type: I8}.Float32s()),
		"I8, not F16, F32 or F64":      second(Tensor{Type: I8}.Float64s()),
		"F32, not I32 or I64":          second(Tensor{Type: F32}.Int32s()),
		"BF16, not F16, F32, F64":      second(Tensor{Type: "BF16", Shape: []int{1, 1}}.Table()),
		"shape [3], not rows × column": second(Tensor{Type: F32, Shape: []int{3}}.Table()),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"an empty file":            nil,
		"a header beyond the file": append([]byte{255, 255, 255, 0, 0, 0, 0, 0}, "{}"...),
		"more values than bytes":   file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
		"bytes of no tensor":       file(`{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 0, 0),
		"a shape beyond int32":     file(`{"a":{"dtype":"I8","shape":[18446744073709551615,0],"data_offsets":[0,0]}}`),
		"a type that is none":      file(`{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,1]}}`, 0),
	} {
		if f, err := Parse(data); err == nil {
			t.Errorf("%s is taken: %q", name, f.Names())
		}
	}
}

func TestHeaderIsThatOfAFile(t *testing.T) {
	data := Header("embeddings", matrix.Float16, 3, 2)
	f, err := Parse(append(data, make([]byte, 12)...))
	if err != nil {
		t.Fatal(err)
	}
	tensor, _ := f.Tensor("embeddings")
	if got, err := tensor.Table(); err != nil || got.Type != matrix.Float16 || got.Rows != 3 || got.Cols != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(Header("embeddings", matrix.Float32, math.MaxInt64, math.MaxInt32)); n != len(data) {
		t.Errorf("%d bytes for many rows, %d for few", n, len(data))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}`, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			t.Skip()
		}
		again := map[string]Tensor{}
		for _, name := range file.Names() {
			again[name], _ = file.Tensor(name)
			if table, err := again[name].Table(); err == nil && table.Rows*table.Cols*table.Type.Size() != len(table.Bytes) {
				t.Errorf("%d×%d %v of %d bytes", table.Rows, table.Cols, table.Type, len(table.Bytes))
			}
			_ = second(again[name].Float64s())
			_ = second(again[name].Int32s())
		}
		metadata, err := file.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Write(&out, again, metadata); err != nil {
			t.Skip() // scalars: the library reads them, and writes none
		}
		if _, err := Parse(out.Bytes()); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}

// A clone without git-lfs has a few lines of text in place of model.safetensors.
func TestParseNamesAPointer(t *testing.T) {
	_, err := Parse([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"))
	if err == nil || !strings.Contains(err.Error(), "Git LFS pointer") {
		t.Errorf("got %v, want an error that names the pointer", err)
	}
}
