package model

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// A teacher runs once for a list of texts: the same list gives the same bits from the cache,
// and another one, or a damaged file, runs it again.
func TestKeptTexts(t *testing.T) {
	m, err := Open(t.Context(), tiny, library(t))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	cache := t.TempDir()
	kept := keepTexts(m.(*Teacher), "id", cache)
	texts := make([]string, leastKept)
	for i := range texts {
		texts[i] = fmt.Sprintf("text number %d of a list", i)
	}
	runs := func(what string, want int, k keptTexts, texts []string) *matrix.Matrix {
		t.Helper()
		before, out := k.Graph.Stats().Sequences, matrix.New(len(texts), k.Dims())
		if err := k.Encode(t.Context(), texts, out); err != nil {
			t.Fatal(what, ": ", err)
		}
		if got := k.Graph.Stats().Sequences - before; got != want {
			t.Errorf("%s: the teacher ran %d texts, want %d", what, got, want)
		}
		return out
	}
	n := len(texts)
	first := runs("new texts", n, kept, texts)
	if again := runs("the same texts", 0, kept, texts); !slices.Equal(again.Data, first.Data) {
		t.Error("the cache gives other vectors")
	}
	runs("a short list", n-1, kept, texts[1:])
	runs("the same short list", n-1, kept, texts[1:])
	runs("another teacher", n, keepTexts(m.(*Teacher), "other", cache), texts)
	other := slices.Clone(texts)
	slices.Reverse(other)
	runs("another order", n, kept, other)
	files, err := filepath.Glob(filepath.Join(cache, "features", "texts", "*", "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v, want 3", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)-1] ^= 1
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if again := runs("a damaged file", n, kept, texts); !slices.Equal(again.Data, first.Data) {
		t.Error("other vectors than before the damage")
	}
	runs("a mended file", 0, kept, texts)
}
