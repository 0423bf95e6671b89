package wordvec_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/wordvec"
)

// words returns vectors of one dimension, word i having the value i+1.
func words(list ...string) *wordvec.Vectors {
	v := &wordvec.Vectors{Words: list, Rows: matrix.New(len(list), 1)}
	for i := range list {
		v.Rows.Row(i)[0] = float32(i + 1)
	}
	return v
}

// tokens are the words that a Static's tokenizer.json, written and read, finds.
func tokens(t *testing.T, s *wordvec.Static, text string) []string {
	t.Helper()
	data, err := s.File.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.New(f)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, id := range tok.AppendIDs(nil, text) {
		if id != wordvec.UnkID {
			token, _ := tok.Token(id)
			found = append(found, token)
		}
	}
	return found
}

func TestStatic(t *testing.T) {
	check := func(v *wordvec.Vectors, text string, want ...string) {
		t.Helper()
		if got := tokens(t, v.Static(), text); !slices.Equal(got, want) {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
	}
	lower := words("cat", "dog", "the", "u.s.", "--", "日本")
	check(lower, "The CAT, (dog)! -- 日本 cat's u.s. 'cat'", "cat", "dog", "--", "日本", "cat")
	mixed := words("Paris", "cat", "The")
	check(mixed, "The cat of Paris. Cat paris", "The", "cat", "Paris")
	check(words("[UNK]", "[[UNK]]", "UNK"), "UNK zzz", "UNK")

	s := lower.Static()
	if !s.Lower || s.StopWords != 1 || s.Unreachable != 1 || !slices.Equal(s.Rows.Data, []float32{0, 1, 2, 5, 6}) {
		t.Errorf("lower %v, %d stop words, %d unreachable, rows %v", s.Lower, s.StopWords, s.Unreachable, s.Rows.Data)
	}
}

// TestStaticDiffersWhereItSays compares with Words on the texts of the golden, in
// lower case: the only differences come with words that have punctuation at an end.
func TestStaticDiffersWhereItSays(t *testing.T) {
	var golden wordsGolden
	data, err := os.ReadFile("testdata/words.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	v := words(slices.DeleteFunc(golden.Words, func(w string) bool { return w != wordvec.PythonLower(w) })...)
	s := v.Static()
	tok := wordvec.NewWords(v.Words)
	same := 0
	for _, c := range golden.Cases {
		text := wordvec.PythonLower(c.Text)
		if strings.ContainsAny(text, "\x1c") || strings.Contains(text, "u.s") || strings.Contains(text, "'s") {
			continue
		}
		var want []string
		for _, row := range tok.AppendRows(nil, text) {
			want = append(want, v.Words[row])
		}
		if got := tokens(t, s, text); !slices.Equal(got, want) {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
		same++
	}
	if same < 100 {
		t.Errorf("only %d texts were compared", same)
	}
}
