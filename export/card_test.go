package export_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

func readCard(t *testing.T, m *static.Model, f export.Folder) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := export.Write(t.Context(), dir, m, f, export.Options{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFrontMatter: huggingface_hub's ModelCard.load reads the first one as
// {'library_name': 'model2vec', 'base_model': 'BAAI/bge-small-en-v1.5',
// 'license': 'mit', 'language': ['en', 'no'], 'tags': […]}.
func TestFrontMatter(t *testing.T) {
	for want, card := range map[string]export.Card{
		"---\nlibrary_name: model2vec\nbase_model: BAAI/bge-small-en-v1.5\nlicense: mit\nlanguage:\n- en\n- \"no\"\n" +
			"tags:\n- embeddings\n- static-embeddings\n- sentence-transformers\n- m2v\n---\n\n# Static embeddings of BAAI/bge-small-en-v1.5\n": {
			BaseModel: "BAAI/bge-small-en-v1.5", License: "mit", Languages: []string{"en", "no"}},
		// What is not known is left out.
		"---\nlibrary_name: model2vec\ntags:\n- embeddings\n- static-embeddings\n- sentence-transformers\n- m2v\n---\n\n# Static embeddings\n": {},
		// A name cannot break out of its place.
		"---\nlibrary_name: model2vec\nbase_model: \"a\\nlicense: mit\"\n": {BaseModel: "a\nlicense: mit"},
	} {
		if got := readCard(t, plainModel(1), export.Folder{Card: card}); !strings.HasPrefix(got, want) {
			t.Errorf("got\n%.300s\nwant\n%s", got, want)
		}
	}
}

// TestCardSaysWhoReadsIt: a program that cannot load the model is not shown.
func TestCardSaysWhoReadsIt(t *testing.T) {
	const torch, rust, python = "from sentence_transformers import", "use model2vec_rs", "from model2vec import"
	weights, mapping := make([]float64, tokens), make([]int32, tokens)
	for _, test := range []struct {
		name          string
		model         *static.Model
		shown, hidden []string
	}{
		{"float32", plainModel(1), []string{python, torch, rust, "| Type of the rows | float32 |", "| Tokens | 40 |", "| Dimensions | 12 |"}, []string{"clusters", "m2v.json", "PCA"}},
		{"float64", newModel(tokens, dims, matrix.Float64, 1, nil, nil), []string{python, torch}, []string{rust}},
		{"int8", newModel(tokens, dims, matrix.Int8, 1, nil, nil), []string{python, rust}, []string{torch}},
		{"int8 clusters", newModel(clusters, dims, matrix.Int8, 1, weights, mapping), []string{python, rust, torch, "| Vocabulary clusters | 7 |"}, nil},
	} {
		card := readCard(t, test.model, export.Folder{})
		for _, text := range test.shown {
			if !strings.Contains(card, text) {
				t.Errorf("%s: no %q", test.name, text)
			}
		}
		for _, text := range test.hidden {
			if strings.Contains(card, text) {
				t.Errorf("%s: %q", test.name, text)
			}
		}
	}
	card := readCard(t, plainModel(1), export.Folder{
		Card:     export.Card{Numbers: []export.Number{{Name: "Time of the run", Value: "left out"}}},
		Manifest: &export.Manifest{ExplainedVariance: 0.8345},
	})
	for _, text := range []string{"| Variance kept by the PCA | 83.45 % |\n| Time of the run | left out |\n", "is in `m2v.json`"} {
		if !strings.Contains(card, text) {
			t.Errorf("no %q in\n%s", text, card)
		}
	}
}
