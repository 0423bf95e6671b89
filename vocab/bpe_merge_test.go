package vocab

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/tokenizer"
)

// A BPE without a pre-tokenizer, whose words are reached by merges alone.
const mergedFile = `{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
	"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
	"pre_tokenizer": null, "post_processor": null, "decoder": null,
	"model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": false,
		"vocab": {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "c": 4}, "merges": []}}`

// Words whose symbols repeat made a merge whose result was no token: the run ended
// with "merge 5 of "b" and "▁": they or "b▁" are not in the vocabulary".
func TestBPEMergesThatShareASymbol(t *testing.T) {
	words := []string{"ab ab", "abcabc", "aaabaa", "cab", "abab ab", "bcbcb cb"}
	f, err := tokenizer.ParseFile([]byte(mergedFile))
	if err != nil {
		t.Fatal(err)
	}
	checkReached(t, f, words)
	for _, word := range words { // others' parts may stand in for a missing token
		checkReached(t, f, []string{word})
	}
}

// checkReached builds a student with the words and checks that each has a row that
// its text reaches, and that every merge is of tokens.
func checkReached(t *testing.T, f *tokenizer.File, words []string) {
	t.Helper()
	v, err := Build(f, Options{Words: words})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(v.Warnings, func(w string) bool { return strings.Contains(w, "left out") || strings.Contains(w, "in no text") }) {
		t.Errorf("got warnings %q", v.Warnings)
	}
	tok, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if ids := tok.AppendIDs(nil, word); len(ids) != 1 {
			t.Errorf("%q has the ids %v, want one row of its own", word, ids)
		}
	}
	known := v.File.Model.Index()
	for _, m := range v.File.Model.Merges {
		for _, token := range []string{m.Left, m.Right, m.Left + m.Right} {
			if _, ok := known[token]; !ok {
				t.Errorf("merge of %q and %q: %q is not in the vocabulary", m.Left, m.Right, token)
			}
		}
	}
}

func TestRealCaseBrokenMerge(t *testing.T) {
	data, err := os.ReadFile(testenv.Shared(t, "cases", "bpe-new-word-broken-merge", "teacher", "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ab ab", "abcabc", "aaabaa"} {
		checkReached(t, f, []string{word})
	}
}
