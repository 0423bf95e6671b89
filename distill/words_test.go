package distill_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

// Where the solve moves nothing, a word's row is the sum of its pieces, so the student
// with words gives the vectors of the one without; its tokenizer takes the words whole.
func TestFitWords(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	run := func(words, phrases int, ridge float64) *distill.Student {
		t.Helper()
		o := fitOptions(6)
		o.Words, o.Phrases, o.Ridge = words, phrases, ridge
		s, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{g.lesson(0, true, tiny.Vocabulary.Tokens)}, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain, held, free := run(0, 0, 1e9), run(50, 30, 1e9), run(50, 30, 0.1)
	told, rows := held.Report.Fit, held.Table().Rows
	if told.Words == 0 || told.Words > 50 || told.Phrases == 0 || told.Phrases > 30 || rows != g.Vocabulary+told.Words+told.Phrases || held.Report.Rows != rows {
		t.Fatalf("%d words and %d phrases, %d rows", told.Words, told.Phrases, rows)
	}
	if o := held.Folder.Manifest.Options; o["fit-words"] != 50 || o["fit-phrases"] != 30 {
		t.Errorf("the manifest's options are %v", o)
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
	if again := run(50, 30, 0.1); !slices.Equal(again.Table().Bytes, free.Table().Bytes) {
		t.Error("two runs differ")
	}
	for id := g.Vocabulary; id < held.Size(); id++ {
		token, _ := held.Tokenizer().Token(int32(id))
		if spaces := strings.Count(token, " "); strings.HasPrefix(token, "##") || spaces > 0 != (id >= g.Vocabulary+told.Words) {
			t.Errorf("%q is the new token %d, after %d words", token, id-g.Vocabulary, told.Words)
		}
	}
}

// A tokenizer that does not take the longest token first gets no words, and a warning.
func TestFitWordsNeedWordPiece(t *testing.T) {
	unigram, err := teacher.WithoutGraph(filepath.Join(testenv.Root(), "testdata/tiny-unigram"), teacher.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	o := fitOptions(6)
	o.Words, o.Phrases = 9, 9
	s, err := distill.Fit(t.Context(), unigram, teacher.Pass{}, []distill.Lesson{g.lesson(0, true, unigram.Vocabulary.Tokens)}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Report.Fit; f.Words+f.Phrases != 0 || !strings.Contains(strings.Join(s.Report.Warnings, "\n"), "no words were given rows") {
		t.Errorf("%d words, %d phrases, warnings %q", f.Words, f.Phrases, s.Report.Warnings)
	}
}
