package transformer

import (
	"encoding/binary"
	"fmt"
	"math"
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
	check(EncodeOptions{WithoutFrame: true}, "b c", 4, 5)
	check(EncodeOptions{WithoutFrame: true}, "", 1, 2) // nothing but the frame is left
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
	check := func(files map[string]string, eo EncodeOptions, o Options, want string) {
		t.Helper()
		_, err := open(t, save(t, teacher(), files), o).NewEncoder(words(t, true), eo)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	check(map[string]string{"modules.json": denseModules, "2_Dense/config.json": config}, EncodeOptions{}, Options{}, "no model.safetensors")
	check(map[string]string{"modules.json": denseModules, "2_Dense/config.json": strings.Replace(config, "Identity", "Mish", 1), "2_Dense/model.safetensors": good}, EncodeOptions{}, Options{}, "Mish")
	check(map[string]string{"modules.json": denseModules, "2_Dense/config.json": config, "2_Dense/model.safetensors": good[:40]}, EncodeOptions{}, Options{}, "2_Dense")
	check(map[string]string{"modules.json": denseModules, "2_Dense/config.json": config,
		"2_Dense/model.safetensors": safetensorsOf(3, 5, make([]float32, 15), make([]float32, 3))}, EncodeOptions{}, Options{}, "its weight is 3×5")
	check(map[string]string{"modules.json": `[{"path": "2_LN", "type": "sentence_transformers.models.LayerNorm"}]`}, EncodeOptions{}, Options{}, "2_LN")
	check(nil, EncodeOptions{MaxLength: 2}, Options{}, "leaves none")
	check(nil, EncodeOptions{WithoutFrame: true}, Options{Pooling: First}, "not of first")
}
