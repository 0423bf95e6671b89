package vectors

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// npy is a file of version 1 with the given header and bytes after it.
func npy(header, values string) string {
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + values
}

func header(kind, order, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", kind, order, shape)
}

func openText(t *testing.T, data string) (*Reader, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.npy")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := OpenNPY(path)
	if err == nil {
		t.Cleanup(func() { n.Close() })
	}
	return n, err
}

func TestNPYReadsWhatIsWritten(t *testing.T) {
	for _, kind := range []matrix.Type{matrix.Float32, matrix.Float16} {
		path := filepath.Join(t.TempDir(), "v.npy")
		w, err := Create(path, Options{Type: kind, Cols: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.Write(&matrix.Matrix{Rows: 2, Cols: 3, Data: []float32{1, 2, 3, -0.5, 0, 8}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		n, err := OpenNPY(path)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		row := make([]float32, 3)
		if err := n.Row(1, row); err != nil || n.Rows != 2 || n.Cols != 3 || !slices.Equal(row, []float32{-0.5, 0, 8}) {
			t.Errorf("%s: %d×%d, row 1 %v, %v", kind, n.Rows, n.Cols, row, err)
		}
		if err := n.Row(2, row); err == nil {
			t.Error("no error for a row that is not there")
		}
	}
}

func TestNPYTypes(t *testing.T) {
	check := func(kind string, value []byte) {
		t.Helper()
		n, err := openText(t, npy(header(kind, "False", "1, 1"), string(value)))
		if err != nil {
			t.Fatal(err)
		}
		row := make([]float32, 1)
		if err := n.Row(0, row); err != nil || row[0] != 0.25 {
			t.Errorf("%s: %v, %v", kind, row, err)
		}
	}
	check("<f2", binary.LittleEndian.AppendUint16(nil, float16.Fromfloat32(0.25).Bits()))
	check("<f4", binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.25)))
	check("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.25)))
}

func TestOpenNPYRefuses(t *testing.T) {
	check := func(data, want string) {
		t.Helper()
		if _, err := openText(t, data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	check("", "not a .npy file")
	check("PK\x03\x04 an npz archive", "not a .npy file")
	check("\x93NUMPY\x02\x00\xff\xff\xff\xff", "its header claims 4294967295 bytes")
	check("\x93NUMPY\x01\x00\xff\x00{}", "it ends inside its header")
	check(npy("{'descr': [('a', '<f4')], 'shape': (1, 1)}", ""), "no descr, fortran_order or shape")
	check(npy(header(">f4", "False", "1, 1"), "abcd"), "its values are >f4")
	check(npy(header("<f4", "True", "1, 1"), "abcd"), "Fortran order")
	check(npy(header("<f4", "False", "1,"), "abcd"), "its shape is (1,)")
	check(npy(header("<f4", "False", "1, 1, 1"), "abcd"), "its shape is (1, 1, 1)")
	check(npy(header("<f4", "False", "2000000000, 1000000"), "abcd"), "values make 8000000000000")
	check(npy(header("<f4", "False", "1, 2"), "abcd"), "and 1×2 values make")
	if _, err := OpenNPY(filepath.Join(t.TempDir(), "none.npy")); err == nil || !strings.Contains(err.Error(), "none.npy: ") {
		t.Errorf("got %v", err)
	}
}
