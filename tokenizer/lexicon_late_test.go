package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Ids must not depend on whether the lexicon has been made: of words that are tokens, that
// are cut into some, that have unknown parts, and of scores that tie.
func TestLateLexiconChangesNoIDs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letters := []rune("abcdeé日\u0301#▁")
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for _, kind := range []string{WordPiece, Unigram} {
		for range 30 {
			f := &File{Model: Model{Kind: kind, Vocab: []Entry{{Token: "[UNK]"}}}}
			seen := map[string]bool{}
			for range 40 {
				token := word(1 + r.IntN(4))
				if kind == WordPiece && r.IntN(2) == 0 {
					token = "##" + token
				}
				if kind == Unigram || !seen[token] { // a Unigram vocabulary may repeat itself
					f.Model.Vocab = append(f.Model.Vocab, Entry{Token: token, ID: len(f.Model.Vocab), Score: -float64(r.IntN(5)) / 3})
				}
				seen[token] = true
			}
			f.Model.SetField("unk_token", []byte(`"[UNK]"`))
			f.Model.SetField("continuing_subword_prefix", []byte([]string{`"##"`, `""`, `"x"`}[r.IntN(3)]))
			f.Model.SetField("max_input_chars_per_word", []byte("100"))
			f.Model.SetField("unk_id", []byte("0"))
			late, made := mustNew(t, f), mustNew(t, f)
			lexiconOf(made).make()
			for range 30 {
				text := word(1 + r.IntN(12))
				lexiconOf(late).left.Store(1 << 40)
				got, want := late.AppendIDs(nil, text), made.AppendIDs(nil, text)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, %q: %v before the lexicon is made, %v after", kind, text, got, want)
				}
			}
			if lexiconOf(late).made.Load() != nil {
				t.Fatal("the lexicon was made")
			}
		}
	}
}

// The lexicon may be made while another goroutine looks for tokens without it: that one panicked.
func TestLateLexiconIsMadeMeanwhile(t *testing.T) {
	for _, kind := range []string{WordPiece, Unigram} {
		f := &File{Model: Model{Kind: kind, Vocab: []Entry{{Token: "[UNK]"}, {Token: "ab", ID: 1}, {Token: "##ab", ID: 2}}}}
		f.Model.SetField("unk_token", []byte(`"[UNK]"`))
		f.Model.SetField("continuing_subword_prefix", []byte(`"##"`))
		f.Model.SetField("max_input_chars_per_word", []byte("100"))
		f.Model.SetField("unk_id", []byte("0"))
		tok := mustNew(t, f)
		look := func() (ids []int32) {
			switch m := tok.model.(type) {
			case *wordPiece:
				return m.lookUp(nil, []byte("abab"), &workspace{})
			case *unigram:
				w := &workspace{runes: []rune("abab")}
				w.start()
				m.lookUp([]byte("abab"), w)
				for _, b := range w.best {
					ids = append(ids, b.id)
				}
			}
			return ids
		}
		want := look()
		lexiconOf(tok).make()
		if got := look(); !slices.Equal(got, want) {
			t.Errorf("%s: %v before another made the lexicon, %v after", kind, want, got)
		}
	}
}

func mustNew(t *testing.T, f *File) *Tokenizer {
	t.Helper()
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func lexiconOf(t *Tokenizer) *lateLexicon {
	if m, ok := t.model.(*unigram); ok {
		return m.tokens
	}
	return t.model.(*wordPiece).tokens
}

// A lexicon is made once a few words of each token were looked for, for a long word at once.
func TestLateLexiconIsMade(t *testing.T) {
	f := &File{Model: Model{Kind: WordPiece, Vocab: []Entry{{Token: "[UNK]"}, {Token: "aa", ID: 1}, {Token: "##aa", ID: 2}}}}
	f.Model.SetField("unk_token", []byte(`"[UNK]"`))
	f.Model.SetField("continuing_subword_prefix", []byte(`"##"`))
	f.Model.SetField("max_input_chars_per_word", []byte("10000"))
	tok := mustNew(t, f)
	if tok.AppendIDs(nil, "aa"); lexiconOf(tok).made.Load() != nil {
		t.Error("the first word made it")
	}
	for range 4 {
		tok.AppendIDs(nil, strings.Repeat("a", 1000))
	}
	if lexiconOf(tok).made.Load() == nil {
		t.Error("long words did not make it")
	}
}

// New takes the vocabulary that was read only as long as nobody has changed it.
func TestNewSeesChangesOfVocab(t *testing.T) {
	data := []byte(`{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a":1,"b":2}}}`)
	for _, c := range []struct {
		change func(m *Model)
		want   string
	}{
		{func(*Model) {}, "[1] [2]"},
		{func(m *Model) { m.Vocab[1].Token, m.Vocab[2].Token = "b", "a" }, "[2] [1]"},
		{func(m *Model) { m.Vocab[2].ID = 7 }, "[1] [7]"},
		{func(m *Model) { m.Vocab = m.Vocab[:2] }, "[1] [0]"},
		{func(m *Model) { m.Vocab = append(m.Vocab, Entry{Token: "a", ID: 3}) }, "[3] [2]"},
	} {
		f, err := ParseFile(data)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&f.Model)
		tok := mustNew(t, f)
		if got := fmt.Sprint(tok.AppendIDs(nil, "a"), tok.AppendIDs(nil, "b")); got != c.want {
			t.Errorf("ids are %s, want %s", got, c.want)
		}
	}
}

// A vocabulary in its usual spelling and in any other has the same entries.
func TestVocabSpellings(t *testing.T) {
	for _, pair := range [][2]string{
		{`{"a":0,"b":12345}`, "{ \"\\u0061\" : 0 ,\t\"b\"\r\n:\n 12345 }"},
		{`{"b":0,"c":1,"b":2}`, `{"c":1,"\u0062":2}`},
		{`{"b":2,"c":1}`, `{"c":1,"b":2}`},
		{`[["a",-1.5],["é",0.0],["c",-12.345678901234567]]`, "[ [ \"\\u0061\" ,\n-15e-1 ] , [\"\\u00e9\",0],[\"c\",-12345678901234567E-15]]"},
		{`[["a",-0.1],["b",-1234.00001]]`, `[["a",-1e-1],["b",-123400001e-5]]`},
	} {
		var got [2][]Entry
		for i, vocab := range pair {
			kind := WordLevel
			if vocab[0] == '[' {
				kind = Unigram
			}
			f, err := ParseFile(fmt.Appendf(nil, `{"model":{"type":%q,"unk_token":"a","vocab":%s}}`, kind, vocab))
			if err != nil {
				t.Fatal(err)
			}
			got[i] = f.Model.Vocab
		}
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("%s gives %v, %s gives %v", pair[0], got[0], pair[1], got[1])
		}
	}
	for _, bad := range []string{`{"a":01}`, `{"a":1.0}`, `{"a":-1}`, `{"a":+1}`, `{"a":1 2}`, `{"a":}`, `{"a" 1}`, `{a:1}`, "{\"a\n\":1}", `{"a":99999999999}`} {
		if _, err := ParseFile([]byte(`{"model":{"type":"WordLevel","unk_token":"a","vocab":` + bad + `}}`)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	for _, bad := range []string{`[["a",01.5]]`, `[["a",.5]]`, `[["a",5.]]`, `[["a",+1.5]]`, `[["a",-]]`, `[["a",-.5]]`, `[["a",1.5,2]]`, `[["a"]]`, `[["a" 1.5]]`, `[["a",1.5]`, `[["a",1.5e]]`, `[["a",1.5 5]]`} {
		if _, err := ParseFile([]byte(`{"model":{"type":"Unigram","vocab":` + bad + `}}`)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
