package tokenizer

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// readLines decodes a gzipped file of JSON lines.
func readLines[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []T
	for in := json.NewDecoder(z); ; {
		var line T
		if err := in.Decode(&line); err == io.EOF {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
}

func openReal(t testing.TB, name string) *Tokenizer {
	t.Helper()
	tok, err := Open(testenv.Model(t, name, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// The shared goldens: 5,030 texts and the ids of tokenizers 0.22.2.
func TestRealGoldens(t *testing.T) {
	for _, c := range []struct{ model, golden string }{
		{"bge-small-en-v1.5", "bge-small-en-v1.5"},
		{"tokenizers/gpt2", "gpt2"},
		{"static-int8-vq", "xlm-roberta"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			tok := openReal(t, c.model)
			texts := readLines[string](t, testenv.Shared(t, "golden/tokenizers/texts.jsonl.gz"))
			want := readLines[[]int32](t, testenv.Shared(t, "golden/tokenizers/"+c.golden+".jsonl.gz"))
			if len(texts) != 5030 || len(want) != len(texts) {
				t.Fatalf("%d texts and %d lines of ids, want 5030", len(texts), len(want))
			}
			enc := tok.NewEncoder()
			for range 2 { // cold and warm
				wrong := 0
				for i, text := range texts {
					if got := enc.AppendIDs(nil, text); !slices.Equal(got, want[i]) {
						if wrong++; wrong <= 5 {
							t.Errorf("text %d %q:\n got %v\nwant %v", i, text, got, want[i])
						}
					}
				}
				if wrong > 0 {
					t.Fatalf("%d of %d texts differ", wrong, len(texts))
				}
			}
		})
	}
}

// Loading reads, parses and compiles a file of 276,326 tokens.
func BenchmarkRealOpen(b *testing.B) {
	for _, name := range []string{"bge-small-en-v1.5", "tokenizers/gpt2", "static-int8-vq"} {
		b.Run(name, func(b *testing.B) {
			path := testenv.Model(b, name, "tokenizer.json")
			for b.Loop() {
				if _, err := Open(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Paragraphs of 177 characters, as in make bench-encode.
func BenchmarkRealAppendIDs(b *testing.B) {
	for _, name := range []string{"bge-small-en-v1.5", "tokenizers/gpt2", "static-int8-vq"} {
		b.Run(name, func(b *testing.B) {
			tok := openReal(b, name)
			texts := paragraphs(readLines[string](b, testenv.Shared(b, "golden/tokenizers/texts.jsonl.gz")))
			enc := tok.NewEncoder()
			var ids []int32
			n, characters := 0, 0
			for i := 0; b.Loop(); i++ {
				text := texts[i%len(texts)]
				ids = enc.AppendIDs(ids[:0], text)
				n += len(ids)
				characters += len(text)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(n)/float64(b.N), "tokens/text")
			b.ReportMetric(float64(characters)/float64(b.N), "bytes/text")
		})
	}
}

// paragraphs joins prose to texts of about 177 characters.
func paragraphs(lines []string) []string {
	var texts []string
	text := ""
	for _, line := range lines[30:3030] {
		if text += line + " "; len(text) >= 160 {
			texts = append(texts, text)
			text = ""
		}
	}
	return texts
}

// Tokenizers of large language models, which scripts/get-tokenizers fetches.
// Goldens: testdata/gen/tokenizers_real.py.
func TestRealLanguageModels(t *testing.T) {
	paths, _ := filepath.Glob("testdata/real/*.json.gz")
	if len(paths) != 7 {
		t.Fatalf("found %d golden files, want 7", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json.gz")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(testenv.Model(t, "tokenizers", name, "tokenizer.json"))
			if err != nil {
				t.Fatal(err)
			}
			c := readLines[goldenCase](t, path)[0]
			c.File = data
			c.check(t)
		})
	}
}
