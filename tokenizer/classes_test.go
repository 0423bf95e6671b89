package tokenizer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// classFile is a tokenizer.json with components and a vocabulary of its own.
func classFile(t *testing.T, normalizer, preTokenizer, postProcessor, model string) *File {
	t.Helper()
	f, err := ParseFile([]byte(`{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":` + normalizer + `,"pre_tokenizer":` + preTokenizer +
		`,"post_processor":` + postProcessor + `,"decoder":null,"model":` + model + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	bertWords = `{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"a":1,"A":2,"é":3,"e":4,"中国":5,"中":6}}`
	cased     = `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":false}`
	bertCuts  = `{"type":"BertPreTokenizer"}`
)

// tokenizer_config.json decides for BERT's classes, whatever tokenizer.json says.
func TestApplyConfigBert(t *testing.T) {
	for _, tc := range []struct{ config, model, want string }{
		{``, ``, "A é 中 [UNK]"}, // no file, no class: as it is
		{`{"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true}`, ``, "A é 中 [UNK]"},
		{`{"tokenizer_class": "BertTokenizer", "do_lower_case": false}`, ``, "A é 中 [UNK]"},
		{`{"tokenizer_class": "BertTokenizerFast"}`, ``, "a e 中 [UNK]"},
		{`{"tokenizer_class": "BertTokenizer", "strip_accents": false, "tokenize_chinese_chars": false}`, `{"model_type": "bert"}`, "a é 中国"},
		{`{"tokenizer_class": "BertTokenizer", "do_lower_case": null, "strip_accents": null}`, ``, "a e 中 [UNK]"},
		{`{"do_lower_case": true}`, `{"model_type": "bert"}`, "a e 中 [UNK]"},
		{`{"do_lower_case": true}`, `{"model_type": "modernbert"}`, "A é 中 [UNK]"},
		{`{"tokenizer_class": "BertTokenizer"}`, `{"model_type": "roberta"}`, "A é 中 [UNK]"}, // the family's class is another one
		{``, `{"model_type": "distilbert"}`, "a e 中 [UNK]"},
	} {
		f := classFile(t, cased, bertCuts, "null", bertWords)
		var config, model []byte
		if tc.config != "" {
			config = []byte(tc.config)
		}
		if tc.model != "" {
			model = []byte(tc.model)
		}
		if err := f.ApplyConfig(config, model); err != nil {
			t.Fatal(err)
		}
		tok, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		var tokens []string
		for _, id := range tok.AppendIDs(nil, "A é 中国") {
			token, _ := tok.Token(id)
			tokens = append(tokens, token)
		}
		if got := strings.Join(tokens, " "); got != tc.want {
			t.Errorf("%s, %s: got %s, want %s", tc.config, tc.model, got, tc.want)
		}
	}
}

// What a class would write keeps the spelling that says the same.
func TestApplyConfigKeepsSpelling(t *testing.T) {
	for name, f := range map[string]*File{
		"BertTokenizer": classFile(t, strings.Replace(cased, `"lowercase":false`, `"lowercase":true`, 1), bertCuts, "null", bertWords),
		"XLMRobertaTokenizer": classFile(t, `null`, `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true}]}`,
			`{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":false}`,
			`{"type":"Unigram","unk_id":3,"vocab":[["<s>",0],["<pad>",0],["</s>",0],["<unk>",0],["▁a",-1]]}`),
		"GPT2Tokenizer": classFile(t, `null`, `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false}`, `null`, `{"type":"BPE","vocab":{"a":0},"merges":[]}`),
	} {
		before, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.ApplyConfig([]byte(`{"tokenizer_class": "`+name+`", "bos_token": null, "eos_token": null, "unk_token": null, "pad_token": null, "sep_token": null, "cls_token": null}`), nil); err != nil {
			t.Fatal(err)
		}
		if after, err := f.Bytes(); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: got %s, %v; want %s", name, after, err, before)
		}
	}
}

// Special tokens that tokenizer_config.json or the class names are cut out of texts, those
// that the vocabulary has.
func TestApplyConfigSpecialTokens(t *testing.T) {
	for config, want := range map[string]string{
		`{"tokenizer_class": "BertTokenizer"}`:                                                           "[UNK]",
		`{"tokenizer_class": "BertTokenizer", "unk_token": null}`:                                        "",
		`{"tokenizer_class": "PreTrainedTokenizerFast"}`:                                                 "",
		`{"tokenizer_class": "PreTrainedTokenizerFast", "sep_token": "a", "mask_token": "z"}`:            "a",
		`{"mask_token": {"content": "A", "lstrip": true}, "additional_special_tokens": ["e", "A", "x"]}`: "A+lstrip e",
	} {
		f := classFile(t, cased, bertCuts, "null", bertWords)
		if err := f.ApplyConfig([]byte(config), nil); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range f.AddedTokens {
			if !a.Special {
				t.Errorf("%s: %q is not special", config, a.Content)
			}
			got = append(got, a.Content+map[bool]string{true: "+lstrip"}[a.LStrip])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got added tokens %q, want %q", config, got, want)
		}
	}
}

// RoBERTa's class puts a space before a text, and its own special tokens around it.
func TestApplyConfigRoberta(t *testing.T) {
	f := classFile(t, `{"type":"Lowercase"}`, `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`, `null`,
		`{"type":"BPE","vocab":{"<s>":0,"</s>":1,"Ġ":2,"A":3,"ĠA":4},"merges":["Ġ A"]}`)
	if err := f.ApplyConfig([]byte(`{"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true, "sep_token": {"content": "</s>"}}`), nil); err != nil {
		t.Fatal(err)
	}
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.AppendIDsWithSpecials(nil, "A"); len(got) != 3 || got[0] != 0 || got[1] != 4 || got[2] != 1 {
		t.Errorf("got %v, want <s> ĠA </s>", got)
	}
	err = f.ApplyConfig([]byte(`{"tokenizer_class": "RobertaTokenizer", "cls_token": "<none>"}`), nil)
	if err == nil || !strings.Contains(err.Error(), `special token "<none>" is not in tokenizer.json`) {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{`{`, `[]`, `{"do_lower_case": "yes"}`, `{"unk_token": 3}`} {
		if err := f.ApplyConfig([]byte(bad), nil); err == nil || !strings.HasPrefix(err.Error(), "tokenizer: read tokenizer_config.json: ") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

// Lower case comes first, once.
func TestLowerCaseFirst(t *testing.T) {
	for normalizer, want := range map[string]string{
		`null`:                 `{"type":"Sequence","normalizers":[{"type":"Lowercase"}]}`,
		`{"type":"NFC"}`:       `{"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"NFC"}]}`,
		`{"type":"Lowercase"}`: `{"type":"Lowercase"}`,
		`{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFD"}]}`:       `{"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"NFC"},{"type":"NFD"}]}`,
		`{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}`: `{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}`,
	} {
		f := classFile(t, normalizer, bertCuts, "null", bertWords)
		if err := f.LowerCaseFirst(); err != nil || string(f.Normalizer) != want {
			t.Errorf("%s: got %s, %v; want %s", normalizer, f.Normalizer, err, want)
		}
	}
}

func TestTruncationSide(t *testing.T) {
	for truncation, want := range map[string]string{`null`: "", `{"direction":"Left","max_length":5,"strategy":"LongestFirst","stride":0}`: "left", `{"direction":"Right"}`: "right"} {
		f := classFile(t, cased, bertCuts, "null", bertWords)
		f.Truncation = nil
		if truncation != "null" {
			f.Truncation = []byte(truncation)
		}
		tok, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.TruncationSide(); got != want || !tok.IsSpecial(0) || tok.IsSpecial(1) {
			t.Errorf("%s: got %q, %v, %v; want %q, true, false", truncation, got, tok.IsSpecial(0), tok.IsSpecial(1), want)
		}
	}
}

func TestParseFileNamesAPointer(t *testing.T) {
	_, err := ParseFile([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"))
	if err == nil || !strings.Contains(err.Error(), "a Git LFS pointer, not the file itself") {
		t.Errorf("got %v", err)
	}
}

func TestReadConfigured(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(normalizer, want string) {
		t.Helper()
		f, err := ReadConfigured(filepath.Join(dir, "tokenizer.json"))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
			return
		}
		if err != nil || string(f.Normalizer) != normalizer {
			t.Errorf("got %v, want normalizer %s", err, normalizer)
		}
	}
	check("", "tokenizer.json")
	write("tokenizer.json", "{")
	check("", "tokenizer.json: parse tokenizer.json")
	data, err := classFile(t, cased, bertCuts, "null", bertWords).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	write("tokenizer.json", string(data))
	check(cased, "")
	write("config.json", `{"model_type": "bert"}`)
	check(strings.Replace(cased, `"lowercase":false`, `"lowercase":true`, 1), "")
	write("tokenizer_config.json", `{"do_lower_case": false}`)
	check(cased, "")
	write("tokenizer_config.json", "[")
	check("", "read tokenizer_config.json")
}
