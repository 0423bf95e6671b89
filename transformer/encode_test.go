package transformer

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// words is a tokenizer of the tests' 8 ids: [CLS] a … e [SEP], by white space.
func words(t *testing.T, framed bool) *tokenizer.Tokenizer {
	t.Helper()
	post := "null"
	if framed {
		post = `{"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}`
	}
	f, err := tokenizer.ParseFile([]byte(`{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
		"pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": ` + post + `, "decoder": null,
		"model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab":
			{"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "c": 5, "d": 6, "e": 7}}}`))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func encode(t *testing.T, e *Encoder, texts ...string) *matrix.Matrix {
	t.Helper()
	m := matrix.New(len(texts), e.Width())
	if err := e.Encode(t.Context(), texts, m, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

func newEncoder(t *testing.T, dir string, o Options, eo EncodeOptions, framed bool) *Encoder {
	t.Helper()
	e, err := open(t, dir, o).NewEncoder(words(t, framed), eo)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEncodeCutsAndFrames(t *testing.T) {
	dir := save(t, teacher(), map[string]string{"sentence_bert_config.json": `{"max_seq_length": 5}`})
	check := func(eo EncodeOptions, text string, ids ...int) {
		t.Helper()
		got := encode(t, newEncoder(t, dir, Options{}, eo, true), "e e e", text) // beside a longer one
		for j := range width {
			if w := want(Mean, ids, j); got.Row(1)[j] != w {
				t.Errorf("%+v %q: got %v in column %d, want %v", eo, text, got.Row(1)[j], j, w)
			}
		}
	}
	check(EncodeOptions{}, "a b", 1, 3, 4, 2)
	check(EncodeOptions{}, "  a\tzzz \n", 1, 3, 0, 2)
	check(EncodeOptions{}, "a b c d e", 1, 3, 4, 5, 2) // cut at 5, [SEP] kept
	check(EncodeOptions{MaxLength: 3}, "a b c d e", 1, 3, 2)
	check(EncodeOptions{MaxLength: 9}, "a b c d e", 1, 3, 4, 5, 6, 7, 2)
	check(EncodeOptions{}, "", 1, 2)
	check(EncodeOptions{WithoutSpecialTokens: true}, "b c", 4, 5)
	check(EncodeOptions{WithoutSpecialTokens: true}, "", 1, 2) // nothing but the frame is left
}

func TestEncodeLimits(t *testing.T) {
	for _, tc := range []struct {
		config, bert string
		ask, want    int
	}{
		{`{}`, `{}`, 0, 512},
		{`{"max_position_embeddings": 64}`, `{}`, 0, 64},
		{`{"max_position_embeddings": 64}`, `{"max_seq_length": 16}`, 0, 16},
		{`{"max_position_embeddings": 64}`, `{"max_seq_length": 256}`, 0, 64},
		{`{"max_position_embeddings": 64}`, `{"max_seq_length": 16}`, 32, 32},
		{`{"max_position_embeddings": 64}`, `{}`, 1000, 64},
	} {
		dir := save(t, teacher(), map[string]string{"config.json": tc.config, "sentence_bert_config.json": tc.bert})
		if got := newEncoder(t, dir, Options{}, EncodeOptions{MaxLength: tc.ask}, true).MaxLength(); got != tc.want {
			t.Errorf("%s %s, asked for %d: got %d, want %d", tc.config, tc.bert, tc.ask, got, tc.want)
		}
	}
}

func TestEncodeWithoutTokens(t *testing.T) {
	e := newEncoder(t, save(t, teacher(), nil), Options{}, EncodeOptions{}, false)
	got := encode(t, e, "", "a", "   ")
	if zero := make([]float32, width); !slices.Equal(got.Row(0), zero) || !slices.Equal(got.Row(2), zero) {
		t.Errorf("texts without tokens: got %v, %v, want zeros", got.Row(0), got.Row(2))
	}
	if got.Row(1)[1] != value(3, 1) {
		t.Errorf("got %v, want %v", got.Row(1)[1], value(3, 1))
	}
}

// More texts than a chunk, so that chunks meet.
func TestEncodeChunks(t *testing.T) {
	e := newEncoder(t, save(t, teacher(), nil), Options{Threads: 3}, EncodeOptions{}, true)
	texts := make([]string, chunk+10)
	for i := range texts {
		texts[i] = strings.Repeat(string(rune('a'+i%5))+" ", 1+i%7)
	}
	got := matrix.New(len(texts), width)
	told := 0
	if err := e.Encode(t.Context(), texts, got, func(done int) { told = done }); err != nil {
		t.Fatal(err)
	}
	for i := range texts {
		ids := append(slices.Repeat([]int{3 + i%5}, 1+i%7), 1, 2)
		if d := float64(got.Row(i)[3] - want(Mean, ids, 3)); math.Abs(d) > 1e-6 {
			t.Fatalf("text %d: off by %v", i, d)
		}
	}
	if told != len(texts) {
		t.Errorf("progress ended at %d of %d", told, len(texts))
	}
}

// safetensorsOf writes one float32 matrix and a bias.
func safetensorsOf(out, in int, weight, bias []float32) string {
	header := fmt.Sprintf(`{"linear.weight":{"dtype":"F32","shape":[%d,%d],"data_offsets":[0,%d]},"linear.bias":{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}}`,
		out, in, 4*len(weight), len(bias), 4*len(weight), 4*(len(weight)+len(bias)))
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + string(onnx.Floats(append(weight, bias...)...))
}

const denseModules = `[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
	{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}, {"path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}]`

// As LaBSE: pooling, a Dense with tanh, and length 1.
func TestEncodeModules(t *testing.T) {
	weight := []float32{0.1, 0, 0, 0, 0, -0.2, 0, 0, 0, 0, 0, 0.3}
	bias := []float32{0, 0.5, -0.25}
	dir := save(t, teacher(), map[string]string{
		"modules.json":              denseModules,
		"1_Pooling/config.json":     `{"word_embedding_dimension": 4, "pooling_mode_cls_token": true}`,
		"2_Dense/config.json":       `{"in_features": 4, "out_features": 3, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh"}`,
		"2_Dense/model.safetensors": safetensorsOf(3, width, weight, bias),
	})
	e := newEncoder(t, dir, Options{Pooling: First}, EncodeOptions{}, true)
	if e.Width() != 3 {
		t.Fatalf("got width %d, want 3", e.Width())
	}
	y := []float64{math.Tanh(0.1 * float64(value(1, 0))), math.Tanh(-0.2*float64(value(1, 1)) + 0.5), math.Tanh(0.3*float64(value(1, 3)) - 0.25)}
	length := math.Sqrt(y[0]*y[0] + y[1]*y[1] + y[2]*y[2])
	raw := newEncoder(t, dir, Options{Pooling: First}, EncodeOptions{NoNormalize: true}, true)
	for j, got := range encode(t, e, "a").Row(0) {
		if math.Abs(float64(got)-y[j]/length) > 1e-7 {
			t.Errorf("column %d: got %v, want %v", j, got, y[j]/length)
		}
		if got := encode(t, raw, "a").Row(0)[j]; math.Abs(float64(got)-y[j]) > 1e-7 {
			t.Errorf("column %d, not normalised: got %v, want %v", j, got, y[j])
		}
	}
}

func TestEncoderRefuses(t *testing.T) {
	config := `{"in_features": 4, "out_features": 3, "activation_function": "torch.nn.modules.linear.Identity"}`
	good := safetensorsOf(3, width, make([]float32, 12), make([]float32, 3))
	check := func(change map[string]string, eo EncodeOptions, o Options, want string) {
		t.Helper()
		files := map[string]string{"modules.json": denseModules, "1_Pooling/config.json": `{"pooling_mode": "mean"}`, "2_Dense/config.json": config, "2_Dense/model.safetensors": good}
		for name, content := range change {
			if files[name] = content; content == "" {
				delete(files, name)
			}
		}
		_, err := open(t, save(t, teacher(), files), o).NewEncoder(words(t, true), eo)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	refuse := func(name, content, want string) {
		t.Helper()
		check(map[string]string{name: content}, EncodeOptions{}, Options{}, want)
	}
	modules := func(kinds ...string) string {
		list := []string{`{"path": "", "type": "sentence_transformers.models.Transformer"}`}
		for _, kind := range kinds {
			path := map[string]string{"Pooling": "1_Pooling", "Dense": "2_Dense"}[kind[strings.LastIndexByte(kind, '.')+1:]]
			list = append(list, fmt.Sprintf(`{"path": %q, "type": %q}`, path, kind))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	st := func(kind string) string { return "sentence_transformers.models." + kind }

	refuse("2_Dense/model.safetensors", "", "2_Dense/model.safetensors is not in the folder")
	refuse("2_Dense/model.safetensors", good[:40], "2_Dense")
	refuse("2_Dense/model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "2_Dense/model.safetensors is a Git LFS pointer")
	refuse("2_Dense/model.safetensors", safetensorsOf(3, 5, make([]float32, 15), make([]float32, 3)), "linear.weight has the shape [3 5], not [3 4]")
	for _, name := range []string{"2_Dense/config.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json"} {
		refuse(name, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", name+": a Git LFS pointer, not the file itself")
	}
	refuse("2_Dense/config.json", "", "2_Dense/config.json is not in the folder")
	refuse("2_Dense/config.json", "{", "2_Dense/config.json")
	refuse("2_Dense/config.json", strings.Replace(config, "4", "5", 1), "in_features is 5, and 4 values come in")
	refuse("2_Dense/config.json", strings.Replace(config, "3", "-3", 1), "out_features is -3")
	refuse("2_Dense/config.json", strings.Replace(config, "Identity", "MultiheadAttention", 1), "activation torch.nn.modules.linear.MultiheadAttention is not known")
	refuse("2_Dense/config.json", strings.Replace(config, "torch.nn.modules.linear.Identity", "torch.nn.functional.gelu", 1), "torch.nn.functional.gelu is not known")
	refuse("2_Dense/config.json", strings.Replace(config, `"torch.nn.modules.linear.Identity"`, "null", 1), "activation_function null is not the name of a class")
	refuse("2_Dense/config.json", strings.Replace(config, "{", `{"bias": false, `, 1), "tensors that the module does not use: linear.bias")
	refuse("2_Dense/config.json", strings.Replace(config, "{", `{"use_residual": true, `, 1), "no tensor residual.weight")
	refuse("2_Dense/config.json", strings.Replace(config, "{", `{"module_input_name": "other", `, 1), "reads other, which no module before it makes")
	refuse("1_Pooling/config.json", "", "1_Pooling/config.json is not in the folder")
	refuse("1_Pooling/config.json", `{"pooling_mode": "median"}`, `pooling mode "median" is not one of cls`)
	refuse("1_Pooling/config.json", `{"pooling_mode": []}`, "pooling_mode [] is not a mode or a list of modes")
	refuse("1_Pooling/config.json", `{"pooling_mode": 3}`, "pooling_mode 3 is not")
	refuse("1_Pooling/config.json", `{"pooling_mode_median": true}`, `"pooling_mode_median": sentence-transformers 6.2 has no such setting`)
	refuse("modules.json", "[]", "lists no modules")
	refuse("modules.json", modules(), "no module makes a sentence_embedding")
	refuse("modules.json", modules(st("Dense"), st("Pooling")), "reads sentence_embedding, which no module before it makes")
	for _, kind := range []string{"WeightedLayerPooling", "Asym", "Router", "CLIPModel", "CNN", "LSTM", "BoW", "WordWeights", "Transformer", "WordEmbeddings"} {
		refuse("modules.json", modules(st("Pooling"), st(kind)), kind+") is not one of Transformer (at the start), Pooling")
	}
	refuse("modules.json", modules(st("Pooling"), "custom.Dense"), "custom.Dense) is not a class of sentence-transformers")
	refuse("modules.json", strings.Replace(modules(st("Pooling")), "models.Transformer", "models.CLIPModel", 1), "comes first")
	refuse("sentence_bert_config.json", `{"transformer_task": "fill-mask"}`, `transformer_task "fill-mask"`)
	refuse("sentence_bert_config.json", `{"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}}`, "pooler_output")
	refuse("sentence_bert_config.json", `{"modality_config": {"message": {}, "text": {}}}`, "chat template")
	refuse("sentence_bert_config.json", `{"modality_config": {"image": {}}}`, "no text, only image")
	refuse("sentence_bert_config.json", `{"module_output_name": "scores"}`, "scores")
	refuse("sentence_bert_config.json", `{"max_length": 5}`, `"max_length": sentence-transformers 6.2 has no such setting`)
	refuse("sentence_bert_config.json", `{"tokenizer_args": {"do_lower_case": true}}`, `the setting "do_lower_case"`)
	refuse("sentence_bert_config.json", `{"processing_kwargs": {"text": {"truncation": false}}}`, `the setting "truncation" of text`)
	refuse("config_sentence_transformers.json", `{"model_type": "SparseEncoder"}`, `"SparseEncoder" is not SentenceTransformer`)
	refuse("config_sentence_transformers.json", `{"truncate_dim": 0}`, "truncate_dim 0")
	refuse("config_sentence_transformers.json", `{"prompts": {"a": "b"}, "default_prompt_name": "c"}`, `default_prompt_name "c" is not one of its prompts (a, document, query)`)
	refuse("tokenizer_config.json", `{"truncation_side": "middle"}`, `truncation_side "middle"`)
	check(nil, EncodeOptions{PromptName: "passage"}, Options{}, `prompt "passage" is not one of the teacher's (document, query)`)
	check(nil, EncodeOptions{MaxLength: 2}, Options{}, "leaves none")
	check(nil, EncodeOptions{WithoutSpecialTokens: true}, Options{Pooling: First}, "not of first")
	check(nil, EncodeOptions{Pooling: Pooler}, Options{}, "pooler does not work with a teacher that was opened for mean")
}

// What an encoder says of itself, for manifests and cache keys; and what options change.
func TestEncoderSaysWhatItDoes(t *testing.T) {
	files := map[string]string{
		"modules.json":                      denseModules,
		"1_Pooling/config.json":             `{"pooling_mode": ["cls", "mean"], "include_prompt": false}`,
		"2_Dense/config.json":               `{"in_features": 8, "out_features": 3, "activation_function": "my.Own"}`,
		"2_Dense/model.safetensors":         safetensorsOf(3, 8, make([]float32, 24), make([]float32, 3)),
		"config_sentence_transformers.json": `{"prompts": {"q": "a b ", "p": "c"}, "default_prompt_name": "q"}`,
		"sentence_bert_config.json":         `{"max_seq_length": 100}`,
		"config.json":                       `{"max_position_embeddings": 64}`,
	}
	e := newEncoder(t, save(t, teacher(), files), Options{}, EncodeOptions{}, true)
	got := fmt.Sprint(e.Modules(), e.Files(), e.Prompt(), e.MaxLength(), e.Width(), e.Normalized(), e.promptLength)
	want := fmt.Sprint([]string{"Pooling cls+mean without the prompt", "Dense 8→3 torch.nn.modules.activation.Tanh", "Normalize"},
		[]string{"sentence_bert_config.json", "config_sentence_transformers.json", "modules.json", "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"},
		"a b ", 64, 3, true, 3)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	warnings := strings.Join(e.Warnings(), "\n")
	for _, want := range []string{"sentence_bert_config.json asks for texts of 100 tokens, and the graph takes 64", `2_Dense/config.json: the activation "my.Own" is not a class of torch; tanh is used`} {
		if !strings.Contains(warnings, want) {
			t.Errorf("got warnings %q, want %q in them", warnings, want)
		}
	}
	delete(files, "2_Dense/config.json")
	files["modules.json"] = strings.Replace(denseModules, `{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}, `, "", 1)
	dir := save(t, teacher(), files)
	for _, tc := range []struct {
		o    Options
		eo   EncodeOptions
		want string
	}{
		{Options{}, EncodeOptions{NoNormalize: true}, `[Pooling cls+mean without the prompt] "a b " 8 false`},
		{Options{}, EncodeOptions{Pooling: Last, PromptName: "p"}, `[Pooling last without the prompt Normalize] "c" 4 true`},
		{Options{Pooling: First}, EncodeOptions{NoPrompt: true, PromptName: "p"}, `[Pooling first without the prompt Normalize] "" 4 true`},
		{Options{}, EncodeOptions{Pooling: Mean, WithoutSpecialTokens: true, Prompt: "d"}, `[Pooling token] "d" 4 false`},
	} {
		e := newEncoder(t, dir, tc.o, tc.eo, true)
		if got := fmt.Sprintf("%v %q %d %v", e.Modules(), e.Prompt(), e.Width(), e.Normalized()); got != tc.want {
			t.Errorf("%+v %+v: got %s, want %s", tc.o, tc.eo, got, tc.want)
		}
	}
}

// A Transformer in a folder of its own has its graph, config and limits there.
func TestTransformerInItsFolder(t *testing.T) {
	dir := save(t, teacher(), map[string]string{
		"modules.json":                     `[{"path": "0_BERT", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]`,
		"1_Pooling/config.json":            `{"pooling_mode": "mean"}`,
		"0_BERT/config.json":               `{"max_position_embeddings": 32}`,
		"0_BERT/sentence_bert_config.json": `{"max_seq_length": 7}`,
		"sentence_bert_config.json":        `{"max_seq_length": 5}`,
	})
	if err := os.Rename(filepath.Join(dir, "onnx"), filepath.Join(dir, "0_BERT", "onnx")); err != nil {
		t.Fatal(err)
	}
	e := newEncoder(t, dir, Options{}, EncodeOptions{}, true)
	i := e.t.Info()
	if got := fmt.Sprint(i.File, i.Folder, i.Positions, e.MaxLength()); got != fmt.Sprint("0_BERT/onnx/model.onnx", "0_BERT", 32, 7) {
		t.Errorf("got %s", got)
	}
}
