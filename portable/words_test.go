package portable_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/portable"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/wordvec"
)

// The vectors of both forms are rows times weights, for rows that are shared and weighted too.
func TestWordsAreWeightedRows(t *testing.T) {
	for _, name := range []string{"float16", "int8", "clusters", "weights", "unigram"} {
		m, dir := open(t, name), t.TempDir()
		write := func(form portable.Form) string {
			out := filepath.Join(dir, string(form))
			if _, err := portable.Write(t.Context(), out, m, form, portable.Options{}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return out
		}
		words, err := wordvec.Open(filepath.Join(write(portable.Word2Vec), "vectors.txt"), wordvec.Word2Vec)
		if err != nil {
			t.Fatal(err)
		}
		out := write(portable.NPY)
		var tokens []string
		data, err := os.ReadFile(filepath.Join(out, "tokens.json"))
		if err == nil {
			err = json.Unmarshal(data, &tokens)
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := vectors.OpenNPY(filepath.Join(out, "vectors.npy"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		spelled := map[string][]float32{}
		for i, word := range words.Words {
			spelled[word] = words.Rows.Row(i)
		}
		// The Unigram fixture has a token twice and an id without a row.
		if name != "unigram" && len(tokens) != m.Size() || r.Rows != len(tokens) || len(words.Words) != len(tokens) {
			t.Fatalf("%s: %d tokens, %d rows, %d words of %d", name, len(tokens), r.Rows, len(words.Words), m.Size())
		}
		array := matrix.New(r.Rows, r.Cols)
		for i := range r.Rows {
			if err := r.Row(i, array.Row(i)); err != nil {
				t.Fatal(err)
			}
		}
		for i, token := range tokens {
			id, _ := m.Tokenizer().ID(token)
			word := spelled[strings.ReplaceAll(token, " ", "_")]
			for j, v := range m.Row(id) {
				want := v * float32(m.Weight(id))
				if word[j] != want || array.Row(i)[j] != want {
					t.Fatalf("%s: %q: %v and %v, want %v", name, token, array.Row(i)[j], word[j], want)
				}
			}
		}
	}
}

// A token with white space has no spelling in word2vec's form: "_" stands for it, unless
// another token is spelled so.
func TestWord2VecSpellsWhiteSpace(t *testing.T) {
	f, err := tokenizer.ParseFile([]byte(`{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
		"model":{"type":"WordLevel","vocab":{"star wars":0,"a b":1,"a_b":2," ":3,"x":4},"unk_token":"x"}}`))
	if err != nil {
		t.Fatal(err)
	}
	table := &matrix.Table{Type: matrix.Int8, Rows: 5, Cols: 1, Bytes: []byte{1, 2, 3, 4, 5}}
	m, err := static.New(f, table, nil, nil, static.Config{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	warnings, err := portable.Write(t.Context(), dir, m, portable.Word2Vec, portable.Options{})
	if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "2 tokens") {
		t.Fatalf("%v, %v", warnings, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "vectors.txt"))
	if want := "3 1\nstar_wars 1\na_b 3\nx 5\n"; err != nil || string(data) != want {
		t.Errorf("%q, want %q", data, want)
	}
}
