package distill_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// wordsVocabulary builds a teacher's vocabulary with words of one's own.
func wordsVocabulary(t *testing.T, teacher string, words []string) *vocab.Vocabulary {
	t.Helper()
	f, err := tokenizer.ParseFile(readFile(t, filepath.Join(teacher, "tokenizer.json")))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(teacher, "tokenizer_config.json"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	o := vocab.DefaultOptions()
	o.Words = words
	if o.Special, err = vocab.ParseSpecial(config, nil); err != nil {
		t.Fatal(err)
	}
	v, err := vocab.Build(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rowsOf returns the rows that tokens have in v.
func rowsOf(t *testing.T, v *vocab.Vocabulary, tokens []string) []int {
	t.Helper()
	rows := make([]int, len(tokens))
	for i, token := range tokens {
		if rows[i] = slices.Index(v.Tokens, token); rows[i] < 0 {
			t.Fatalf("token %q has no row", token)
		}
	}
	return rows
}

func TestWordsOfTheTinyTeacherEqualTheReference(t *testing.T) {
	dir := filepath.Join(testenv.Root(), "testdata/golden/tiny-bert")
	var golden struct {
		Vocabulary, Tokens []string
		TokenRows          []int `json:"token_rows"`
		IDs                [][]int
	}
	readJSON(t, filepath.Join(dir, "custom.json"), &golden)
	teacher := filepath.Join(testenv.Root(), "testdata/tiny-bert")
	v := wordsVocabulary(t, teacher, golden.Vocabulary)
	if got := rowsOf(t, v, golden.Tokens); !slices.Equal(got, golden.TokenRows) {
		t.Errorf("the words have rows %v, want %v", got, golden.TokenRows)
	}
	for i, row := range golden.TokenRows {
		if !slices.Equal(v.IDs[row], golden.IDs[i]) {
			t.Errorf("ids of %q are %v, want %v", v.Tokens[row], v.IDs[row], golden.IDs[i])
		}
	}
	rows := embed(t, teacher, v, transformer.Mean)
	checkValues(t, pick(rows, golden.TokenRows), readTable(t, filepath.Join(dir, "custom.safetensors"), "raw_mean").Matrix(), rawTolerance)
}

// The reference lets the padding that a teacher's tokenizer.json carries act on
// words of one's own: all-MiniLM's get 128 ids, of which the teacher takes all
// for text, and rows that are 2.8 away from those of the words. m2v does not
// (docs/parity.md). Padded by hand, our rows are the reference's.
func TestRealWordsEqualTheReference(t *testing.T) {
	for name, padded := range map[string]int{"all-MiniLM-L6-v2": 128, "bge-small-en-v1.5": 0} {
		t.Run(name, func(t *testing.T) {
			teacher := filepath.Join(testenv.Models(t), name)
			var golden struct {
				Vocabulary    []string
				FirstAppended int      `json:"first_appended_row"`
				Appended      []string `json:"appended_tokens"`
			}
			readJSON(t, testenv.Shared(t, "golden", name, "custom.json"), &golden)
			tensors := testenv.Shared(t, "golden", name, "custom.safetensors")
			v := wordsVocabulary(t, teacher, golden.Vocabulary)
			if got := v.Tokens[golden.FirstAppended:]; !slices.Equal(got, golden.Appended) {
				t.Fatalf("appended tokens are %q, want %q", got, golden.Appended)
			}
			appended := rowsOf(t, v, golden.Appended)
			for _, row := range appended {
				if v.Tokens[row] == "..." {
					continue // a token of the teacher, whose id runs as it is
				}
				for len(v.IDs[row]) < padded {
					v.IDs[row] = append(v.IDs[row], v.TeacherPadID)
				}
			}
			rows := embed(t, teacher, v, transformer.Mean)
			checkValues(t, pick(rows, appended), readTable(t, tensors, "raw_mean").Matrix(), rawTolerance)
			o := distill.DefaultOptions()
			o.Type = matrix.Float32
			m, _ := student(t, rows, v, o)
			checkStudent(t, m, appended, readTable(t, tensors, "default_f32"))
		})
	}
}

// A new word on byte-level BPE or Unigram has the row that the teacher gives to
// its text; the reference's is that of the token's spelling, "Ä ł x k …".
func TestNewWordsHaveTheRowOfTheirText(t *testing.T) {
	for _, name := range []string{"tiny-bpe", "tiny-unigram"} {
		t.Run(name, func(t *testing.T) {
			teacher := filepath.Join(testenv.Root(), "testdata", name)
			v := wordsVocabulary(t, teacher, []string{"xkcdq"})
			tok, err := tokenizer.Open(filepath.Join(teacher, "tokenizer.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []int
			for _, id := range tok.AppendIDsWithSpecials(nil, " xkcdq") {
				want = append(want, int(id))
			}
			row := slices.IndexFunc(v.Tokens, func(token string) bool { return token == "Ġxkcdq" || token == "▁xkcdq" })
			if row < 0 {
				t.Fatalf("the word has no row; the last tokens are %q", v.Tokens[len(v.Tokens)-3:])
			}
			if !slices.Equal(v.IDs[row], want) {
				t.Errorf("ids of %q are %v, those of its text %v", v.Tokens[row], v.IDs[row], want)
			}
			text := &vocab.Vocabulary{Tokens: []string{" xkcdq"}, IDs: [][]int{want}, TeacherPadID: v.TeacherPadID}
			checkValues(t, pick(embed(t, teacher, v, transformer.Mean), []int{row}), embed(t, teacher, text, transformer.Mean), 1e-5)
		})
	}
}
