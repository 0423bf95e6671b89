package tokenizer

import (
	"strings"
	"testing"
)

const bertLike = `{"padding":{"strategy":{"Fixed":128},"pad_id":0,"pad_token":"[PAD]"},` +
	`"added_tokens":[{"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},` +
	`{"id":3,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},` +
	`{"id":99,"content":"<x>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],` +
	`"post_processor":POST,` +
	`"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[PAD]":0,"[UNK]":2,"[CLS]":3,"a":7,"b":8,"##b":8}}}`

func tokenList(f *File) string {
	var sb strings.Builder
	for _, e := range f.Model.Vocab {
		sb.WriteString(e.Token)
		sb.WriteByte(' ')
	}
	return strings.TrimSpace(sb.String())
}

func setOf(tokens ...string) map[string]bool {
	m := make(map[string]bool)
	for _, t := range tokens {
		m[t] = true
	}
	return m
}

// Removal closes holes, parts tokens that shared an id, and renumbers added
// tokens, padding and every kind of post-processor.
func TestRemoveRenumbersEverywhere(t *testing.T) {
	for _, c := range []struct{ post, want string }{
		{`null`, `null`},
		{`{"type":"BertProcessing","sep":["b",8],"cls":["[CLS]",3]}`, `{"type":"BertProcessing","sep":["b",3],"cls":["[CLS]",2]}`},
		{`{"type":"RobertaProcessing","sep":["b",8],"cls":["[CLS]",3],"trim_offsets":true}`, `{"type":"RobertaProcessing","sep":["b",3],"cls":["[CLS]",2],"trim_offsets":true}`},
		{`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"C","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"C":{"id":"C","ids":[3,8],"tokens":["[CLS]","b"]}}}`,
			`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"C","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"C":{"id":"C","ids":[2,3],"tokens":["[CLS]","b"]}}}`},
		{`{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"BertProcessing","sep":["b",8],"cls":["[CLS]",3]}]}`,
			`{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"BertProcessing","sep":["b",3],"cls":["[CLS]",2]}]}`},
	} {
		f := parse(t, strings.Replace(bertLike, "POST", c.post, 1))
		f.AdoptAddedTokens()
		// <x> is not in the vocabulary of 6: its id is 6, whatever the file says.
		if got, want := tokenList(f), "[PAD] [UNK] [CLS] <x> a b ##b"; got != want {
			t.Fatalf("adopted: %s, want %s", got, want)
		}
		if err := f.Remove(setOf("a")); err != nil {
			t.Fatal(err)
		}
		got := written(t, f)
		for _, part := range []string{
			`"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"<x>":3,"b":4,"##b":5}`,
			`{"id":2,"content":"[CLS]",`, `{"id":3,"content":"<x>",`, `"pad_id":0,"pad_token":"[PAD]"`,
			`"post_processor":` + strings.ReplaceAll(strings.ReplaceAll(c.want, `"b",3`, `"b",4`), `[2,3]`, `[2,4]`),
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%s\nlacks %s", got, part)
			}
		}
	}
}

func TestRemoveRefusesWhatIsNeeded(t *testing.T) {
	f := parse(t, strings.Replace(bertLike, "POST", `{"type":"BertProcessing","sep":["b",8],"cls":["[CLS]",3]}`, 1))
	before := written(t, f)
	for token, want := range map[string]string{
		"[UNK]": `tokenizer: remove tokens: a WordPiece model needs its unknown token "[UNK]"`,
		"[CLS]": `tokenizer: remove tokens: the post-processor adds "[CLS]"`,
	} {
		if err := f.Remove(setOf(token)); err == nil || err.Error() != want {
			t.Errorf("remove %s: %v, want %s", token, err, want)
		}
	}
	if after := written(t, f); after != before {
		t.Errorf("a refused removal changed the file to %s", after)
	}
	if err := f.Remove(setOf("[PAD]")); err != nil || f.Padding != nil {
		t.Errorf("%v, padding %s; want none without its token", err, f.Padding)
	}
}

func TestRemoveDropsMerges(t *testing.T) {
	f := parse(t, `{"model":{"type":"BPE","unk_token":"u","continuing_subword_prefix":"##","vocab":{"a":0,"##b":1,"##c":2,"ab":3,"abc":4,"##bc":5,"u":6},`+
		`"merges":["a ##b","ab ##c","##b ##c","a ##bc"]}}`)
	if err := f.Remove(setOf("ab", "u")); err != nil { // a part of one merge, the result of another
		t.Fatal(err)
	}
	want := `{"model":{"type":"BPE","unk_token":null,"continuing_subword_prefix":"##","vocab":{"a":0,"##b":1,"##c":2,"abc":3,"##bc":4},"merges":["##b ##c","a ##bc"]}}`
	if got := written(t, f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The reference leaves a Unigram model's unk_id as it is when tokens before it
// go: XLM-R's <unk> moved from 3 to 1, and "." became unknown.
func TestRemoveMovesUnkID(t *testing.T) {
	const file = `{"model":{"type":"Unigram","unk_id":3,"vocab":[["<s>",0.0],["<pad>",0.0],["</s>",0.0],["<unk>",0.0],[".",-3.5]]}}`
	f := parse(t, file)
	if err := f.Remove(setOf("<s>", "</s>")); err != nil {
		t.Fatal(err)
	}
	want := `{"model":{"type":"Unigram","unk_id":1,"vocab":[["<pad>",0.0],["<unk>",0.0],[".",-3.5]]}}`
	if got := written(t, f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := f.Remove(setOf("<unk>")); err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Model.Unk(); ok || !strings.Contains(written(t, f), `"unk_id":null`) {
		t.Errorf("without <unk>: %s", written(t, f))
	}
}

func TestAppendAndMark(t *testing.T) {
	f := parse(t, `{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-3.5]]}}`)
	if err := f.Append(Entry{Token: "new york", Score: -9, ID: 77}, Entry{Token: "b", Score: -1}); err != nil {
		t.Fatal(err)
	}
	if err := f.Mark(AddedToken{Content: "new york", LStrip: true}); err != nil {
		t.Fatal(err)
	}
	if err := f.MarkSpecial("<unk>", "new york"); err != nil {
		t.Fatal(err)
	}
	f.SortAddedTokens()
	want := `{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-3.5],["new york",-9.0],["b",-1.0]]},"added_tokens":[` +
		`{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},` +
		`{"id":2,"content":"new york","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}]}`
	if got := written(t, f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{f.Append(Entry{Token: "a"}), `tokenizer: append token: "a" is already in the vocabulary`},
		{f.Append(Entry{Token: "z"}, Entry{Token: "z"}), `tokenizer: append token: "z" comes twice`},
		{f.Mark(AddedToken{Content: "z"}), `tokenizer: mark added token: "z" is not in the vocabulary`},
		{f.SetPad("z"), `tokenizer: set padding: "z" is not in the vocabulary`},
		{f.Model.SetUnk("z"), `tokenizer: set unknown token: "z" is not in the vocabulary`},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("error %v, want %s", c.err, c.want)
		}
	}
}

func TestSections(t *testing.T) {
	f := parse(t, `{"truncation":{"stride":3,"max_length":128,"extra":[ 1.0 ]},"padding":{"pad_token":"<pad>"},"model":{"type":"WordLevel","unk_token":"b","vocab":{"a\"":4,"b":9}}}`)
	if pad, ok := f.Pad(); !ok || pad != "<pad>" {
		t.Errorf("padding names %q, %v", pad, ok)
	}
	if err := f.SetTruncation(512); err != nil || string(f.Truncation) != `{"stride":3,"max_length":512,"extra":[1.0]}` {
		t.Errorf("truncation %s, %v", f.Truncation, err)
	}
	if err := f.SetPad(`a"`); err != nil ||
		string(f.Padding) != `{"strategy":{"Fixed":0},"direction":"Right","pad_to_multiple_of":null,"pad_id":4,"pad_type_id":0,"pad_token":"a\""}` {
		t.Errorf("padding %s, %v", f.Padding, err)
	}
	if err := f.SetPad(""); err != nil || f.Padding != nil {
		t.Errorf("padding %s, %v; want none", f.Padding, err)
	}
	f.Truncation = nil
	if err := f.SetTruncation(512); err != nil || string(f.Truncation) != `{"direction":"Right","max_length":512,"strategy":"LongestFirst","stride":0}` {
		t.Errorf("truncation %s, %v", f.Truncation, err)
	}
	f.Truncation = []byte(`[]`)
	if err := f.SetTruncation(512); err == nil || !strings.Contains(err.Error(), "truncation (1:2)") {
		t.Errorf("error %v, want one that names truncation (1:2)", err)
	}
}

func TestAddPrefixSpace(t *testing.T) {
	check := func(in, want string, wantFound bool) {
		t.Helper()
		f := &File{PreTokenizer: []byte(in)}
		if in == "" {
			f.PreTokenizer = nil
		}
		if found, err := f.AddPrefixSpace(); err != nil || found != wantFound || string(f.PreTokenizer) != want {
			t.Errorf("%s: %s, %v, %v; want %s", in, f.PreTokenizer, found, err, want)
		}
	}
	check("", "", false)
	check(`{"type":"BertPreTokenizer"}`, `{"type":"BertPreTokenizer"}`, false)
	check(`{"type":"Metaspace","prepend_scheme":"never"}`, `{"type":"Metaspace","prepend_scheme":"never"}`, false)
	check(`{"type":"ByteLevel", "add_prefix_space":false,"use_regex":true}`, `{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}`, true)
	check(`{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\u0020"}},{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"}]}]}`,
		`{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\u0020"}},{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":true}]}]}`, true)
	if _, err := (&File{PreTokenizer: []byte(`{`)}).AddPrefixSpace(); err == nil {
		t.Error("a pre-tokenizer that is not JSON is edited")
	}
}
