package vocab

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/tokenizer"
)

func added(id, content string) string {
	return `{"id":` + id + `,"content":"` + content + `","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}`
}

func parseFile(t testing.TB, text string) *tokenizer.File {
	t.Helper()
	f, err := tokenizer.ParseFile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Files as they are found: PAD and UNK in odd places, or in none.
func TestSpecialTokens(t *testing.T) {
	for _, c := range []struct {
		name, file string
		special    Special
		tokens     string
		pad, unk   int
		ids        [][]int
		warning    string // part of the only one, or none
	}{
		{
			name:   "an UNK that is PAD",
			file:   `{"padding":{"pad_token":"<unk>","pad_id":0},"model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"a":1},"merges":[]}}`,
			tokens: "<unk> a", pad: 0, unk: 0, ids: [][]int{{0}, {1}},
		},
		{
			name:   "neither UNK nor PAD",
			file:   `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}}`,
			tokens: "a b", pad: -1, unk: -1, ids: [][]int{{0}, {1}},
		},
		{
			name:   "UNK named and missing, BPE",
			file:   `{"model":{"type":"BPE","unk_token":"<unk>","vocab":{"a":0,"b":1},"merges":[]}}`,
			tokens: "a b", pad: -1, unk: -1, ids: [][]int{{0}, {1}},
			warning: `the model's unknown token "<unk>" is not in its vocabulary`,
		},
		{
			name: "UNK named and missing, WordPiece: it gets a row, run as the frame",
			file: `{"added_tokens":[` + added("5", "[CLS]") + `],"post_processor":{"type":"BertProcessing","cls":["[CLS]",5],"sep":["[CLS]",5]},` +
				`"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[CLS]":5,"a":6}}}`,
			tokens: "a [UNK]", pad: -1, unk: 1, ids: [][]int{{5, 6, 5}, {5, 5}},
			warning: `the unknown token "[UNK]" gets a row of its own`,
		},
		{
			name:   "PAD by its name",
			file:   `{"added_tokens":[` + added("1", "[PAD]") + `],"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"[PAD]":1,"a":2}}}`,
			tokens: "u [PAD] a", pad: 1, unk: 0, ids: [][]int{{0}, {1}, {2}},
			warning: `no file names the padding token; "[PAD]" is taken for it by its name`,
		},
		{
			name:    "PAD and UNK by the configuration, over what tokenizer.json says",
			file:    `{"padding":{"pad_token":"x","pad_id":1},"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"x":1,"a":2,"b":3}}}`,
			special: Special{Pad: "a", Unk: "b"},
			tokens:  "u x a b", pad: 2, unk: 3, ids: [][]int{{0}, {1}, {2}, {3}},
			warning: `the unknown token is "b", as the teacher's configuration says; its tokenizer.json says "u"`,
		},
		{
			name:    "a configuration that names what is not there",
			file:    `{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0}}}`,
			special: Special{Pad: "[PAD]"},
			tokens:  "u", pad: -1, unk: 0, ids: [][]int{{0}},
			warning: `the configuration's padding token "[PAD]" is not in the vocabulary`,
		},
		{
			name:   "a stale unk_id",
			file:   `{"model":{"type":"Unigram","unk_id":2,"vocab":[["<pad>",0.0],["<unk>",0.0],[".",-1.0]]},"padding":{"pad_token":"<pad>"}}`,
			tokens: "<pad> <unk> .", pad: 0, unk: 2, ids: [][]int{{0}, {1}, {2}},
			warning: `unk_id says that "." is the unknown token, and the vocabulary has "<unk>": the file's unk_id looks stale`,
		},
		{
			name:   "ids with holes, one id twice, an added token in the vocabulary under another id",
			file:   `{"added_tokens":[` + added("9", "<s>") + `],"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":3,"<s>":5,"a":40,"b":40,"c":7}}}`,
			tokens: "u c a b", pad: -1, unk: 0, ids: [][]int{{3}, {7}, {40}, {40}},
		},
		{
			name: "PAD in the added tokens only: its id is the next, whatever the file says",
			file: `{"added_tokens":[` + added("7", "<s>") + `,` + added("9", "<pad>") + `],"padding":{"pad_token":"<pad>","pad_id":9},` +
				`"model":{"type":"BPE","unk_token":null,"vocab":{"a":0,"b":1},"merges":[]}}`,
			tokens: "a b <pad>", pad: 2, unk: -1, ids: [][]int{{0}, {1}, {3}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := mustBuild(t, parseFile(t, c.file), Options{Special: c.special})
			if got := strings.Join(v.Tokens, " "); got != c.tokens {
				t.Errorf("tokens %s, want %s", got, c.tokens)
			}
			if v.PadID != c.pad || v.UnkID != c.unk {
				t.Errorf("PAD %d, UNK %d; want %d, %d", v.PadID, v.UnkID, c.pad, c.unk)
			}
			if !slices.EqualFunc(v.IDs, c.ids, slices.Equal) {
				t.Errorf("ids %v, want %v", v.IDs, c.ids)
			}
			if c.warning == "" && len(v.Warnings) > 0 || c.warning != "" && !strings.Contains(strings.Join(v.Warnings, "\n"), c.warning) {
				t.Errorf("warnings %q, want %q", v.Warnings, c.warning)
			}
			if pad, ok := v.File.Pad(); ok != (c.pad >= 0) || ok && pad != v.Tokens[c.pad] {
				t.Errorf("the file's padding names %q, %v", pad, ok)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	g := loadGolden(t, "wordpiece")
	for _, c := range []struct {
		frame SpecialTokens
		want  []int
	}{
		{"", []int{6, 5, 7}},
		{BOSEOS, []int{6, 5, 7}},
		{EOSBOS, []int{7, 5, 6}},
		{NoSpecialTokens, []int{5}},
	} {
		v := mustBuild(t, g.file(t), Options{SpecialTokens: c.frame})
		row := slices.Index(v.Tokens, "[UNK]")
		if !slices.Equal(v.IDs[row], c.want) {
			t.Errorf("frame %q: [UNK] is run as %v, want %v", c.frame, v.IDs[row], c.want)
		}
		if n := len(v.SpecialTokens.BOS) + len(v.SpecialTokens.EOS); n != len(c.want)-1 {
			t.Errorf("frame %q: %v and %v around", c.frame, v.SpecialTokens.BOS, v.SpecialTokens.EOS)
		}
	}
	// Without a post-processor the configuration's tokens serve the 2024 recipe.
	f := parseFile(t, `{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"<s>":1,"</s>":2}}}`)
	v := mustBuild(t, f, Options{SpecialTokens: EOSBOS, Special: Special{BOS: "<s>", EOS: "</s>"}})
	if want := []int{2, 0, 1}; !slices.Equal(v.IDs[0], want) {
		t.Errorf("u is run as %v, want %v", v.IDs[0], want)
	}
}

func TestKeepAdded(t *testing.T) {
	v := mustBuild(t, loadGolden(t, "wordpiece").file(t), paperOptions)
	if want := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}; !slices.Equal(v.Tokens[:5], want) {
		t.Errorf("first rows %q, want %q", v.Tokens[:5], want)
	}
}

func TestPatternMayTakePadNotUnk(t *testing.T) {
	v := mustBuild(t, loadGolden(t, "unigram").file(t), Options{RemovePattern: "<", Special: Special{Pad: "<pad>"}})
	if v.Tokens[0] != "<unk>" || v.UnkID != 0 || v.PadID != -1 || v.File.Padding != nil {
		t.Errorf("first token %q, UNK %d, PAD %d, padding %s", v.Tokens[0], v.UnkID, v.PadID, v.File.Padding)
	}
}

func TestBuildErrors(t *testing.T) {
	bpe := `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}}`
	for _, c := range []struct {
		file string
		o    Options
		want string
	}{
		{bpe, Options{RemovePattern: "("}, `vocab: pattern "(": missing ), unterminated subpattern at position 1`},
		{bpe, Options{RemovePattern: `\p{L}`}, `vocab: pattern "\\p{L}": bad escape \p at position 2`},
		{bpe, Options{RemovePattern: ".*"}, `vocab: pattern ".*" leaves no token`},
		{bpe, Options{Only: true}, `vocab: no token is left`},
		{bpe, Options{SpecialTokens: "cls"}, `vocab: special tokens "cls" are not one of bos-eos, eos-bos, none`},
		{`{"model":{"type":"BPE","vocab":{},"merges":[]}}`, Options{}, `vocab: the vocabulary is empty`},
		{`{"truncation":3,"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`, Options{}, `vocab: tokenizer: set truncation: truncation (1:2): not an object`},
	} {
		if _, err := Build(parseFile(t, c.file), c.o); err == nil || err.Error() != c.want {
			t.Errorf("%+v: error %v, want %s", c.o, err, c.want)
		}
	}
	// What the tokenizer does not implement is refused by its name.
	f := parseFile(t, `{"normalizer":{"type":"Rot13"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`)
	if _, err := Build(f, Options{}); err == nil || !strings.Contains(err.Error(), "Rot13") {
		t.Errorf("error %v, want one that names Rot13", err)
	}
	// A pattern that leaves nothing but words is fine.
	v := mustBuild(t, parseFile(t, bpe), Options{RemovePattern: "[ab]$", Words: []string{"ab"}})
	if !slices.Equal(v.Tokens, []string{"ab", "a", "b"}) {
		t.Errorf("tokens %q", v.Tokens)
	}
}

func TestParseSpecial(t *testing.T) {
	got, err := ParseSpecial(
		[]byte(`{"pad_token":{"__type":"AddedToken","content":"<pad>","special":true},"unk_token":null,"bos_token":"<s>","model_max_length":1e30}`),
		[]byte(`{"pad_token":"[PAD]","unk_token":{"content":"<unk>"}}`))
	if want := (Special{Pad: "<pad>", Unk: "<unk>", BOS: "<s>"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for config, want := range map[string]Special{
		`{"unk_token": null}`:                                                {Pad: "<pad>", Unk: "<unk>"},
		`{"unk_token": null, "added_tokens_decoder": {}}`:                    {Pad: "<pad>", NoUnk: true},
		`{"unk_token": null, "pad_token": null, "added_tokens_decoder": {}}`: {NoPad: true, NoUnk: true},
	} {
		if got, err := ParseSpecial([]byte(config), []byte(`{"unk_token": "<unk>", "pad_token": "<pad>"}`)); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", config, got, err, want)
		}
	}
	if got, err := ParseSpecial([]byte(`{"unk_token": null}`), nil); err != nil || got != (Special{NoUnk: true}) {
		t.Errorf("%+v, %v; want no unknown token", got, err)
	}
	if got, err := ParseSpecial(nil, nil); err != nil || got != (Special{}) {
		t.Errorf("%+v, %v without files", got, err)
	}
	for _, bad := range []string{`{`, `[]`, `{"pad_token":3}`, `{"pad_token":["x"]}`, ``} {
		if _, err := ParseSpecial(nil, []byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "vocab: read special_tokens_map.json: ") {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

// Llama 3's shape: special tokens only among the added tokens, a Sequence of
// post-processors, pieces that are tokens taken whole.
func TestSequencePostProcessor(t *testing.T) {
	f := parseFile(t, `{"added_tokens":[`+added("128000", "<|begin|>")+`,`+added("128001", "<|end|>")+`],`+
		`"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},`+
		`"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},`+
		`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],`+
		`"special_tokens":{"<|begin|>":{"id":"<|begin|>","ids":[3],"tokens":["<|begin|>"]}}}]},`+
		`"model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"Ġ":1,"Ġa":2},"merges":["Ġ a"]}}`)
	v := mustBuild(t, f, Options{Words: []string{"b"}, Special: Special{Pad: "<|end|>"}})
	if want := []string{"a", "Ġ", "Ġa", "<|end|>", "Ġb"}; !slices.Equal(v.Tokens, want) {
		t.Errorf("tokens %q, want %q", v.Tokens, want)
	}
	// " b" is Ġ and a byte that the vocabulary lacks.
	if want := [][]int{{3, 0}, {3, 1}, {3, 2}, {3, 4}, {3, 1}}; !slices.EqualFunc(v.IDs, want, slices.Equal) {
		t.Errorf("ids %v, want %v", v.IDs, want)
	}
	if v.TeacherPadID != 4 || v.PadID != 3 {
		t.Errorf("PAD is row %d and the teacher's %d, want 3 and 4", v.PadID, v.TeacherPadID)
	}
}

// paperOptions are those of the 2024 recipe, ablate.Recipes' "paper".
var paperOptions = Options{RemovePattern: `\[unused`, KeepAdded: true, SpecialTokens: EOSBOS}

// "<unk>" is an ordinary token of Qwen3's byte-level vocabulary, and its
// tokenizer_config.json says null: it was taken for the unknown token by its name, and
// its row was lost.
func TestNullIsNoUnknownToken(t *testing.T) {
	f := parseFile(t, `{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
		"model":{"type":"BPE","unk_token":null,"vocab":{"a":0,"<unk>":1,"<pad>":2},"merges":[]}}`)
	v := mustBuild(t, f, Options{Special: Special{NoPad: true, NoUnk: true}})
	if unk, ok := v.File.Model.Unk(); v.UnkID != -1 || v.PadID != -1 || len(v.Warnings) > 0 || len(v.File.AddedTokens) > 0 || ok {
		t.Errorf("UNK %d, PAD %d, warnings %q, added tokens %v, unk_token %q", v.UnkID, v.PadID, v.Warnings, v.File.AddedTokens, unk)
	}
	if v := mustBuild(t, f, Options{}); v.UnkID != 1 {
		t.Errorf("UNK %d where no file says anything, want 1", v.UnkID)
	}
}

func TestRealCaseUnkNull(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile(testenv.Shared(t, "cases", "unk-null-in-config", "teacher", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	special, err := ParseSpecial(read("tokenizer_config.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := mustBuild(t, parseFile(t, string(read("tokenizer.json"))), Options{Special: special})
	row := slices.Index(v.Tokens, "<unk>")
	if unk, ok := v.File.Model.Unk(); row < 0 || v.UnkID != -1 || ok {
		t.Errorf("<unk> has row %d, the unknown token is row %d, unk_token %q; want a row of its own and none", row, v.UnkID, unk)
	}
	for _, token := range v.File.AddedTokens {
		if token.Content == "<unk>" {
			t.Errorf("<unk> is an added token: %+v", token)
		}
	}
}
