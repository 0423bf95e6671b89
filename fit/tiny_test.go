package fit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
	"github.com/m2v-dev/m2v/zipf"
)

// Several teachers of several widths, one of them with rows, against bin/fit-oracle.py:
// testdata/gen/fit.py.
func TestTinyTeachersEqualTheOracle(t *testing.T) {
	data, err := os.ReadFile("testdata/tiny.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Teachers    []string
		Dims, Texts int
		IDs         []int // of the sampled rows
		Rows        []float32
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(strings.Join(c.Teachers, " and "), func(t *testing.T) {
			lines := tinyTexts(t, c.Texts)
			var blocks []fit.Block
			for _, name := range c.Teachers {
				v, file, teacher := openTiny(t, name)
				blocks = append(blocks, fit.Block{Vectors: fit.InMemory(teacherVectors(t, teacher, file, lines, 0))})
				if len(blocks) > 1 {
					continue
				}
				blocks[0].Rows = matrix.New(len(v.Tokens), teacher.Width())
				if err := teacher.Embed(t.Context(), v.IDs, blocks[0].Rows, nil); err != nil {
					t.Fatal(err)
				}
			}
			v, _, _ := openTiny(t, c.Teachers[0])
			weights, err := zipf.Weights(len(v.Tokens), 1e-4)
			if err != nil {
				t.Fatal(err)
			}
			o := fit.DefaultOptions()
			o.Dims = pca.Dims{Mode: pca.Count, Count: c.Dims}
			o.Tolerance, o.Holdout = 1e-6, 0
			r, err := fit.Solve(t.Context(), studentTexts(t, v, lines), blocks, weights, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Texts != c.Texts || r.Residual > 1e-6 {
				t.Errorf("%d texts, residual %v after %d steps", r.Texts, r.Residual, r.Steps)
			}
			checkCosines(t, pick(r.Rows, c.IDs), &matrix.Matrix{Rows: len(c.IDs), Cols: c.Dims, Data: c.Rows})
		})
	}
}

func openTiny(t *testing.T, name string) (*vocab.Vocabulary, *tokenizer.File, *transformer.Teacher) {
	t.Helper()
	dir := filepath.Join(testenv.Root(), "testdata", name)
	file := tinyTokenizer(t, name)
	v, err := vocab.Build(file, vocab.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	teacher, err := transformer.Open(orttest.Start(t), dir, transformer.Options{Pooling: transformer.Mean, PadID: v.TeacherPadID, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { teacher.Close() })
	return v, file, teacher
}

func tinyTokenizer(t *testing.T, name string) *tokenizer.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "testdata", name, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// tinyTexts makes n texts of 3 to 14 words of tiny-bert's vocabulary, by the rule of
// testdata/gen/fit.py.
func tinyTexts(t *testing.T, n int) []string {
	t.Helper()
	v, err := vocab.Build(tinyTokenizer(t, "tiny-bert"), vocab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	letter := func(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
	var words []string
	for _, token := range v.Tokens {
		if strings.IndexFunc(token, func(c rune) bool { return !letter(c) }) < 0 {
			words = append(words, token)
		}
	}
	texts := make([]string, n)
	for i := range texts {
		text := make([]string, 3+i%12)
		for j := range text {
			text[j] = words[(i*7919+j*104729+i*j*31)%len(words)]
		}
		texts[i] = strings.Join(text, " ")
	}
	return texts
}
