package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// kinds of tokenizers as they are in use, in small. The vocabularies are poor
// on purpose: most texts meet what is unknown.
var smallFiles = map[string]string{
	"BERT": `{"added_tokens":[` + smallAdded("[SEP]", 2, false) + `],
		"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
		"pre_tokenizer":{"type":"BertPreTokenizer"},
		"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
		"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##a":4,"aa":5,"##aa":6,"b":7,"##b":8,"[":9,"]":10,"日":11,"1":12,"##1":13,"e":14}}}`,
	"distilled": `{"added_tokens":[` + smallAdded("a b", 20, true) + `,` + smallAdded("日  本", 21, true) + `],
		"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
		"pre_tokenizer":{"type":"BertPreTokenizer"},
		"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
		"vocab":{"[UNK]":0,"a":1,"##a":2,"b":3,"[":4,"日":5}}}`,
	"GPT-2": `{"added_tokens":[` + smallAdded("<|end|>", 2, false) + `],
		"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
		"model":{"type":"BPE","vocab":{"a":0,"b":1,"Ġ":2,"aa":3,"Ġa":4,"ab":5,"Ì":6,"ģ":7,"Ìģ":8,"aaaa":9,"[":10,"[[":11},
		"merges":["a a","Ġ a","a b","Ì ģ","aa aa","[ ["]}}`,
	"Llama 3": `{"added_tokens":[],
		"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},
		{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},
		"model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"Ġ":2,"aa":3,"Ġa":4,"ab":5,"aaa":6,"Ġab":7},"merges":[["a","a"],["Ġ","a"],["a","b"]]}}`,
	"Gemma": `{"added_tokens":[` + smallAdded("<eos>", 1, false) + `],
		"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},
		"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
		"vocab":{"<unk>":0,"<eos>":1,"a":2,"b":3,"▁":4,"aa":5,"▁a":6,"▁▁":7,"aaaa":8,"<0x5B>":9},"merges":["a a","▁ a","▁ ▁","aa aa"]}}`,
	"Llama 2": `{"added_tokens":[` + smallAdded("<s>", 1, true) + `],
		"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
		"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":false,
		"vocab":{"<unk>":0,"<s>":1,"a":2,"b":3,"▁":4,"aa":5,"▁a":6,"▁▁":7,"b▁":8},"merges":["a a","▁ a","▁ ▁","b ▁"]}}`,
	"XLM-R": `{"added_tokens":[` + smallAdded("<mask>", 2, true) + `],
		"normalizer":{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"NFKC"}]},
		"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]},
		"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-2],["<mask>",0],["a",-3],["aa",-4.5],["▁a",-3.25],["b",-5],["aaa",-7],["[",-9],["日",-9]]}}`,
	"first": `{"added_tokens":[` + smallAdded("<s>", 9, false) + `],
		"normalizer":{"type":"Strip","strip_left":true,"strip_right":true},
		"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},
		"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["▁",-2],["a",-3],["aa",-4.5],["▁a",-3.25],["b",-5],["<0x5B>",-9]]}}`,
	"words": `{"added_tokens":[` + smallAdded("b", 3, true) + `],
		"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Digits","individual_digits":true}]},
		"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a":1,"b":2,"1":4,"[":5}}}`,
}

// smallAdded is an added token that strips white space on both sides if it is
// normalized, as those of a distilled vocabulary do.
func smallAdded(content string, id int, normalized bool) string {
	flag := map[bool]string{false: "false", true: "true"}[normalized]
	return `{"id":` + string(jsonInt(id)) + `,"content":` + string(jsonString(content)) + `,"single_word":false,"lstrip":` + flag +
		`,"rstrip":` + flag + `,"normalized":` + flag + `,"special":false}`
}

// smallTokenizers compiles smallFiles, and each once more so that it never cuts
// text before it pre-tokenizes it.
func smallTokenizers(t testing.TB) (names []string, cutting, whole []*Tokenizer) {
	for name := range smallFiles {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		file := []byte(smallFiles[name])
		uncut := compile(t, file)
		uncut.cut = cutNowhere
		cutting, whole = append(cutting, compile(t, file)), append(whole, uncut)
	}
	return names, cutting, whole
}

// Whatever the text: no panic, ids in range, the same ids cold and warm, cut
// and uncut.
func FuzzAppendIDs(f *testing.F) {
	names, cutting, whole := smallTokenizers(f)
	for _, text := range []string{
		"", " ", "a", "aab aaa [SEP] b", " a  b\n\na b", "日本 日  本", "a\u0301\u0327 e\u0301", "<s> a<s>", "  <mask>  ▁▁a▁", "\xff\xfe a\x00",
		"a\u3000b\u00a0 c \u2028 d", "'s 't 123456 1 2", strings.Repeat("a", 100), strings.Repeat("ab ", 30), "🙂\u200d🙂", "<|end|>", "a b A B",
	} {
		f.Add(text)
	}
	encoders := make([]*Encoder, len(names))
	for i := range names {
		encoders[i] = cutting[i].NewEncoder()
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, name := range names {
			want := whole[i].NewEncoder().AppendIDs(nil, text)
			for _, id := range want {
				if id < 0 || int(id) >= whole[i].Size() {
					t.Fatalf("%s: text %q: id %d is not in [0, %d)", name, text, id, whole[i].Size())
				}
			}
			for range 2 {
				if got := encoders[i].AppendIDs([]int32{-7}, text)[1:]; !slices.Equal(got, want) {
					t.Fatalf("%s: text %q:\n got %v\nwant %v as without cuts", name, text, got, want)
				}
			}
		}
	})
}

// Whatever the file: an error or a tokenizer that works.
func FuzzNew(f *testing.F) {
	for _, file := range smallFiles {
		f.Add([]byte(file))
	}
	for _, processor := range []string{
		`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"x":{"ids":[1,2]}}}`,
		`{"type":"Sequence","processors":[{"type":"BertProcessing","sep":["s",1],"cls":["c",2]}]}`,
	} {
		f.Add([]byte(`{"added_tokens":[],"post_processor":` + processor + `,"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0}}}`))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		parsed, err := ParseFile(file)
		if err != nil {
			return
		}
		tok, err := New(parsed)
		if err != nil {
			return
		}
		for _, text := range []string{"", "a b", " [SEP] aaab日本é\u0301 <s>  1", strings.Repeat("ab", 50)} {
			for _, id := range tok.AppendIDsWithSpecials(nil, text) {
				if _, ok := tok.Token(id); id < 0 || !ok && int(id) < tok.Size() && len(parsed.PostProcessor) == 0 {
					t.Fatalf("text %q: id %d is no token", text, id)
				}
			}
		}
	})
}

// A megabyte of one thing takes a second at most; with time that grows with the
// square it would be hours.
func TestTimeIsLinear(t *testing.T) {
	testenv.Long(t)
	names, cutting, whole := smallTokenizers(t)
	const size = 1 << 20
	for _, unit := range []string{"a", "\u0301", "[", " ", "▁", "日", "a ", "<s", "1"} {
		text := strings.Repeat(unit, size/len(unit))
		for i, name := range names {
			start := time.Now()
			cutting[i].AppendIDs(nil, text)
			whole[i].AppendIDs(nil, text[:size/len(unit)/4*len(unit)])
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s: a megabyte of %q takes %v", name, unit, took)
			}
		}
	}
}
