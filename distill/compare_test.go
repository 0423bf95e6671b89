package distill_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/vocab"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return data
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(packed); err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t *testing.T, path string, dst any) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, path), dst); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readTensor(t *testing.T, path, name string) safetensors.TensorView {
	t.Helper()
	file, err := safetensors.Deserialize(readFile(t, path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	view, ok := file.Tensor(name)
	if !ok {
		t.Fatalf("%s has no tensor %q", path, name)
	}
	return view
}

// readTable reads a matrix of any storage type.
func readTable(t *testing.T, path, name string) *matrix.Table {
	t.Helper()
	view := readTensor(t, path, name)
	types := map[safetensors.DType]matrix.Type{
		safetensors.F16: matrix.Float16, safetensors.F32: matrix.Float32,
		safetensors.F64: matrix.Float64, safetensors.I8: matrix.Int8,
	}
	store, ok := types[view.DType()]
	shape := view.Shape()
	if !ok || len(shape) != 2 {
		t.Fatalf("%s: tensor %q is %v of shape %v", path, name, view.DType(), shape)
	}
	return &matrix.Table{Type: store, Rows: int(shape[0]), Cols: int(shape[1]), Bytes: view.Data()}
}

// readIndices reads a vector of int64.
func readIndices(t *testing.T, path, name string) []int {
	t.Helper()
	data := readTensor(t, path, name).Data()
	indices := make([]int, len(data)/8)
	for i := range indices {
		indices[i] = int(int64(binary.LittleEndian.Uint64(data[8*i:])))
	}
	return indices
}

// readFloats reads a vector of float64.
func readFloats(t *testing.T, path, name string) []float64 {
	t.Helper()
	data := readTensor(t, path, name).Data()
	values := make([]float64, len(data)/8)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return values
}

// buildVocabulary does what m2v distill does before the forward pass.
func buildVocabulary(t *testing.T, teacher string) *vocab.Vocabulary {
	t.Helper()
	file, err := tokenizer.ParseFile(readFile(t, filepath.Join(teacher, "tokenizer.json")))
	if err != nil {
		t.Fatal(err)
	}
	options := vocab.DefaultOptions()
	if config, err := os.ReadFile(filepath.Join(teacher, "tokenizer_config.json")); err == nil {
		if options.Special, err = vocab.ParseSpecial(config, nil); err != nil {
			t.Fatal(err)
		}
	}
	v, err := vocab.Build(file, options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sameJSON compares decoded JSON. Numbers may differ in the last digits: the
// tokenizers package, which wrote the golden, reads some of them one off.
func sameJSON(a, b any) bool {
	switch b := b.(type) {
	case float64:
		a, ok := a.(float64)
		return ok && math.Abs(a-b) <= 1e-12*math.Abs(b)
	case []any:
		a, ok := a.([]any)
		return ok && slices.EqualFunc(a, b, sameJSON)
	case map[string]any:
		a, ok := a.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameJSON)
	}
	return a == b
}

// pick returns the rows of those numbers.
func pick(m *matrix.Matrix, rows []int) *matrix.Matrix {
	picked := matrix.New(len(rows), m.Cols)
	for i, row := range rows {
		copy(picked.Row(i), m.Row(row))
	}
	return picked
}

// checkStudent compares rows of a student with the reference's: int8 by value,
// others by the cosines among them.
func checkStudent(t *testing.T, m *static.Model, rows []int, want *matrix.Table) {
	t.Helper()
	stored := m.Table()
	if stored.Type != want.Type || stored.Cols != want.Cols {
		t.Fatalf("rows are %s and %d wide, want %s and %d", stored.Type, stored.Cols, want.Type, want.Cols)
	}
	switch want.Type {
	case matrix.Int8:
		checkBytes(t, stored, rows, want)
	case matrix.Float16:
		checkCosines(t, pick(stored.Matrix(), rows), want.Matrix(), halfMedian)
	default:
		checkCosines(t, pick(stored.Matrix(), rows), want.Matrix(), cosineMedian)
	}
}

func checkValues(t *testing.T, got, want *matrix.Matrix, tolerance float64) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("got %d×%d values, want %d×%d", got.Rows, got.Cols, want.Rows, want.Cols)
	}
	worst := 0.0
	for i := range want.Data {
		worst = max(worst, math.Abs(float64(got.Data[i])-float64(want.Data[i])))
	}
	if !(worst <= tolerance) { // NaN too
		t.Errorf("largest difference is %v, want at most %v", worst, tolerance)
	}
}

// checkCosines compares the cosines among all pairs of rows.
func checkCosines(t *testing.T, got, want *matrix.Matrix, median float64) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("got %d×%d values, want %d×%d", got.Rows, got.Cols, want.Rows, want.Cols)
	}
	var differences []float64
	for i := range want.Rows {
		for j := range i {
			differences = append(differences, math.Abs(cosine(got.Row(i), got.Row(j))-cosine(want.Row(i), want.Row(j))))
		}
	}
	slices.Sort(differences) // NaN first
	middle, largest := differences[len(differences)/2], differences[len(differences)-1]
	if math.IsNaN(differences[0]) || largest > cosineTolerance || middle > median {
		t.Errorf("cosines differ by up to %.2g (at most %v), by %.2g in the middle (at most %v)", largest, cosineTolerance, middle, median)
	}
}

// checkBytes compares int8 rows value by value.
func checkBytes(t *testing.T, got *matrix.Table, rows []int, want *matrix.Table) {
	t.Helper()
	equal := 0
	for i, row := range rows {
		for j := range want.Cols {
			a, b := int8(got.Bytes[row*got.Cols+j]), int8(want.Bytes[i*want.Cols+j])
			switch difference := int(a) - int(b); {
			case difference == 0:
				equal++
			case difference > 1 || difference < -1:
				t.Fatalf("row %d, value %d is %d, want %d", row, j, a, b)
			}
		}
	}
	if share := float64(equal) / float64(len(want.Bytes)); share < int8Equal {
		t.Errorf("%.2f %% of the int8 values are equal, want at least %v %%", 100*share, 100*int8Equal)
	}
}

// cosine is 0 where one of the two is all zeros.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

func squaredDistance(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return sum
}
