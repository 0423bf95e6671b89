package fit_test

import (
	"bufio"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
	"github.com/m2v-dev/m2v/zipf"
)

// How close is close, as in docs/parity.md.
const (
	vectorTolerance = 2e-4 // two runtimes' float32
	cosineTolerance = 1e-3 // largest difference of two cosines after PCA
	cosineMedian    = 1e-5
)

// The golden is bin/fit-oracle.py's, of 5,000 texts: shared golden/fit/facts.json.
func TestRealTeacherEqualsTheOracle(t *testing.T) {
	const count, maxLength = 5000, 256
	dir := testenv.Model(t, "all-MiniLM-L6-v2")
	golden := readTensors(t, testenv.Shared(t, "golden", "fit", "all-MiniLM-L6-v2.safetensors"))
	lines := readLines(t, testenv.Text(t, "generic.txt"), count)

	rt := orttest.Start(t)
	products, err := runtime.NewBLAS(rt, 2)
	if err != nil {
		t.Fatal(err)
	}
	blas64.Use(products)
	defer blas64.Use(blas64.Implementation())

	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vocab.Build(file, vocab.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	teacher, err := transformer.Open(rt, dir, transformer.Options{Pooling: transformer.Mean, PadID: v.TeacherPadID, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.Close()
	rows := matrix.New(len(v.Tokens), teacher.Width()) // V×H
	if err := teacher.Embed(t.Context(), v.IDs, rows, nil); err != nil {
		t.Fatal(err)
	}
	vectors := teacherVectors(t, teacher, file, lines, maxLength) // N×H
	checkDifference(t, vectors, golden.matrix(t, "teacher_vectors_first_64"), vectorTolerance)

	texts := studentTexts(t, v, lines)
	weights, err := zipf.Weights(len(v.Tokens), 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	o := fit.DefaultOptions()
	o.Tolerance, o.Holdout, o.Threads = 1e-6, 0, 2
	for tensor, prior := range map[string]*matrix.Matrix{"rows": rows, "rows_vectors_alone": nil} {
		t.Run(tensor, func(t *testing.T) {
			r, err := fit.Solve(t.Context(), texts, []fit.Block{{Rows: prior, Vectors: fit.InMemory(vectors)}}, weights, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Texts != count || r.Residual > 1e-6 {
				t.Errorf("%d texts, residual %v after %d steps", r.Texts, r.Residual, r.Steps)
			}
			checkCosines(t, pick(r.Rows, golden.ids(t)), golden.matrix(t, tensor))
		})
	}
}

func teacherVectors(t *testing.T, teacher *transformer.Teacher, file *tokenizer.File, lines []string, maxLength int) *matrix.Matrix {
	t.Helper()
	tok, err := tokenizer.New(file)
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := teacher.NewEncoder(tok, transformer.EncodeOptions{MaxLength: maxLength, NoNormalize: true})
	if err != nil {
		t.Fatal(err)
	}
	vectors := matrix.New(len(lines), encoder.Width())
	if err := encoder.Encode(t.Context(), lines, vectors, nil); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// studentTexts returns the texts in the student's tokens. They are short: nothing is cut.
func studentTexts(t *testing.T, v *vocab.Vocabulary, lines []string) *fit.Texts {
	t.Helper()
	tok, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	encoder := tok.NewEncoder()
	b := fit.NewBuilder(len(v.Tokens), fit.BuilderOptions{})
	for _, line := range lines {
		ids := slices.DeleteFunc(encoder.AppendIDs(nil, line), func(id int32) bool { return int(id) == v.UnkID })
		if err := b.Add(ids); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := b.Texts()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func readLines(t *testing.T, path string, n int) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); len(lines) < n && s.Scan(); {
		lines = append(lines, s.Text())
	}
	if len(lines) != n {
		t.Fatalf("%s has %d lines, want %d", path, len(lines), n)
	}
	return lines
}

type tensorFile struct{ *tensors.File }

func readTensors(t *testing.T, path string) tensorFile {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := tensors.Parse(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return tensorFile{file}
}

func (f tensorFile) matrix(t *testing.T, name string) *matrix.Matrix {
	t.Helper()
	tensor, ok := f.Tensor(name)
	if !ok || tensor.Type != tensors.F32 || len(tensor.Shape) != 2 {
		t.Fatalf("tensor %s: %v", name, tensor.Shape)
	}
	m := matrix.New(tensor.Shape[0], tensor.Shape[1])
	for i := range m.Data {
		m.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*i:]))
	}
	return m
}

func (f tensorFile) ids(t *testing.T) []int {
	t.Helper()
	tensor, ok := f.Tensor("ids")
	if !ok || tensor.Type != tensors.I64 {
		t.Fatal("no ids")
	}
	ids := make([]int, len(tensor.Data)/8)
	for i := range ids {
		ids[i] = int(binary.LittleEndian.Uint64(tensor.Data[8*i:]))
	}
	return ids
}

func pick(m *matrix.Matrix, rows []int) *matrix.Matrix {
	picked := matrix.New(len(rows), m.Cols)
	for i, row := range rows {
		copy(picked.Row(i), m.Row(row))
	}
	return picked
}

// checkDifference compares the first rows of got with want.
func checkDifference(t *testing.T, got, want *matrix.Matrix, tolerance float64) {
	t.Helper()
	worst := 0.0
	for i, v := range want.Data {
		worst = max(worst, math.Abs(float64(got.Data[i])-float64(v)))
	}
	t.Logf("largest difference %.2g", worst)
	if got.Cols != want.Cols || !(worst <= tolerance) {
		t.Errorf("width %d, want %d; values differ by up to %v, want at most %v", got.Cols, want.Cols, worst, tolerance)
	}
}

// checkCosines compares the cosines among all pairs of rows.
func checkCosines(t *testing.T, got, want *matrix.Matrix) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("%d×%d rows, want %d×%d", got.Rows, got.Cols, want.Rows, want.Cols)
	}
	var differences []float64
	for i := range want.Rows {
		for j := range i {
			differences = append(differences, math.Abs(cosine(got.Row(i), got.Row(j))-cosine(want.Row(i), want.Row(j))))
		}
	}
	slices.Sort(differences) // NaN first
	middle, largest := differences[len(differences)/2], differences[len(differences)-1]
	t.Logf("cosines differ by up to %.2g, by %.2g in the middle", largest, middle)
	if math.IsNaN(differences[0]) || largest > cosineTolerance || middle > cosineMedian {
		t.Errorf("cosines differ by up to %.2g (at most %v), by %.2g in the middle (at most %v)", largest, cosineTolerance, middle, cosineMedian)
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
