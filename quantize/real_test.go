package quantize

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// The golden is sklearn.cluster.KMeans(init="random", random_state=42) on the rows of a
// published model; testdata/gen/numerics.py makes it.
func TestRealVocabularyInertia(t *testing.T) {
	models := testenv.Models(t)
	data, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Model   string
		Rows, K int
		Inertia float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	m := readInt8(t, filepath.Join(models, golden.Model, "model.safetensors"))
	if m.Rows != golden.Rows {
		t.Fatalf("%d rows, want %d", m.Rows, golden.Rows)
	}
	centroids, mapping, err := Vocabulary(context.Background(), m, golden.K, 42)
	if err != nil {
		t.Fatal(err)
	}
	var inertia float64
	for i, c := range mapping {
		inertia += squared(m.Row(i), centroids.Row(int(c)))
	}
	if inertia > 1.01*golden.Inertia {
		t.Errorf("inertia %.0f, scikit-learn's is %.0f", inertia, golden.Inertia)
	}
}

func readInt8(t *testing.T, path string) *matrix.Matrix {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	tensor, ok := file.Tensor("embeddings")
	if !ok || tensor.DType() != safetensors.I8 {
		t.Fatalf("%s holds no int8 embeddings", path)
	}
	shape := tensor.Shape()
	table := &matrix.Table{Type: matrix.Int8, Rows: int(shape[0]), Cols: int(shape[1]), Bytes: tensor.Data()}
	return table.Matrix()
}
