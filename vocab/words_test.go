package vocab

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/tokenizer"
)

// The reference runs "Ä ł x k c d q" for the word xkcdq of a byte-level BPE,
// the spelling of its token, and drags in a dozen helper tokens. Here a row is
// that of the word's text, with the space that the student puts before it, and
// no token is added but the words.
func TestByteLevelWords(t *testing.T) {
	g := loadGolden(t, "byte-level-words")
	v := g.build(t)
	known := slices.Index(v.Tokens, "Ġzebra")
	want := []string{"Ġzebra", "Ġxkcdq", "ĠnaÃ¯ve", "Ġ...", "Ġqqq", "star wars", "e-mail", "padded", "fox trot"}
	if !slices.Equal(v.Tokens[known:], want) {
		t.Fatalf("appended %q, want %q", v.Tokens[known:], want)
	}
	if v.Counts.Helpers != 0 || string(v.File.Model.Field("ignore_merges")) != "true" {
		t.Errorf("%d helper tokens, ignore_merges %s", v.Counts.Helpers, v.File.Model.Field("ignore_merges"))
	}
	teacher, err := tokenizer.New(g.file(t))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{" zebra", " xkcdq", " naïve", " ...", " qqq", "star wars", "e-mail", "padded", "fox trot"}
	for i, text := range texts {
		if got, want := v.IDs[known+i], ints(teacher.AppendIDsWithSpecials(nil, text)); !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want those of %q, %v", v.Tokens[known+i], got, text, want)
		}
	}
	// The rows before are the reference's.
	for i := range known {
		if v.Tokens[i] != g.Want.Tokens[i] || !slices.Equal(v.IDs[i], g.Want.IDs[i]) {
			t.Errorf("row %d is %q %v, want %q %v", i, v.Tokens[i], v.IDs[i], g.Want.Tokens[i], g.Want.IDs[i])
		}
	}
	checkOtherTexts(t, g, v, known)
}

// checkOtherTexts checks that texts without the new words have the ids that
// they have in a student without them.
func checkOtherTexts(t *testing.T, g *golden, v *Vocabulary, known int) {
	t.Helper()
	without := *g
	without.Words = nil
	before, err := tokenizer.New(without.build(t).File)
	if err != nil {
		t.Fatal(err)
	}
	after, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"The quick brown fox jumps over the lazy dog", "zebras", "unzebra", "xkcdqs", "Zebra!", "café—naïvety 42", "\n\n  x", "starwars", "....",
		strings.Repeat("woodchuck ", 5), "日本 😀",
	} {
		got, want := after.AppendIDs(nil, text), before.AppendIDs(nil, text)
		if !slices.Equal(got, want) {
			t.Errorf("%q: ids %v, without the words %v", text, got, want)
		}
	}
	if ids := after.AppendIDs(nil, "zebra xkcdq"); len(ids) != 2 || int(ids[0]) < known || int(ids[1]) < known {
		t.Errorf("ids of two new words: %v", ids)
	}
}

// A BPE that does not cut texts at words reaches a word through merges only:
// tokens, merges and file are the reference's. The reference's ids have a
// second ▁ before each word, from encoding "▁zebra" as text.
func TestSentencePieceBPEWords(t *testing.T) {
	g := loadGolden(t, "sentencepiece-bpe-words")
	v := g.build(t)
	if !slices.Equal(v.Tokens, g.Want.Tokens) {
		t.Fatalf("tokens differ: %s", firstDifference(v.Tokens, g.Want.Tokens))
	}
	got := asMap(t, v.File)
	forgive(got, g.Want.Tokenizer)
	compareFiles(t, "", got, g.Want.Tokenizer)
	if v.Counts.Helpers != 8 || v.Counts.Added != 4 {
		t.Errorf("counts %+v, want 4 words and 8 helpers", v.Counts)
	}
	teacher, err := tokenizer.New(g.file(t))
	if err != nil {
		t.Fatal(err)
	}
	student, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"xkcdq", "zebra", "the", "dog zebra"} {
		row := slices.Index(v.Tokens, "▁"+strings.ReplaceAll(word, " ", "▁"))
		if got, want := v.IDs[row], ints(teacher.AppendIDsWithSpecials(nil, word)); !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want %v", word, got, want)
		}
		if ids := student.AppendIDs(nil, word); len(ids) != 1 || int(ids[0]) != row {
			t.Errorf("%s: the student's ids are %v, want %d alone", word, ids, row)
		}
	}
	// A helper's row is that of its characters, without the ▁ of a text.
	if row := slices.Index(v.Tokens, "dq"); len(v.IDs[row]) != 3 {
		t.Errorf("ids of the helper dq: %v, want <s> d q", v.IDs[row])
	}
}

// Where the vocabulary has a token that merges do not lead to and that a text
// can have as a piece, ignore_merges would change that text's ids.
func TestIgnoreMergesWouldChangeOtherTexts(t *testing.T) {
	g := loadGolden(t, "byte-level-words")
	f := g.file(t)
	if err := f.Append(tokenizer.Entry{Token: "Ġwq"}); err != nil {
		t.Fatal(err)
	}
	o := g.options()
	o.Words = []string{"zebra", "eb"}
	v := mustBuild(t, f, o)
	if raw := v.File.Model.Field("ignore_merges"); string(raw) != "false" || v.Counts.Helpers == 0 {
		t.Errorf("ignore_merges %s, %d helper tokens", raw, v.Counts.Helpers)
	}
	student, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	row := slices.Index(v.Tokens, "Ġzebra")
	if ids := student.AppendIDs(nil, "a zebra"); !slices.Contains(ids, int32(row)) {
		t.Errorf("ids %v lack zebra, %d", ids, row)
	}
	if row, ids := slices.Index(v.Tokens, "Ġwq"), student.AppendIDs(nil, "a wq"); slices.Contains(ids, int32(row)) {
		t.Errorf("ids %v have a token that merges do not lead to", ids)
	}
}

// A helper of one word can be the user's next word.
func TestHelperIsAWord(t *testing.T) {
	g := loadGolden(t, "sentencepiece-bpe-words")
	o := g.options()
	o.Words = []string{"xkcdq", "xkc"}
	v := mustBuild(t, g.file(t), o)
	if n := len(slices.Compact(slices.Sorted(slices.Values(v.Tokens)))); n != len(v.Tokens) {
		t.Errorf("%d tokens, %d of them different", len(v.Tokens), n)
	}
	teacher, err := tokenizer.New(g.file(t))
	if err != nil {
		t.Fatal(err)
	}
	row := slices.Index(v.Tokens, "▁xkc")
	if got, want := v.IDs[row], ints(teacher.AppendIDsWithSpecials(nil, "xkc")); !slices.Equal(got, want) {
		t.Errorf("ids of xkc: %v, want %v", got, want)
	}
}

// unigramFile is a Unigram model in which the parts of a word score better
// than the lowest score, which the reference gives to new words.
const unigramFile = `{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},` +
	`"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["▁",-3.0],["▁a",-1.0],["b",-1.5],["c",-2.0],["z",-20.0]]}}`

func TestUnigramWordsAreReached(t *testing.T) {
	f, err := tokenizer.ParseFile([]byte(unigramFile))
	if err != nil {
		t.Fatal(err)
	}
	v := mustBuild(t, f, Options{Words: []string{"abc", "ab", "zz", "q", "abcb"}})
	if want := []string{"<unk>", "▁", "▁a", "b", "c", "z", "▁abc", "▁ab", "▁zz", "▁q", "▁abcb"}; !slices.Equal(v.Tokens, want) {
		t.Fatalf("tokens %q, want %q", v.Tokens, want)
	}
	student, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string, want ...string) {
		t.Helper()
		var got []string
		for _, id := range student.AppendIDs(nil, text) {
			token, _ := student.Token(id)
			got = append(got, token)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	check("abc ab zz q abcb", "▁abc", "▁ab", "▁zz", "▁q", "▁abcb")
	check("ac bc", "▁a", "c", "▁", "b", "c")
	for _, e := range v.File.Model.Vocab[6:] {
		switch {
		case (e.Token == "▁zz" || e.Token == "▁q") && e.Score != -20:
			t.Errorf("%s scores %v; the lowest score, -20, is enough", e.Token, e.Score)
		case e.Token == "▁ab" && !(e.Score > -2.5 && e.Score < -2.49):
			t.Errorf("%s scores %v, want a little above its parts' -2.5", e.Token, e.Score)
		}
	}
}

func TestVocabularyOnly(t *testing.T) {
	for name, want := range map[string][]string{
		"wordpiece-words": {"[PAD]", "[UNK]", "zebra", "dog", "the", "xkcdq", "naive", "padded", "qqq", "wood", "star wars", "e-mail", "...", "fox trot"},
		"unigram-words":   {"<pad>", "<unk>", "▁zebra", "▁dog", "▁The", "▁xkcdq", "▁e-mail", "▁naïve", "▁...", "▁qqq", "▁wood", "star wars", "padded", "fox trot"},
		"byte-level-words": {"<pad>", "<unk>", "Ġzebra", "Ġdog", "ĠThe", "Ġxkcdq", "ĠnaÃ¯ve", "Ġ...", "Ġqqq", "Ġwood",
			"star wars", "e-mail", "padded", "fox trot"},
	} {
		g := loadGolden(t, name)
		o := g.options()
		o.Only = true
		v := mustBuild(t, g.file(t), o)
		if !slices.Equal(v.Tokens, want) {
			t.Errorf("%s: tokens %q, want %q", name, v.Tokens, want)
		}
		student, err := tokenizer.New(v.File)
		if err != nil {
			t.Fatal(err)
		}
		ids := student.AppendIDs(nil, "dog zebra star wars wood")
		ids = slices.DeleteFunc(ids, func(id int32) bool { return int(id) == v.UnkID })
		if len(ids) != 4 {
			t.Errorf("%s: four words have the ids %v", name, ids)
		}
		// A word that the teacher knows is run as its own id.
		row := slices.IndexFunc(v.Tokens, func(s string) bool { return strings.TrimLeft(s, "Ġ▁") == "dog" })
		if n := len(v.IDs[row]); n != 3 {
			t.Errorf("%s: dog is run as %v", name, v.IDs[row])
		}
	}
}

func TestWordWarnings(t *testing.T) {
	g := loadGolden(t, "wordpiece-words")
	o := g.options()
	o.RemovePattern = "q"
	o.Words = []string{"dog", "dog", "the", "of", "qqq", "", "\u200b", "zebra", strings.Repeat("y", 101), "日本", "[UNK]", "[unk]", strings.Repeat("z", 1025)}
	v := mustBuild(t, g.file(t), o)
	want := []string{
		`the tokenizer leaves nothing of 2 of 13 words: "", "` + "\u200b" + `"`,
		`5 of 13 words are in the vocabulary already, or come twice: "dog", "dog", "the", …`,
		`the removal pattern matches 1 of 13 words: "qqq"`,
		`1 of 13 words are longer than a kilobyte, and are left out: "` + strings.Repeat("z", 40) + `…"`,
		`2 of 13 words have a row, but the tokenizer finds them in no text: "` + strings.Repeat("y", 40) + `…", "日本"`,
	}
	if !slices.Equal(v.Warnings, want) {
		t.Errorf("warnings\n%s\nwant\n%s", strings.Join(v.Warnings, "\n"), strings.Join(want, "\n"))
	}
	if c := v.Counts; c.Duplicates != 5 || c.Empty != 2 || c.Rejected != 2 || c.Added != 2 || c.MultiWord != 2 {
		t.Errorf("counts %+v", c)
	}
}

func TestBuildLeavesItsInputAlone(t *testing.T) {
	g := loadGolden(t, "byte-level-words")
	f := g.file(t)
	before, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	first := mustBuild(t, f, g.options())
	second := mustBuild(t, f, g.options())
	if after, err := f.Bytes(); err != nil || string(after) != string(before) {
		t.Errorf("Build changed its input, %v", err)
	}
	if a, b := asMap(t, first.File), asMap(t, second.File); fmt.Sprint(a) != fmt.Sprint(b) || !slices.EqualFunc(first.IDs, second.IDs, slices.Equal) {
		t.Error("two builds differ")
	}
}

func ExampleBuild() {
	f, err := tokenizer.ParseFile([]byte(`{
		"added_tokens": [
			{"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
			{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
			{"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
		"normalizer": {"type": "Lowercase"},
		"pre_tokenizer": {"type": "Whitespace"},
		"post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]},
		"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
			"vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[unused1]": 4, "star": 5, "##s": 6, "wars": 7}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	o := DefaultOptions()
	o.Words = []string{"Stars", "star wars"}
	v, err := Build(f, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	for row, token := range v.Tokens {
		fmt.Println(row, token, v.IDs[row])
	}
	// Output:
	// 0 [PAD] [2 0 3]
	// 1 [UNK] [2 1 3]
	// 2 star [2 5 3]
	// 3 ##s [2 6 3]
	// 4 wars [2 7 3]
	// 5 stars [2 5 6 3]
	// 6 star wars [2 5 7 3]
}

func ExampleCounter() {
	var c Counter
	if err := c.Add(strings.NewReader("The dog saw the other dog. The end.")); err != nil {
		fmt.Println(err)
		return
	}
	for _, word := range c.Top(3) {
		fmt.Println(word, c.Count(word))
	}
	// Output:
	// the 3
	// dog 2
	// . 2
}
