package vocab

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/tokenizer"
)

var teachers = []string{"bge-small-en-v1.5", "all-MiniLM-L6-v2"}

func readModel(t testing.TB, path ...string) *tokenizer.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{testenv.Models(t)}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustBuild(t testing.TB, f *tokenizer.File, o Options) *Vocabulary {
	t.Helper()
	v, err := Build(f, o)
	if err != nil {
		t.Fatal(err)
	}
	checkConsistent(t, v)
	return v
}

// The goldens are the reference's with default settings: 29,525 tokens, and
// the file, which is equal to the byte.
func TestRealTeachers(t *testing.T) {
	for _, name := range teachers {
		t.Run(name, func(t *testing.T) {
			v := mustBuild(t, readModel(t, name, "tokenizer.json"), DefaultOptions())
			want := strings.Split(strings.TrimSuffix(string(gunzip(t, testenv.Shared(t, "golden", name, "tokens.txt.gz"))), "\n"), "\n")
			if len(v.Tokens) != 29525 || !slices.Equal(v.Tokens, want) {
				t.Errorf("%d tokens, want %d; first difference %s", len(v.Tokens), len(want), firstDifference(v.Tokens, want))
			}
			got, err := v.File.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if file := gunzip(t, testenv.Shared(t, "golden", name, "tokenizer.json.gz")); string(got) != string(file) {
				t.Errorf("tokenizer.json differs: %d bytes, want %d", len(got), len(file))
			}
			// [CLS] zebra [SEP]
			row := slices.Index(v.Tokens, "zebra")
			if ids := []int{101, 29145, 102}; !slices.Equal(v.IDs[row], ids) {
				t.Errorf("ids of zebra: %v, want %v", v.IDs[row], ids)
			}
			if v.PadID != 0 || v.UnkID != 1 || v.TeacherPadID != 0 {
				t.Errorf("PAD %d, UNK %d, teacher's PAD %d; want 0, 1, 0", v.PadID, v.UnkID, v.TeacherPadID)
			}
		})
	}
}

func TestRealTeachersWithWords(t *testing.T) {
	for _, name := range teachers {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(testenv.Shared(t, "golden", name, "custom.json"))
			if err != nil {
				t.Fatal(err)
			}
			var golden struct {
				Vocabulary       []string
				Rows             int
				FirstAppendedRow int      `json:"first_appended_row"`
				AppendedTokens   []string `json:"appended_tokens"`
				AddedTokens      []any    `json:"added_tokens"`
			}
			if err := json.Unmarshal(data, &golden); err != nil {
				t.Fatal(err)
			}
			o := DefaultOptions()
			o.Words = golden.Vocabulary
			v := mustBuild(t, readModel(t, name, "tokenizer.json"), o)
			if len(v.Tokens) != golden.Rows {
				t.Errorf("%d rows, want %d", len(v.Tokens), golden.Rows)
			}
			if got := v.Tokens[golden.FirstAppendedRow:]; !slices.Equal(got, golden.AppendedTokens) {
				t.Errorf("appended %q, want %q", got, golden.AppendedTokens)
			}
			compareFiles(t, "", map[string]any{"added_tokens": asMap(t, v.File)["added_tokens"]}, map[string]any{"added_tokens": golden.AddedTokens})
		})
	}
}

// The 2024 recipe kept [CLS], [SEP] and [MASK]: 29,528 rows of bge-small, each
// run as [SEP] token [CLS].
func TestRealPaperRows(t *testing.T) {
	v := mustBuild(t, readModel(t, teachers[0], "tokenizer.json"), paperOptions)
	if len(v.Tokens) != 29528 {
		t.Errorf("%d rows, want 29528", len(v.Tokens))
	}
	if want := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!"}; !slices.Equal(v.Tokens[:6], want) {
		t.Errorf("first rows %q, want %q", v.Tokens[:6], want)
	}
	if want := []int{102, 999, 101}; !slices.Equal(v.IDs[5], want) {
		t.Errorf("ids of !: %v, want %v", v.IDs[5], want)
	}
}

// readTexts returns the 5,030 texts of the shared goldens.
func readTexts(t testing.TB) []string {
	t.Helper()
	var texts []string
	s := bufio.NewScanner(strings.NewReader(string(gunzip(t, testenv.Shared(t, "golden", "tokenizers", "texts.jsonl.gz")))))
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		var text string
		if err := json.Unmarshal(s.Bytes(), &text); err != nil {
			var object struct{ Text string }
			if err := json.Unmarshal(s.Bytes(), &object); err != nil {
				t.Fatal(err)
			}
			text = object.Text
		}
		texts = append(texts, text)
	}
	return texts
}

// New words of GPT-2 are reached, in every text, and no text without them
// changes its ids: "ignore_merges" needs no helper tokens.
func TestRealGPT2Words(t *testing.T) {
	f := readModel(t, "tokenizers", "gpt2", "tokenizer.json")
	plain := mustBuild(t, f, DefaultOptions())
	o := DefaultOptions()
	o.Words = []string{"xkcdq", "zorblax", "naïveté", "the", "star wars"}
	v := mustBuild(t, f, o)
	// <|endoftext|> is an added token that no file calls UNK or PAD.
	if len(plain.Tokens) != 50256 {
		t.Errorf("%d rows, want 50256", len(plain.Tokens))
	}
	want := []string{"Ġxkcdq", "Ġzorblax", "ĠnaÃ¯vetÃ©", "star wars"}
	if got := v.Tokens[len(plain.Tokens):]; !slices.Equal(got, want) {
		t.Errorf("appended %q, want %q", got, want)
	}
	if v.Counts.Helpers != 0 || string(v.File.Model.Field("ignore_merges")) != "true" {
		t.Errorf("%d helper tokens, ignore_merges %s", v.Counts.Helpers, v.File.Model.Field("ignore_merges"))
	}
	teacher, _ := tokenizer.New(f)
	if got, want := v.IDs[len(plain.Tokens)], ints(teacher.AppendIDs(nil, " xkcdq")); !slices.Equal(got, want) {
		t.Errorf("ids of xkcdq: %v, want those of its text, %v", got, want)
	}
	before, _ := tokenizer.New(plain.File)
	after, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"xkcdq", "an xkcdq here", "(xkcdq)", "zorblax, naïveté"} {
		ids := ints(after.AppendIDs(nil, text))
		if text == "(xkcdq)" { // no space before it: not the word "Ġxkcdq"
			continue
		}
		if !slices.ContainsFunc(ids, func(id int) bool { return id >= len(plain.Tokens) }) {
			t.Errorf("%q: ids %v have no new word", text, ids)
		}
	}
	for _, text := range readTexts(t) {
		if strings.Contains(text, "star wars") {
			continue
		}
		if got, want := after.AppendIDs(nil, text), before.AppendIDs(nil, text); !slices.Equal(got, want) {
			t.Errorf("%.60q: ids %v, without the words %v", text, got, want)
		}
	}
}

// XLM-R's tokenizer, as published in a static model: <s> and </s> were pruned,
// and its unk_id is stale. It is read as it stands.
func TestRealUnigram(t *testing.T) {
	f := readModel(t, "static-int8-vq", "tokenizer.json")
	o := DefaultOptions()
	o.Words = []string{"xkcdq", "zorblaxian", "in the", "hello"}
	v := mustBuild(t, f, o)
	plain := mustBuild(t, f, DefaultOptions())
	if got, want := v.Tokens[len(plain.Tokens):], []string{"▁xkcdq", "▁zorblaxian", "in the"}; !slices.Equal(got, want) {
		t.Errorf("appended %q, want %q", got, want)
	}
	before, err := tokenizer.New(plain.File)
	if err != nil {
		t.Fatal(err)
	}
	after, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"an xkcdq here", "zorblaxian", "it is in the box"} {
		if id := int32(len(plain.Tokens) + i); !slices.Contains(after.AppendIDs(nil, text), id) {
			t.Errorf("%q: ids %v lack %d", text, after.AppendIDs(nil, text), id)
		}
	}
	for _, text := range readTexts(t) {
		if strings.Contains(text, "in the") {
			continue
		}
		if got, want := after.AppendIDs(nil, text), before.AppendIDs(nil, text); !slices.Equal(got, want) {
			t.Errorf("%.60q: ids %v, without the words %v", text, got, want)
		}
	}
	t.Log(v.Warnings, v.Counts)
}

// From bytes to the student's bytes: parse, build, write, for the Unigram file
// of 276,326 tokens and 10 MB. Reading and editing may take 1.5 s.
func BenchmarkRealBuild(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(testenv.Models(b), "static-int8-vq", "tokenizer.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f, err := tokenizer.ParseFile(data)
		if err != nil {
			b.Fatal(err)
		}
		v, err := Build(f, DefaultOptions())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := v.File.Bytes(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(v.Tokens)), "tokens")
	}
}

// English, from memory.
func BenchmarkCounter(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, naïvely.\n", 20000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var c Counter
		if err := c.Add(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
