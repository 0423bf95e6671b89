package transformer

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// A graph that gets the rows of its word embeddings handed in gives the very rows that it
// gives when it looks them up, padded or not.
func TestWordsFromOutsideTheGraph(t *testing.T) {
	dir := filepath.Join(testenv.Root(), "testdata", "tiny-bert")
	for _, o := range []Options{{}, {Pooling: First, FirstPosition: true}} {
		_, want := rowsOf(t, dir, o)
		leastWords = 1
		teacher, got := rowsOf(t, dir, o)
		leastWords = onnx.MinWords
		if !teacher.words {
			t.Fatal("the table is in the graph")
		}
		if !slices.Equal(got.Data, want.Data) {
			t.Errorf("%+v: other rows", o)
		}
	}
}
