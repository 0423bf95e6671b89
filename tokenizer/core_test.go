package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A goldenCase is a tokenizer.json and what tokenizers 0.22.2 makes of texts
// with it. ids are nil where that fails.
type goldenCase struct {
	Name          string
	File          json.RawMessage
	Texts         []string
	IDs, Specials [][]int32
}

func compile(t testing.TB, file []byte) *Tokenizer {
	t.Helper()
	f, err := ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Goldens: testdata/gen/tokenizers_core.py.
func TestCoreGoldens(t *testing.T) {
	paths, _ := filepath.Glob("testdata/core/*.json.gz")
	if len(paths) != 6 {
		t.Fatalf("found %d golden files, want 6", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json.gz"), func(t *testing.T) {
			for _, c := range readLines[[]goldenCase](t, path)[0] {
				t.Run(c.Name, func(t *testing.T) { c.check(t) })
			}
		})
	}
}

// check encodes every text twice, cold and from the encoder's memory.
func (c *goldenCase) check(t *testing.T) {
	tok := compile(t, c.File)
	enc := tok.NewEncoder()
	size := int32(tok.Size())
	for range 2 {
		for i, text := range c.Texts {
			got := enc.AppendIDs(nil, text)
			for _, id := range got {
				if id < 0 || id >= size {
					t.Fatalf("text %q: id %d is not in [0, %d)", text, id, size)
				}
			}
			if c.IDs[i] != nil && !slices.Equal(got, c.IDs[i]) {
				t.Errorf("text %d %q:\n got %v\nwant %v", i, text, got, c.IDs[i])
			}
			if c.Specials == nil {
				continue
			}
			if got := tok.AppendIDsWithSpecials(nil, text); !slices.Equal(got, c.Specials[i]) {
				t.Errorf("text %q with special tokens:\n got %v\nwant %v", text, got, c.Specials[i])
			}
		}
	}
}

// Goldens: testdata/gen/tokenizers_core.py.
func TestScoresAreReadAsHuggingFaceDoes(t *testing.T) {
	data, err := os.ReadFile("testdata/core/scores.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][2]float64
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	differ := 0
	for _, p := range pairs {
		if got := hubScore(p[0]); got != p[1] {
			t.Errorf("score %v: got %v, want %v", p[0], got, p[1])
		}
		if p[0] != p[1] {
			differ++
		}
	}
	if differ < 30 {
		t.Errorf("only %d of %d scores differ from what is written", differ, len(pairs))
	}
}
