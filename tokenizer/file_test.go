package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

func parse(t testing.TB, text string) *File {
	t.Helper()
	f, err := ParseFile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func written(t testing.TB, f *File) string {
	t.Helper()
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFileIsKeptAsWritten(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		if got := written(t, parse(t, in)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	same := func(in string) { t.Helper(); check(in, in) }
	// Key order, unknown fields, numbers as spelled, no HTML escaping.
	same(`{"zebra":{"b":1.50,"a":[1e3,null,true]},"model":{"type":"BPE","x":"<&>","merges":[],"vocab":{}},"version":"1.0"}`)
	same(`{"version":"1.0","normalizer":{"type":"Odd","n":1.0,"s":"\u00e9\/"},"decoder":null,"model":{"vocab":{"a":0},"unk_token":"a"}}`)
	// Added tokens: flags, order of keys and fields that nobody knows.
	same(`{"added_tokens":[{"id":0,"content":"a","single_word":true,"lstrip":false,"rstrip":true,"normalized":false,"special":true}],"model":{"vocab":{"a":0},"unk_token":"a"}}`)
	same(`{"added_tokens":[{"special":false,"new":[1.0],"content":"b","id":7,"single_word":true,"lstrip":false,"rstrip":true,"normalized":false}],"model":{"vocab":{"a":0},"unk_token":"a"}}`)
	// Merges in both forms.
	same(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`)
	same(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}`)
	check(`{"model":{"type":"BPE","vocab":{},"merges":["#version: 0.2","a b"]}}`, `{"model":{"type":"BPE","vocab":{},"merges":["a b"]}}`)
	// Scores: the same number, spelled as serde_json does.
	same(`{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["▁",-2.0],["a",-13.816200256347656],["b",1e-7],["c",-1.5e22],["d",123456789012345.0],["e",0.00001]]}}`)
	check(`{"model":{"type":"Unigram","vocab":[["a",-1e1],["b",3],["c",1E-07]]}}`, `{"model":{"type":"Unigram","vocab":[["a",-10.0],["b",3.0],["c",1e-7]]}}`)
	// White space goes, except in strings; escapes that JSON does not need go.
	check("{ \"model\" : {\n\t\"vocab\" : { \"a b\" : 0 , \"\\u00e9\\ud83d\\ude00\\n\\u001f\\/\" : 1 } , \"unk_token\" : \"a b\" } }\r\n",
		"{\"model\":{\"vocab\":{\"a b\":0,\"é😀\\n\\u001f/\":1},\"unk_token\":\"a b\"}}")
	// The vocabulary comes by ascending id, of equal tokens the last counts.
	check(`{"model":{"vocab":{"c":9,"a":3,"b":1,"a":2},"unk_token":"a"}}`, `{"model":{"vocab":{"b":1,"a":2,"c":9},"unk_token":"a"}}`)
	check(`{"model":{"vocab":{},"unk_token":"a"},"x":1,"x":2}`, `{"model":{"vocab":{},"unk_token":"a"},"x":2}`)
}

func TestFileFields(t *testing.T) {
	f := parse(t, `{"version":"1.0","truncation":{"max_length":5},"padding":null,
		"added_tokens":[{"id":1,"content":"<s>","single_word":true,"lstrip":true,"rstrip":false,"normalized":true,"special":false}],
		"normalizer":null,"pre_tokenizer":{"type":"X"},"model":{"type":"BPE","unk_token":null,"ignore_merges":true,"vocab":{"b":1,"a":0},"merges":["a b"]}}`)
	if f.Padding != nil || f.Normalizer != nil || string(f.PreTokenizer) != `{"type":"X"}` || string(f.Truncation) != `{"max_length":5}` {
		t.Errorf("components %s %s %s %s", f.Padding, f.Normalizer, f.PreTokenizer, f.Truncation)
	}
	if want := []AddedToken{{ID: 1, Content: "<s>", SingleWord: true, LStrip: true, Normalized: true}}; !reflect.DeepEqual(f.AddedTokens, want) {
		t.Errorf("added tokens %+v, want %+v", f.AddedTokens, want)
	}
	if want := []Entry{{"a", 0, 0}, {"b", 1, 0}}; f.Model.Kind != BPE || !slices.Equal(f.Model.Vocab, want) {
		t.Errorf("%s %v, want BPE %v", f.Model.Kind, f.Model.Vocab, want)
	}
	if !slices.Equal(f.Model.Merges, []Merge{{"a", "b"}}) {
		t.Errorf("merges %v", f.Model.Merges)
	}
	if f.Model.Field("unk_token") != nil || f.Model.Field("nothing") != nil || string(f.Model.Field("ignore_merges")) != "true" {
		t.Errorf("fields %s %s", f.Model.Field("unk_token"), f.Model.Field("ignore_merges"))
	}
	if got, want := f.at("pre_tokenizer"), "pre_tokenizer (3:21)"; got != want {
		t.Errorf("position %s, want %s", got, want)
	}
	f.Decoder, f.Padding = json.RawMessage(`{"type": "Y"}`), json.RawMessage(`[ ]`)
	f.Model.SetField("unk_token", json.RawMessage(`"a"`))
	f.Model.SetField("new", nil)
	if got := written(t, f); !strings.Contains(got, `"padding":[],`) || !strings.HasSuffix(got, `"merges":["a b"],"new":null},"decoder":{"type":"Y"}}`) {
		t.Errorf("after edits: %s", got)
	}
}

func TestFileMadeByHand(t *testing.T) {
	f := &File{Model: Model{Kind: BPE, Vocab: []Entry{{"a b", 0, 0}, {"c", 1, 0}, {"a bc", 2, 0}}, Merges: []Merge{{"a b", "c"}}, spacedMerges: true}}
	want := `{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,` +
		`"model":{"type":"BPE","vocab":{"a b":0,"c":1,"a bc":2},"merges":[["a b","c"]]}}`
	if got := written(t, f); got != want { // a part with a space cannot be in a spaced merge
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Files from before 0.8 have no "type"; the first model whose mandatory
// fields are there is it.
func TestFileWithoutType(t *testing.T) {
	for model, want := range map[string]string{
		`{"vocab":{},"merges":[],"unk_token":"x"}`:                                                     BPE,
		`{"vocab":{},"unk_token":"x","continuing_subword_prefix":"##","max_input_chars_per_word":100}`: WordPiece,
		`{"vocab":{},"unk_token":"x","continuing_subword_prefix":"##"}`:                                WordLevel,
		`{"vocab":[],"unk_id":null}`:                                                                   Unigram,
		`{"type":null,"vocab":[["a",0]]}`:                                                              Unigram,
		`{"type":"WordLevel","vocab":{},"unk_token":"[UNK]"}`:                                          WordLevel,
	} {
		if got := parse(t, `{"model":`+model+`}`).Model.Kind; got != want {
			t.Errorf("%s is a %s, want %s", model, got, want)
		}
	}
}

func TestParseFileErrors(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		_, err := ParseFile([]byte(in))
		if want = "tokenizer: parse tokenizer.json: " + want; err == nil || err.Error() != want {
			t.Errorf("%.80s:\ngot  %v\nwant %s", in, err, want)
		}
	}
	model := func(m, want string) { t.Helper(); check(`{"model":`+m+`}`, want) }
	check("", "1:1: want an object, found the end of the file")
	check("<html>", "1:1: want an object, found '<'")
	check(`[]`, "1:1: want an object, found '['")
	check("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the file itself: git lfs pull fetches it")
	check(`{}`, "1:1: no model")
	check("{\n  \"version\": \"1.0\",\n  \"model\": null\n}", "3:12: want an object, found 'n'")
	check("{\n\"é\": 1,\n\"model\" {}}", "3:9: want ':' after a key, found '{'")
	check(`{"model":{"vocab":{},"unk_token":"a"}} x`, "1:40: want the end of the file, found 'x'")
	check(`{"model":{"vocab":{},"unk_token":"a"},}`, "1:39: want a string, found '}'")
	check(`{"version":"2.0"}`, `1:12: version "2.0" is unknown, want "1.0"`)
	check("{\"a\":\"\xff\"}", "1:7: invalid UTF-8")
	check(`{"a":"`+"\n"+`"}`, `1:7: control character '\n' in a string`)
	check(`{"a":"\x"}`, "1:7: invalid escape")
	check(`{"a":"\u12"}`, `1:7: \u without four hexadecimal digits`)
	check(`{"a":01}`, "1:7: want ',' or '}', found '1'")
	check(`{"a":1.}`, "1:8: want a digit, found '}'")
	check(`{"a":tru}`, "1:6: want a value, found 't'")
	check(`{"a":`+strings.Repeat("[", 200), "1:133: nested deeper than 128")
	check(`{"added_tokens":[{"id":0,"content":"x"}]}`, `1:18: added token "x" has no "single_word"`)
	check(`{"added_tokens":[{"id":-1}]}`, `1:24: -1 is not a token id`)
	check(`{"added_tokens":[{"special":1}]}`, `1:29: want true or false, found '1'`)
	model(`{"type":"Transformer","vocab":{}}`, `1:18: unknown model type "Transformer", want one of BPE, WordPiece, WordLevel, Unigram`)
	model(`{"type":"BPE"}`, "1:10: model has no vocab")
	model(`{"vocab":{}}`, "1:10: model has no type, and its fields are those of none (BPE, WordPiece, WordLevel, Unigram)")
	model(`{"type":"BPE","vocab":{}}`, "1:10: BPE model has no merges")
	model(`{"type":"Unigram","vocab":{}}`, "1:10: the vocab of a Unigram model must be an array of [token, score]")
	model(`{"type":"WordPiece","vocab":[]}`, "1:10: the vocab of a WordPiece model must be an object of token: id")
	model(`{"vocab":{"a":1.5}}`, "1:24: 1.5 is not a token id")
	model(`{"vocab":{"a":4294967295}}`, "1:24: token id 4294967295 is above 1048576, the most for a file of 36 bytes")
	model(`{"vocab":{"a":99999999999}}`, "1:24: 99999999999 is not a token id")
	model(`{"vocab":{"\ud800":1}}`, `1:21: \ud800 is half of a surrogate pair`)
	model(`{"vocab":[["a",1e999]]}`, "1:25: number 1e999 is out of range")
	model(`{"vocab":[["a"]]}`, "1:20: want an array of two, found 1")
	model(`{"vocab":[["a",1,2]]}`, "1:20: want an array of two, found more")
	model(`{"merges":["ab"]}`, `1:21: merge "ab" is not two tokens and a space`)
	model(`{"merges":["a b c"]}`, `1:21: merge "a b c" is not two tokens and a space`)
	model(`{"merges":["a b",["a","b"]]}`, "1:27: merges are strings and arrays in one file")
	long := `{"` + strings.Repeat(`k":0,"`, 1000) + `k":0}`
	check(long, "1:6002: object of more than 1000 keys")
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		`{"version":"1.0","added_tokens":[{"id":0,"content":"a","single_word":true,"lstrip":false,"rstrip":true,"normalized":false,"special":true,"x":[]}],"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"\ud83d\ude00"}}`,
		`{"normalizer":{"a":[1,{"b":"\u0000"}]},"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b",""]}}`,
		`{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b c"]]}}`,
		`{"model":{"vocab":[["a",-1.5e-9],["b",0]],"unk_id":1}}`,
		`{"padding":{"pad_token":"a"},"post_processor":{"type":"TemplateProcessing","special_tokens":{"a":{"ids":[0],"tokens":["a"]}}},"model":{"vocab":{"a":3,"b":3},"unk_token":"b"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ParseFile(data)
		if err != nil {
			return
		}
		once, err := file.Bytes()
		if err != nil {
			t.Fatalf("parsed, but not written: %v", err)
		}
		again, err := ParseFile(once)
		if err != nil {
			t.Fatalf("written, but not parsed: %v\n%s", err, once)
		}
		if !slices.Equal(again.Model.Vocab, file.Model.Vocab) || !slices.Equal(again.Model.Merges, file.Model.Merges) {
			t.Errorf("model changed:\n%+v\n%+v", file.Model, again.Model)
		}
		if twice, err := again.Bytes(); err != nil || string(twice) != string(once) {
			t.Errorf("%v, written twice:\n%s\n%s", err, once, twice)
		}
		// Edits may fail, never panic.
		c := file.Clone()
		c.AdoptAddedTokens()
		_ = c.Remove(map[string]bool{"a": true, file.textOfFirst(): true})
		_ = c.Append(Entry{Token: "new"})
		_ = c.SetTruncation(512)
		_, _ = c.AddPrefixSpace()
		if after, err := file.Bytes(); err != nil || string(after) != string(once) {
			t.Errorf("editing a clone changed the file:\n%s\n%s", once, after)
		}
	})
}

func (f *File) textOfFirst() string {
	if len(f.Model.Vocab) == 0 {
		return ""
	}
	return f.Model.Vocab[0].Token
}

func readReal(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{testenv.Models(t)}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What Hugging Face wrote comes back: to the byte where the file was compact.
func TestRealFilesAreKept(t *testing.T) {
	for _, path := range []string{"bge-small-en-v1.5", "all-MiniLM-L6-v2", "tokenizers/gpt2", "static-int8-vq"} {
		data := readReal(t, path, "tokenizer.json")
		f, err := ParseFile(data)
		if err != nil {
			t.Fatal(err)
		}
		got := written(t, f)
		if path == "static-int8-vq" && got != string(data) {
			t.Errorf("%s: a compact file is not the same after", path)
		}
		var before, after any
		if err := json.Unmarshal(data, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &after); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s: not the same after", path)
		}
	}
}

// The 276,326-token Unigram file, 10 MB: the target is 1.5 s for reading,
// editing and writing it.
func BenchmarkRealEdit(b *testing.B) {
	data := readReal(b, "static-int8-vq", "tokenizer.json")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ParseFile(data)
		if err != nil {
			b.Fatal(err)
		}
		f.AdoptAddedTokens()
		if err := f.Remove(map[string]bool{"▁the": true, "<pad>": true}); err != nil {
			b.Fatal(err)
		}
		if err := f.Append(Entry{Token: "▁xkcdq", Score: f.Model.MinScore()}); err != nil {
			b.Fatal(err)
		}
		if _, err := f.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestVocabularyKeepsTheLastOfEach: of two equal keys the last counts, as JSON has it.
func TestVocabularyKeepsTheLastOfEach(t *testing.T) {
	check := func(vocab string, want ...Entry) {
		t.Helper()
		f, err := ParseFile([]byte(`{"model":{"type":"WordLevel","vocab":` + vocab + `,"unk_token":"a"}}`))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(f.Model.Vocab, want) {
			t.Errorf("%s: %v, want %v", vocab, f.Model.Vocab, want)
		}
	}
	check(`{"a":0,"b":1}`, Entry{Token: "a"}, Entry{Token: "b", ID: 1})
	check(`{"a":5,"b":1,"a":0}`, Entry{Token: "a"}, Entry{Token: "b", ID: 1})
	check(`{"a":0,"b":1,"b":2,"a":1,"b":7,"a,\"merges\": [":3}`, Entry{Token: "a", ID: 1}, Entry{Token: `a,"merges": [`, ID: 3}, Entry{Token: "b", ID: 7})
}

// TestCountEntries: room is made for what is there, never for more than can be.
func TestCountEntries(t *testing.T) {
	for _, test := range []struct {
		data string
		want int
	}{
		{`{"aa": 0, "bb": 1, "cc": 2}`, 3},
		{`{"aa": 0, "bb": 1}, "merges": ["a a", "b b", "c c"]`, 3},
		{`[["aaaa", -1.25], ["bbbb", -2.5]]`, 3},
		{strings.Repeat(",", 6000), 1200},
		{strings.Repeat("[", 7000), 1000},
		{`{}`, 0},
	} {
		if got := countEntries([]byte(test.data), test.data[0]); got != test.want {
			t.Errorf("%.40q: %d, want %d", test.data, got, test.want)
		}
	}
}
