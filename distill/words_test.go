package distill_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

// Where the solve moves nothing, a word's row is the sum of its pieces, so the student
// with words gives the vectors of the one without; its tokenizer takes the words whole.
func TestFitWords(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	run := func(words int, ridge float64) *distill.Student {
		t.Helper()
		o := fitOptions(6)
		o.Words, o.Ridge = words, ridge
		s, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{g.lesson(0, true, tiny.Vocabulary.Tokens)}, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain, held, free := run(0, 1e9), run(50, 1e9), run(50, 0.1)
	n := held.Report.Fit.Words
	if n == 0 || n > 50 || held.Report.Rows != g.Vocabulary+n || held.Table().Rows != g.Vocabulary+n || held.Folder.Manifest.Options["fit-words"] != 50 {
		t.Fatalf("%d words, %d rows, manifest %v", n, held.Table().Rows, held.Folder.Manifest.Options["fit-words"])
	}
	vectors := func(s *distill.Student) ([][]float32, int) {
		e, err := s.NewEncoder(static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out [][]float32
		tokens := 0
		for _, text := range g.Texts {
			tokens += len(e.Tokens(text))
			v := make([]float32, s.Dims())
			e.Encode(v, text)
			out = append(out, v)
		}
		return out, tokens
	}
	a, pieces := vectors(plain)
	b, whole := vectors(held)
	c, _ := vectors(free)
	if whole >= pieces {
		t.Errorf("%d tokens with words, %d without", whole, pieces)
	}
	moved := false
	for i := range a {
		for j := range a[i] {
			if d := a[i][j] - b[i][j]; d > 1e-4 || d < -1e-4 {
				t.Fatalf("text %q: %v with words, %v without", g.Texts[i], b[i], a[i])
			}
			moved = moved || c[i][j] != b[i][j]
		}
	}
	if !moved {
		t.Error("the texts move no row")
	}
	if again := run(50, 0.1); !slices.Equal(again.Table().Bytes, free.Table().Bytes) {
		t.Error("two runs differ")
	}
	for id := g.Vocabulary; id < held.Size(); id++ {
		if token, _ := held.Tokenizer().Token(int32(id)); strings.HasPrefix(token, "##") || strings.Contains(token, " ") {
			t.Errorf("%q is no whole word", token)
		}
	}
}
