package static_test

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// readVectors reads the float32 matrices of a safetensors file.
func readVectors(t testing.TB, path string) map[string]*matrix.Matrix {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	vectors := map[string]*matrix.Matrix{}
	for _, tensor := range st.Tensors() {
		view := tensor.TensorView
		shape := view.Shape()
		if view.DType() != safetensors.F32 || len(shape) != 2 {
			t.Fatalf("%s: tensor %s is %s %v", path, tensor.Name, view.DType(), shape)
		}
		m := matrix.New(int(shape[0]), int(shape[1]))
		for i := range m.Data {
			m.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(view.Data()[4*i:]))
		}
		vectors[tensor.Name] = m
	}
	return vectors
}

func readTexts(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func open(t testing.TB, dir string) *static.Model {
	t.Helper()
	m, err := static.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func encode(t testing.TB, m *static.Model, texts []string, o static.Options) *matrix.Matrix {
	t.Helper()
	dims := o.Dims
	if dims == 0 {
		dims = m.Dims()
	}
	dst := matrix.New(len(texts), dims)
	if err := m.Encode(t.Context(), texts, dst, o); err != nil {
		t.Fatal(err)
	}
	return dst
}

// furthest returns the largest difference between two matrices and its row.
func furthest(t testing.TB, got, want *matrix.Matrix) (float64, int) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("got %d×%d, want %d×%d", got.Rows, got.Cols, want.Rows, want.Cols)
	}
	worst, at := 0.0, 0
	for i := range got.Data {
		if d := math.Abs(float64(got.Data[i]) - float64(want.Data[i])); !(d <= worst) { // also NaN
			worst, at = d, i/got.Cols
		}
	}
	return worst, at
}

// TestEncodeEqualsTheReference compares every layout and type with what Python
// model2vec 0.10.0 gives (testdata/gen/static.py).
func TestEncodeEqualsTheReference(t *testing.T) {
	texts, golden := readTexts(t), readVectors(t, "testdata/golden.safetensors")
	variants := map[string]static.Options{
		"default": {},
		"length3": {MaxLength: 3},
		"nolimit": {MaxLength: static.NoMaxLength},
		"raw":     {NoNormalize: true},
	}
	for name, want := range golden {
		folder, variant, _ := strings.Cut(name, "/")
		if variant == "st" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m, o := open(t, filepath.Join("testdata", folder)), variants[variant]
			tolerance := 1e-6
			switch folder {
			case "float16":
				tolerance = 1e-3 // Python returns float16 vectors
			case "st-normalize":
				o.NoNormalize = true // Python does not read modules.json: docs/parity.md
			}
			if worst, row := furthest(t, encode(t, m, texts, o), want); worst > tolerance {
				t.Errorf("text %d %.40q: off by %g", row, texts[row], worst)
			}
		})
	}
	if len(golden) < 60 {
		t.Errorf("only %d goldens", len(golden))
	}
}

// TestEncodeEqualsSentenceTransformers compares the layouts that
// sentence-transformers writes with what it gives itself. It drops no unknown
// token, so only texts without one are compared.
func TestEncodeEqualsSentenceTransformers(t *testing.T) {
	texts, golden := readTexts(t), readVectors(t, "testdata/golden.safetensors")
	for _, folder := range []string{"st-flat", "st-nested", "st-normalize"} {
		m := open(t, filepath.Join("testdata", folder))
		got, want := encode(t, m, texts, static.Options{MaxLength: static.NoMaxLength}), golden[folder+"/st"]
		unk, _ := m.UnkID()
		compared := 0
		for i, text := range texts {
			ids := m.Tokenizer().AppendIDs(nil, text)
			if slices.Contains(ids, unk) {
				continue
			}
			compared++
			tolerance := 1e-6
			if len(ids) > 500 {
				tolerance = 1e-4 // torch adds many float32 in another order
			}
			for j, v := range got.Row(i) {
				if d := math.Abs(float64(v - want.Row(i)[j])); !(d <= tolerance) {
					t.Errorf("%s: text %d %.40q: off by %g", folder, i, text, d)
					break
				}
			}
		}
		if compared < 8 {
			t.Errorf("%s: only %d texts without an unknown token", folder, compared)
		}
	}
}

// TestRealPublishedModel encodes with a published model of 276,326 tokens in
// 10,000 int8 rows of 64, float32 weights and an int64 mapping.
func TestRealPublishedModel(t *testing.T) {
	m := open(t, filepath.Join(testenv.Models(t), "static-int8-vq"))
	want := readVectors(t, testenv.Shared(t, "golden", "static-int8-vq", "encode.safetensors"))["vectors"]
	texts := sharedTexts(t)
	if worst, row := furthest(t, encode(t, m, texts, static.Options{}), want); worst > 1e-6 {
		t.Errorf("text %d %.60q: off by %g", row, texts[row], worst)
	}
	if w := strings.Join(m.Warnings(), "\n"); !strings.Contains(w, `unk_id is 3, which is the token "."`) {
		t.Errorf("no warning of the stale unk_id, only %q", w)
	}
}

// sharedTexts returns the 231 texts of the shared goldens.
func sharedTexts(t testing.TB) []string {
	t.Helper()
	f, err := os.Open(testenv.Shared(t, "golden", "bge-small-en-v1.5", "encode.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for d := json.NewDecoder(z); ; {
		var text string
		if err := d.Decode(&text); errors.Is(err, io.EOF) {
			return texts
		} else if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
}
