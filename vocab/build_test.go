package vocab

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/tokenizer"
)

// A golden is a case of testdata/builds.json: what the reference makes of a
// small tokenizer.
type golden struct {
	Name      string
	Tokenizer json.RawMessage
	Words     []string
	Pattern   string
	Pad, Unk  string
	Want      struct {
		Tokens    []string
		IDs       [][]int
		Tokenizer map[string]any
	}
}

// loadGolden returns the case of that name.
func loadGolden(t testing.TB, name string) *golden {
	t.Helper()
	var all []golden
	readGolden(t, "builds.json", &all)
	i := slices.IndexFunc(all, func(g golden) bool { return g.Name == name })
	if i < 0 {
		t.Fatalf("builds.json has no case %q", name)
	}
	return &all[i]
}

func (g *golden) file(t testing.TB) *tokenizer.File {
	t.Helper()
	f, err := tokenizer.ParseFile(g.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (g *golden) options() Options {
	return Options{RemovePattern: g.Pattern, Words: g.Words, Special: Special{Pad: g.Pad, Unk: g.Unk}}
}

func (g *golden) build(t testing.TB) *Vocabulary {
	t.Helper()
	v, err := Build(g.file(t), g.options())
	if err != nil {
		t.Fatal(err)
	}
	checkConsistent(t, v)
	return v
}

// checkConsistent checks what holds for every vocabulary.
func checkConsistent(t testing.TB, v *Vocabulary) {
	t.Helper()
	c := v.Counts
	if n := c.Before - c.Pruned - c.Removed + c.Added + c.Helpers + c.MultiWord; n != len(v.Tokens) {
		t.Errorf("counts %+v make %d tokens, there are %d", c, n, len(v.Tokens))
	}
	if len(v.IDs) != len(v.Tokens) || len(v.File.Model.Vocab) != len(v.Tokens) {
		t.Errorf("%d tokens, %d id lists, %d entries", len(v.Tokens), len(v.IDs), len(v.File.Model.Vocab))
	}
	for i, e := range v.File.Model.Vocab {
		if e.ID != i || e.Token != v.Tokens[i] {
			t.Fatalf("row %d is %q, the file's is %q with id %d", i, v.Tokens[i], e.Token, e.ID)
		}
		if len(v.IDs[i]) == 0 {
			t.Errorf("row %d, %q: no ids", i, e.Token)
		}
	}
	for _, a := range v.File.AddedTokens {
		if a.ID >= len(v.Tokens) || v.Tokens[a.ID] != a.Content {
			t.Errorf("added token %q has id %d", a.Content, a.ID)
		}
	}
	tok, err := tokenizer.New(v.File)
	if err != nil {
		t.Errorf("the student's tokenizer: %v", err)
		return
	}
	if id, ok := tok.UnkID(); ok != (v.UnkID >= 0) || ok && int(id) != v.UnkID {
		t.Errorf("the student's unknown token is %d, %v; want %d", id, ok, v.UnkID)
	}
	if before, after := tok.SpecialTokens(); len(before)+len(after) > 0 {
		t.Errorf("the student adds special tokens %v, %v", before, after)
	}
}

func TestBuildIsTheReference(t *testing.T) {
	for _, name := range []string{
		"wordpiece", "wordpiece-words", "wordpiece-hints", "wordpiece-bert-processing", "wordpiece-pattern", "wordpiece-everything",
		"byte-level", "byte-level-hints", "byte-level-spaced-merges", "byte-level-roberta", "byte-level-extra",
		"sentencepiece-bpe", "unigram", "unigram-words", "unigram-pattern", "word-level",
	} {
		t.Run(name, func(t *testing.T) {
			g := loadGolden(t, name)
			v := g.build(t)
			if !slices.Equal(v.Tokens, g.Want.Tokens) {
				t.Errorf("%d tokens, want %d; first difference %s", len(v.Tokens), len(g.Want.Tokens), firstDifference(v.Tokens, g.Want.Tokens))
			}
			for i := range min(len(v.IDs), len(g.Want.IDs)) {
				if !slices.Equal(v.IDs[i], g.Want.IDs[i]) {
					t.Errorf("row %d, %q: ids %v, want %v", i, v.Tokens[i], v.IDs[i], g.Want.IDs[i])
				}
			}
			got := asMap(t, v.File)
			forgive(got, g.Want.Tokenizer)
			compareFiles(t, "", got, g.Want.Tokenizer)
		})
	}
}

// forgive evens out what the reference does otherwise, and we do on purpose.
func forgive(got, want map[string]any) {
	gotModel, wantModel := got["model"].(map[string]any), want["model"].(map[string]any)
	switch gotModel["type"] {
	case "BPE": // merges stay in the form they came in; the reference writes pairs
		for i, m := range gotModel["merges"].([]any) {
			if s, ok := m.(string); ok {
				left, right, _ := strings.Cut(s, " ")
				gotModel["merges"].([]any)[i] = []any{left, right}
			}
		}
	case "Unigram":
		// serde_json reads numbers to the last bit but one.
		for i, e := range gotModel["vocab"].([]any) {
			want := wantModel["vocab"].([]any)[i].([]any)
			if got := e.([]any); math.Abs(got[1].(float64)-want[1].(float64)) < 1e-14 {
				got[1] = want[1]
			}
		}
		// The reference leaves unk_id as it was, whatever has that id now.
		wantModel["unk_id"] = float64(slices.IndexFunc(wantModel["vocab"].([]any), func(e any) bool { return e.([]any)[0] == "<unk>" }))
	}
}

func asMap(t testing.TB, f *tokenizer.File) map[string]any {
	t.Helper()
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func compareFiles(t *testing.T, at string, got, want map[string]any) {
	t.Helper()
	for key := range want {
		g, gok := got[key].(map[string]any)
		w, wok := want[key].(map[string]any)
		if gok && wok {
			compareFiles(t, at+"."+key, g, w)
		} else if !reflect.DeepEqual(got[key], want[key]) {
			t.Errorf("%s.%s: %.300v, want %.300v", at, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s.%s: %.100v, want none", at, key, got[key])
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return got[i] + " for " + want[i]
		}
	}
	return "at the end"
}
