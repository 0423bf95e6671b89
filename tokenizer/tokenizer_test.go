package tokenizer

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// What is not implemented, or cannot be, is refused by name and place.
func TestNewRefuses(t *testing.T) {
	const template = `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"x"}}],"special_tokens":{"x":{"ids":[0]}}}`
	const words = `{"type":"WordLevel","unk_token":"u","vocab":{"u":0}}`
	for _, c := range []struct{ name, file, want string }{
		{"normalizer", `{"normalizer":{"type":"Shout"},"model":` + words + `}`,
			`tokenizer: compile tokenizer.json: normalizer (1:2): normalizer type "Shout" is not implemented`},
		{"pre-tokenizer, where it is", "{\"version\":\"1.0\",\n  \"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\",\"individual_digits\":true},{\"type\":\"Cut\"}]},\"model\":" + words + `}`,
			`pre_tokenizer (2:3).pretokenizers[1]: pre-tokenizer type "Cut" is not implemented`},
		{"post-processor", `{"post_processor":{"type":"Sequence","processors":[{"type":"Wrap"}]},"model":` + words + `}`,
			`post_processor (1:2).processors[0]: post-processor type "Wrap" is not implemented`},
		{"special token that the template does not define", `{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]","type_id":0}}],"pair":[],"special_tokens":{}},"model":` + words + `}`,
			`post_processor (1:2).single[0]: "[X]" is not among the special_tokens`},
		{"sequence B", `{"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}],"pair":[],"special_tokens":{}},"model":` + words + `}`,
			`single[0]: neither the sequence A nor a special token`},
		{"special id", `{"post_processor":{"type":"BertProcessing","sep":["s",4294967295],"cls":["c",0]},"model":` + words + `}`,
			`id 4294967295 is not in [0, 2147483647)`},
		{"two templates", `{"post_processor":{"type":"Sequence","processors":[` + template + `,` + template + `]},"model":` + words + `}`,
			`processors[1]: TemplateProcessing after another post-processor that makes 2 parts is not implemented`},
		{"dropout", `{"model":{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}}`, `model (1:2): BPE dropout 0.1 is not implemented: ids would be random`},
		{"merge", `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}`, `model (1:2): merge 0 of "a" and "b": they or "ab" are not in the vocabulary`},
		{"prefix", `{"model":{"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0,"b":1},"merges":["a b"]}}`, `the second is shorter than the prefix "##"`},
		{"unk_id", `{"model":{"type":"Unigram","unk_id":2,"vocab":[["a",0],["b",0]]}}`, `model (1:2): unk_id 2 is not in the vocabulary of 2`},
		{"unk_id of an empty vocabulary", `{"model":{"type":"Unigram","unk_id":0,"vocab":[]}}`, `unk_id 0 is not in the vocabulary of 0`},
		{"unk_token", `{"model":{"type":"WordLevel","vocab":{}}}`, `model (1:2): WordLevel model has no unk_token`},
		{"type of a field", `{"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"","max_input_chars_per_word":"many","vocab":{}}}`, `model (1:2): max_input_chars_per_word "many"`},
		{"negative", `{"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"","max_input_chars_per_word":-1,"vocab":{}}}`, `max_input_chars_per_word -1 is negative`},
		{"first after an insertion", `{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false},{"type":"Metaspace","replacement":"_","prepend_scheme":"first","split":true}]},"model":` + words + `}`,
			`pre_tokenizer (1:2): Metaspace with prepend_scheme "first" after ByteLevel is not implemented`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParseFile([]byte(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = New(f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant …%s…", err, c.want)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	for data, want := range map[string]string{
		"{\n ?":                               "tokenizer: open " + path + ": parse tokenizer.json: 2:2: ",
		`{"model":{"type":"BPE","vocab":{}}}`: "tokenizer: open " + path + ": parse tokenizer.json: 1:10: BPE model has no merges",
		`{"normalizer":{"type":"X"},"model":{"type":"BPE","vocab":{},"merges":[]}}`: "tokenizer: open " + path + ": compile tokenizer.json: normalizer (1:2)",
	} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("file %s:\n got %v\nwant %s…", data, err, want)
		}
	}
}

// Ids of added tokens are Hugging Face's: the model's, or the vocabulary's size
// on, whatever the file says.
func TestTokensAndIDs(t *testing.T) {
	tok := compile(t, []byte(`{"added_tokens":[`+smallAdded("new", 77, false)+`,`+smallAdded("b", 99, false)+`],
		"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"b":5,"c":3}}}`))
	check := func(token string, id int32) {
		t.Helper()
		if got, ok := tok.ID(token); !ok || got != id {
			t.Errorf("ID(%q) = %d, %v; want %d", token, got, ok, id)
		}
		if got, ok := tok.Token(id); !ok || got != token {
			t.Errorf("Token(%d) = %q, %v; want %q", id, got, ok, token)
		}
	}
	check("u", 0)
	check("b", 5)
	if got, ok := tok.ID("new"); !ok || got != 3 { // the vocabulary has 3 tokens
		t.Errorf("ID(new) = %d, %v; want 3", got, ok)
	}
	if got, _ := tok.Token(3); got != "new" { // c is hidden
		t.Errorf("Token(3) = %q, want new", got)
	}
	for _, id := range []int32{-1, 1, 4, 6, 77} {
		if got, ok := tok.Token(id); ok {
			t.Errorf("Token(%d) = %q, want none", id, got)
		}
	}
	if got, ok := tok.ID("zz"); ok || got != 0 {
		t.Errorf("ID(zz) = %d, %v; want none", got, ok)
	}
	if tok.Size() != 6 {
		t.Errorf("Size() = %d, want 6", tok.Size())
	}
	if got, ok := tok.UnkID(); !ok || got != 0 {
		t.Errorf("UnkID() = %d, %v; want 0", got, ok)
	}
	none := compile(t, []byte(`{"model":{"type":"Unigram","unk_id":null,"vocab":[["a",-1]]}}`))
	if got, ok := none.UnkID(); ok || got != 0 {
		t.Errorf("UnkID() of a model without = %d, %v", got, ok)
	}
	if got := none.AppendIDs(nil, "axa"); !slices.Equal(got, []int32{0, 0}) {
		t.Errorf("ids of axa = %v, want those of its known parts", got)
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	tok := compile(t, []byte(`{"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a\ufffdb":1,"\ufffd":2}}}`))
	for text, want := range map[string][]int32{"a\xffb": {1}, "a\xff\xfeb \xe6\x97": {1, 2}, "a\ufffdb": {1}, "a\xed\xa0\x80b": {1}} {
		if got := tok.AppendIDs(nil, text); !slices.Equal(got, want) {
			t.Errorf("text %q: got %v, want %v", text, got, want)
		}
		if got := tok.Normalize(text); got != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("Normalize(%q) = %q", text, got)
		}
	}
}

// One tokenizer, many goroutines; more words than an encoder remembers.
func TestConcurrentUse(t *testing.T) {
	names, cutting, whole := smallTokenizers(t)
	var texts []string
	for i := range 3000 {
		var b strings.Builder
		for n := i; n > 0; n /= 3 {
			b.WriteString([]string{"a", "b ", "ab"}[n%3])
		}
		texts = append(texts, b.String())
	}
	var wg sync.WaitGroup
	for i, name := range names {
		want := make([][]int32, len(texts))
		for k, text := range texts {
			want[k] = whole[i].AppendIDs(nil, text)
		}
		for range 3 {
			wg.Go(func() {
				for k, text := range texts {
					if got := cutting[i].AppendIDs(nil, text); !slices.Equal(got, want[k]) {
						t.Errorf("%s: text %q: got %v, want %v", name, text, got, want[k])
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestWarmEncoderAllocatesNothing(t *testing.T) {
	names, cutting, _ := smallTokenizers(t)
	text := strings.Repeat("aab Ab, 12 [SEP] 日本 é e\u0301 <s> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab ", 3)
	for i, name := range names {
		enc := cutting[i].NewEncoder()
		ids := enc.AppendIDs(nil, text)
		if n := testing.AllocsPerRun(20, func() { ids = enc.AppendIDs(ids[:0], text) }); n > 0 {
			t.Errorf("%s: %v allocations a text", name, n)
		}
	}
}

// The cache is full and its words take each other's places.
func TestCacheIsBounded(t *testing.T) {
	var c wordCache
	check := func(i int, word []byte, ids []int32) {
		t.Helper()
		key := keyOf(word)
		hash := key.hash(len(word))
		remembered := func() ([]int32, bool) {
			l := c.find(&key, len(word), hash)
			if l == nil {
				return nil, false
			}
			return l.appendIDs(nil), true
		}
		if got, ok := remembered(); ok && !slices.Equal(got, ids) {
			t.Fatalf("word %d: remembers %v, want %v", i, got, ids)
		} else if ok {
			return
		}
		c.add(&key, len(word), hash, ids)
		got, ok := remembered()
		if ok != (len(ids) <= 2*halfIDs) || ok && !slices.Equal(got, ids) {
			t.Fatalf("word %d: remembers %v (%v) at once, want %v", i, got, ok, ids)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 400_000 {
		// All sizes, and 0 to 7 ids, both told by the number, which comes again.
		i := int(100_000 * r.Float64() * r.Float64())
		word := make([]byte, 3+i%(maxCached-2))
		word[0], word[1], word[len(word)-1] = byte(i), byte(i>>8), byte(1+i>>16)
		ids := make([]int32, i/7%8)
		for j := range ids {
			ids[j] = int32(i + j)
		}
		check(i, word, ids)
	}
	if n := len(c.lines); n != 1<<lastCacheLog {
		t.Errorf("%d lines, want %d", n, 1<<lastCacheLog)
	}
	words := 0
	for i := range c.lines {
		words += c.lines[i].words()
	}
	if words != c.used {
		t.Errorf("it counts %d words and holds %d", c.used, words)
	}
	if size := unsafe.Sizeof(cacheLine{}); size != 64 {
		t.Errorf("a line has %d bytes", size)
	}
}

func TestKeyOfAPlaceEqualsKeyOf(t *testing.T) {
	text := []byte(strings.Repeat("0123456789abcdef", 8))
	for size := 1; size <= maxCached; size++ {
		got := wordKey{1, 2, 3, 4}
		got.set(text, 3, size)
		if want := keyOf(text[3 : 3+size]); got != want {
			t.Errorf("size %d: got %x, want %x", size, got, want)
		}
	}
}
