package transformer

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// Teachers whose texts came out otherwise than from sentence-transformers' encode:
// a default prompt, lower case, the maximal length in tokenizer_config.json or in
// sentence_roberta_config.json, a list of pooling modes.
func TestRealCases(t *testing.T) {
	for _, name := range []string{"st-default-prompt", "st-do-lower-case", "st-model-max-length", "st-pooling-list", "st-roberta-config-name"} {
		t.Run(name, func(t *testing.T) {
			dir := testenv.Shared(t, "cases", name)
			texts := readTexts(t, filepath.Join(dir, "texts.jsonl"))
			got := encodeAs(t, filepath.Join(dir, "teacher"), Options{}, EncodeOptions{}, texts)
			want := readNPY(t, filepath.Join(dir, "expected.npy"))
			if worst := worstDifference(t, got.Data, want); worst > 1e-5 {
				t.Errorf("off by %g, want at most 1e-5", worst)
			}
		})
	}
}

// The second Dense was not fetched; from the folder the vector was right.
func TestRealCaseSecondDense(t *testing.T) {
	dir := testenv.Shared(t, "cases", "hub-second-dense", "teacher")
	got := encodeAs(t, dir, Options{}, EncodeOptions{}, []string{"w1 w2"})
	want := []float32{-0.5539946, 0.0063606, -0.34449387, 0.20572504, -0.16425139, 0.029806102, -0.43204945, -0.563486} // the case's README
	if worst := worstDifference(t, got.Data, want); worst > 1e-5 {
		t.Errorf("got %v, want %v", got.Data, want)
	}
}

// encodeAs encodes texts with the folder's own tokenizer.
func encodeAs(t *testing.T, dir string, o Options, eo EncodeOptions, texts []string) *matrix.Matrix {
	t.Helper()
	teacher, err := Open(orttest.Start(t), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.Close()
	e, err := teacher.NewEncoder(nil, eo)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, e, texts...)
}

// worstDifference is the largest one, infinite where a value is not a number.
func worstDifference(t *testing.T, got, want []float32) (worst float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d values, want %d", len(got), len(want))
	}
	for i, v := range got {
		if d := math.Abs(float64(v) - float64(want[i])); !(d <= worst) {
			if worst = d; math.IsNaN(d) {
				return math.Inf(1)
			}
		}
	}
	return worst
}

func readTexts(t *testing.T, path string) (texts []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// readNPY reads the values of a float32 array.
func readNPY(t *testing.T, path string) []float32 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return floats(data[10+int(binary.LittleEndian.Uint16(data[8:])):])
}

func floats(raw []byte) []float32 {
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values
}
