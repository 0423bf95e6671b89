package portable_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/portable"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// students are small models of every storage type, layout and kind of vocabulary.
var students = []string{
	"float16", "float32", "float64", "int8", "clusters", "clusters-int8", "weights", "short", "endless", "silent",
	"st-flat", "st-nested", "st-normalize", "unigram", "unigram-stale",
}

func open(t *testing.T, name string) *static.Model {
	t.Helper()
	m, err := static.Open(filepath.Join(testenv.Root(), "static", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func readTexts(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "static", "testdata", "texts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

// batch returns the ids of texts, as the tokenizer.json in dir gives them, padded to the
// longest with the id pad, and what is no padding.
func batch(t *testing.T, dir string, texts []string, most int, pad int64) (ids, mask []int64, width int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.New(file)
	if err != nil {
		t.Fatal(err)
	}
	lists := make([][]int32, len(texts))
	for i, text := range texts {
		lists[i] = tok.NewEncoder().AppendIDs(nil, text)
		if most != static.NoMaxLength {
			lists[i] = lists[i][:min(most, len(lists[i]))]
		}
		width = max(width, len(lists[i]))
	}
	for _, list := range lists {
		for j := range width {
			if j < len(list) {
				ids, mask = append(ids, int64(list[j])), append(mask, 1)
			} else {
				ids, mask = append(ids, pad), append(mask, 0)
			}
		}
	}
	return ids, mask, width
}

// run runs the graph in dir on a batch and returns its one output.
func run(t *testing.T, dir string, output string, ids, mask []int64, n, width int) *matrix.Matrix {
	t.Helper()
	rt := orttest.Start(t)
	s, err := rt.Open(filepath.Join(dir, "onnx", "model.onnx"), runtime.SessionOptions{
		Threads: 1, Inputs: []string{"input_ids", "attention_mask"}, Outputs: []string{output}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := make([]*runtime.Tensor, 2)
	for i, data := range [][]int64{ids, mask} {
		if in[i], err = runtime.NewTensor(data, int64(n), int64(width)); err != nil {
			t.Fatal(err)
		}
		defer in[i].Close()
	}
	out := make([]*runtime.Tensor, 1)
	if err := s.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	defer out[0].Close()
	dims := out[0].Dims()
	return &matrix.Matrix{Rows: int(dims[0]), Cols: int(dims[1]), Data: slices.Clone(out[0].Floats())}
}

// tolerance is of values of which the largest is about 1. Float32 sums of thousands of equal
// rows, which only a model without a limit makes, differ by their order.
func tolerance(length int) float64 {
	if length > 5000 {
		return 1e-4
	}
	return 1e-5
}

// A graph's vectors are those of Encode, for every kind of model.
func TestGraphEqualsEncode(t *testing.T) {
	texts := readTexts(t)
	for _, name := range students {
		t.Run(name, func(t *testing.T) {
			m, dir := open(t, name), filepath.Join(t.TempDir(), "out")
			if _, err := portable.Write(t.Context(), dir, m, portable.ONNX, portable.Options{}); err != nil {
				t.Fatal(err)
			}
			var kept []string // a graph cannot cut a text by its characters
			for _, text := range texts {
				if x, err := m.Explain(text, static.Options{}); err == nil && x.Cut == "" {
					kept = append(kept, text)
				}
			}
			if len(kept) < 8 {
				t.Fatalf("%d of %d texts", len(kept), len(texts))
			}
			want := matrix.New(len(kept), m.Dims())
			if err := m.Encode(context.Background(), kept, want, static.Options{}); err != nil {
				t.Fatal(err)
			}
			ids, mask, width := batch(t, dir, kept, m.Config().MaxLength, 0)
			got := run(t, dir, "embeddings", ids, mask, len(kept), width)
			scale := 1.0 // of vectors that are not normalised
			for _, v := range want.Data {
				scale = max(scale, math.Abs(float64(v)))
			}
			for i, v := range got.Data {
				if d := math.Abs(float64(v)-float64(want.Data[i])) / scale; !(d < tolerance(len(kept[i/m.Dims()]))) {
					t.Fatalf("%.40q: value %d is %v, not %v", kept[i/m.Dims()], i%m.Dims(), v, want.Data[i])
				}
			}
		})
	}
}

// Rows stay as small as they are stored, and the file is read as ONNX.
func TestGraphKeepsTheStoredType(t *testing.T) {
	for name, want := range map[string]onnx.ElemType{
		"float16": onnx.Float16, "float32": onnx.Float32, "float64": onnx.Float32, "int8": onnx.Int8, "clusters-int8": onnx.Int8,
	} {
		m, dir := open(t, name), filepath.Join(t.TempDir(), "out")
		if _, err := portable.Write(t.Context(), dir, m, portable.ONNX, portable.Options{}); err != nil {
			t.Fatal(err)
		}
		g, err := onnx.Read(filepath.Join(dir, "onnx", "model.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		if rows := g.Initializers["rows_stored"]; rows.Type != want || g.Opset[""] != 18 {
			t.Errorf("%s: rows of %s, opset %d", name, rows.Type, g.Opset[""])
		}
	}
}

// A text of no token at all, alone in its batch, gives zeros and not NaN.
func TestGraphOfNoTokens(t *testing.T) {
	m, dir := open(t, "float16"), filepath.Join(t.TempDir(), "out")
	if _, err := portable.Write(t.Context(), dir, m, portable.ONNX, portable.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, v := range run(t, dir, "embeddings", []int64{5, 6}, []int64{0, 0}, 1, 2).Data {
		if v != 0 {
			t.Fatalf("value %v", v)
		}
	}
}

// A head's outputs are what its layers make of Encode's vector.
func TestGraphWithHead(t *testing.T) {
	m := open(t, "float32")
	d := m.Dims()
	first, last := matrix.New(3, d), matrix.New(2, 3)
	for i := range first.Data {
		first.Data[i] = float32(i%7)/7 - 0.4
	}
	for i := range last.Data {
		last.Data[i] = float32(i) - 2.5
	}
	h := &portable.Head{Activation: portable.Softmax, Classes: []string{"no", "yes"},
		Layers: []portable.Layer{{Weight: first, Bias: []float32{0.1, -0.1, 0.05}}, {Weight: last, Bias: []float32{0.3, -0.2}}}}
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := portable.Write(t.Context(), dir, m, portable.ONNX, portable.Options{Head: h}); err != nil {
		t.Fatal(err)
	}
	const text = "The old teacher reads a new paper."
	x, err := m.EncodeOne(text, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ids, mask, width := batch(t, dir, []string{text}, 512, 0)
	got := run(t, dir, "probabilities", ids, mask, 1, width)
	linear := func(l portable.Layer, x []float32) []float32 {
		out := slices.Clone(l.Bias)
		for i := range out {
			for j, v := range x {
				out[i] += l.Weight.Row(i)[j] * v
			}
		}
		return out
	}
	hidden := linear(h.Layers[0], x)
	for i, v := range hidden {
		hidden[i] = max(0, v)
	}
	logits := linear(h.Layers[1], hidden)
	want := 1 / (1 + math.Exp(float64(logits[0]-logits[1])))
	if got.Cols != 2 || math.Abs(float64(got.Data[1])-want) > 1e-6 {
		t.Errorf("probabilities %v, want the second %v", got.Data, want)
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Labels map[string]string `json:"id2label"`
	}
	if err := json.Unmarshal(config, &says); err != nil || says.Labels["1"] != "yes" {
		t.Errorf("id2label %v, %v", says.Labels, err)
	}
}

// The reference's form of a head is read, and what does not fit is refused by name.
func TestReadHead(t *testing.T) {
	dir := t.TempDir()
	write := func(list map[string]tensors.Tensor) {
		t.Helper()
		f, err := os.Create(filepath.Join(dir, "head.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := tensors.Write(f, list, nil); err != nil {
			t.Fatal(err)
		}
	}
	config := func(text string) static.Config {
		return static.Config{Fields: []static.Field{{Key: "head_config", Value: json.RawMessage(text)}}}
	}
	if h, err := portable.ReadHead(dir, config("{}")); h != nil || err != nil {
		t.Fatalf("a folder without a head: %v, %v", h, err)
	}
	list := map[string]tensors.Tensor{
		"head.0.weight": {Type: tensors.F32, Shape: []int{2, 3}, Data: onnx.Floats(1, 2, 3, 4, 5, 6)},
		"head.0.bias":   {Type: tensors.F32, Shape: []int{2}, Data: onnx.Floats(7, 8)},
	}
	write(list)
	h, err := portable.ReadHead(dir, config(`{"n_layers": 1, "activation": "softmax", "classes": ["a", 3]}`))
	if err != nil || len(h.Layers) != 1 || h.Layers[0].Weight.Row(1)[0] != 4 || h.Layers[0].Bias[1] != 8 || !slices.Equal(h.Classes, []string{"a", "3"}) {
		t.Errorf("%+v, %v", h, err)
	}
	for _, text := range []string{`{"n_layers": 2}`, `{"n_layers": 1000000000}`, `{"n_layers": -1}`, `[]`,
		// m2v predict refused these, and m2v export did not.
		`{"n_layers": 1, "activation": "softmax"}`, `{"n_layers": 1, "activation": "softmax", "classes": null}`, `{"n_layers": 1, "activation": "tanh"}`,
		`{"n_layers": 1, "activation": "softmax", "classes": ["a", {}]}`,
	} {
		if _, err := portable.ReadHead(dir, config(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	list["head.0.bias"] = tensors.Tensor{Type: tensors.F32, Shape: []int{3}, Data: onnx.Floats(7, 8, 9)}
	write(list)
	if _, err := portable.ReadHead(dir, config(`{"n_layers": 1}`)); err == nil {
		t.Error("a bias of another length: no error")
	}
	m := open(t, "float32") // of another width than the head
	_, err = portable.Write(t.Context(), filepath.Join(dir, "out"), m, portable.ONNX, portable.Options{Head: h})
	if err == nil {
		t.Error("a head of another width: no error")
	}
}

// Two runs write the same bytes, in each form.
func TestWriteIsTheSameTwice(t *testing.T) {
	m := open(t, "clusters")
	for _, form := range portable.Forms {
		var sums [2]string
		for i := range sums {
			dir := filepath.Join(t.TempDir(), "out")
			if _, err := portable.Write(t.Context(), dir, m, form, portable.Options{}); err != nil {
				t.Fatal(err)
			}
			err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				sums[i] += fmt.Sprintf("%s %x\n", d.Name(), data)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if sums[0] != sums[1] || sums[0] == "" {
			t.Errorf("%s: two runs differ", form)
		}
	}
}
