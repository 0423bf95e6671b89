package vectors

import (
	"bytes"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// Rows that are filled in their place are the bytes that Append makes of them; where they
// cannot be, nothing is appended.
func TestRoom(t *testing.T) {
	m := &matrix.Matrix{Rows: 2, Cols: 3, Data: []float32{1, -2, 3.5, 0, 1e-9, 7}}
	for _, format := range []Format{NPY, Raw, Safetensors} {
		o := Options{Format: format, Type: matrix.Float32, Cols: 3}
		got, dst, ok := o.Room(make([]byte, 0, 7), 2)
		if !ok {
			t.Skip("this machine has the bytes of a value the other way round")
		}
		copy(dst.Data, m.Data)
		if want := o.Append(nil, m); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", format, got, want)
		}
	}
	for _, o := range []Options{
		{Format: JSONL, Type: matrix.Float32, Cols: 3},
		{Format: Raw, Type: matrix.Float16, Cols: 3},
		{Format: Parquet, Type: matrix.Float32, Cols: 3, Keep: []string{"id"}},
		{Format: Raw, Type: matrix.Float32},
	} {
		if got, _, ok := o.Room(nil, 2); ok || len(got) > 0 {
			t.Errorf("%+v: room for %d bytes", o, len(got))
		}
	}
	if _, _, ok := (Options{Format: Raw, Type: matrix.Float32, Cols: 3}).Room([]byte{1}, 2); ok {
		t.Error("room behind a byte")
	}
}
