package transformer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/matrix"
	ort "github.com/m2v-dev/m2v/runtime"
)

func open(t testing.TB, dir string, o Options) *Teacher {
	t.Helper()
	e, err := Open(orttest.Start(t), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func embed(t testing.TB, e *Teacher, ids [][]int) *matrix.Matrix {
	t.Helper()
	m := matrix.New(len(ids), e.Width())
	if err := e.Embed(t.Context(), ids, m, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// sequences are of several lengths, in no order.
var sequences = [][]int{{1, 5, 2}, {3}, {7, 7, 0, 4}, {2, 6}, {1, 4, 2}, {0, 1, 2, 3, 4}}

// want is the pooled row of the tests' table, column j.
func want(p Pooling, ids []int, j int) float32 {
	switch p {
	case First:
		return value(ids[0], j)
	case Last:
		return value(ids[len(ids)-1], j)
	}
	sum := 0.0
	for _, id := range ids {
		sum += float64(value(id, j))
	}
	return float32(sum / float64(len(ids)))
}

// Every kind of input and output gives the rows of the table.
func TestEmbedEveryGraph(t *testing.T) {
	for name, g := range map[string]*onnx.Graph{
		"plain":                   teacher(),
		"token_embeddings":        renamed("token_embeddings"),
		"unnamed (all-MiniLM)":    renamed("output_0"),
		"width from a run":        symbolicTeacher(),
		"float16":                 halfTeacher(),
		"int32":                   narrowTeacher(),
		"external data":           externalTeacher(),
		"past_key_values":         pastTeacher(),
		"hidden beside pooled":    pooledTeacher("882", true),
		"hidden beside logits":    logitsTeacher("logits", "output_1"),
		"hidden beside prob":      logitsTeacher("output_0", "output_1"),
		"no mask":                 unmaskedTeacher(),
		"fixed batch and length":  fixedTeacher(),
		"hidden of unknown shape": func() *onnx.Graph { g := teacher(); g.Outputs[0].Dims, g.Outputs[0].Ranked = nil, false; return g }(),
	} {
		t.Run(name, func(t *testing.T) {
			dir := save(t, g, map[string]string{"onnx/model.onnx_data": "12345678" + string(onnx.Floats(tableValues()...))})
			for _, p := range []Pooling{Mean, First, Last} {
				for _, size := range []int{0, 1, 3} {
					e := open(t, dir, Options{Pooling: p, Threads: 2, BatchSize: size, PadID: 7})
					got := embed(t, e, sequences)
					for i, ids := range sequences {
						for j := range width {
							if w := want(p, ids, j); got.Row(i)[j] != w {
								t.Fatalf("%s, batch %d, sequence %v, column %d: got %v, want %v", p, size, ids, j, got.Row(i)[j], w)
							}
						}
					}
				}
			}
		})
	}
}

// Positions count from 0, types are 0, the mask is 1 where a sequence has ids.
func TestEmbedFillsInputs(t *testing.T) {
	e := open(t, save(t, positionTeacher(), nil), Options{Pooling: Last, BatchSize: 10})
	got := embed(t, e, sequences)
	for i, ids := range sequences {
		last := len(ids) - 1
		if want := value(ids[last], 1) + 100*float32(last) + 1; got.Row(i)[1] != want {
			t.Errorf("%v: got %v, want %v", ids, got.Row(i)[1], want)
		}
	}
}

// RoBERTa's positions start behind the padding id, and padding has its own.
func TestEmbedFillsRobertaPositions(t *testing.T) {
	for config, want := range map[string][]float32{
		`{"model_type": "roberta", "pad_token_id": 1}`: {2, 1, 3},
		`{"model_type": "xlm-roberta"}`:                {2, 1, 3, 4},
		`{"model_type": "mpnet", "pad_token_id": 3}`:   {2, 1, 3, 4},
		`{"model_type": "roberta", "pad_token_id": 0}`: {1, 2, 3},
		`{"model_type": "bert", "pad_token_id": 1}`:    {0, 1, 2, 3},
	} {
		e := open(t, save(t, positionTeacher(), map[string]string{"config.json": config}), Options{Pooling: Last, BatchSize: 10, PadID: 1})
		ids := []int{5, 1, 4}
		for n := range ids {
			got := embed(t, e, [][]int{ids[:n+1], {7, 7, 7}}) // beside a longer one
			if w := value(ids[n], 1) + 100*want[n] + 1; got.Row(0)[1] != w {
				t.Errorf("%s: position %d: got %v, want %v", config, n, got.Row(0)[1], w)
			}
		}
	}
}

func TestEmbedPooler(t *testing.T) {
	for _, name := range []string{"pooler_output", "sentence_embedding", "882"} {
		for _, both := range []bool{false, true} {
			e := open(t, save(t, pooledTeacher(name, both), nil), Options{Pooling: Pooler, BatchSize: 1})
			got := embed(t, e, sequences)
			for i, ids := range sequences {
				if w := want(Mean, ids, 2); math.Abs(float64(got.Row(i)[2]-w)) > 1e-6 { // the graph's own float32 mean
					t.Errorf("%s: got %v, want %v", name, got.Row(i)[2], w)
				}
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	with := func(v onnx.Value) *onnx.Graph {
		g := teacher()
		g.Inputs = append(g.Inputs, v)
		return g
	}
	two := renamed("a")
	two.Nodes = append(two.Nodes, onnx.Node{Op: "Identity", Inputs: []string{"a"}, Outputs: []string{"b"}})
	two.Outputs = append(two.Outputs, output("b", onnx.Float32, states(width)...))
	noIDs := teacher()
	noIDs.Inputs[0].Name, noIDs.Nodes[0].Inputs[1] = "tokens", "tokens"
	floatIDs := teacher()
	floatIDs.Inputs[1].Type = onnx.Float32
	for _, tc := range []struct {
		name    string
		g       *onnx.Graph
		pooling Pooling
		want    string
	}{
		{"no input_ids", noIDs, Mean, "no input input_ids (its inputs are tokens, attention_mask)"},
		{"an image", with(input("pixel_values", onnx.Float32)), Mean, "pixel_values"},
		{"a mask of floats", floatIDs, Mean, "attention_mask is float32"},
		{"a past of unknown heads", with(output("past_key_values.0.key", onnx.Float32, states(3)...)), Mean, "past_key_values.0.key"},
		{"logits only", logitsTeacher("logits", ""), Mean, "logits"},
		{"logits by their width", logitsTeacher("output_0", ""), Mean, "scores of a vocabulary"},
		{"two hidden states", two, Mean, "2 outputs could be the hidden state (a, b)"},
		{"pooled only", pooledTeacher("sentence_embedding", false), Mean, "pooled already"},
		{"pooled wanted", teacher(), Pooler, "no pooled output"},
	} {
		_, err := Open(nil, save(t, tc.g, nil), Options{Pooling: tc.pooling}) // before the runtime is needed
		var unfit *UnfitError
		if !errors.As(err, &unfit) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an UnfitError with %q", tc.name, err, tc.want)
		}
		if unfit != nil && unfit.PoolerOnly != (tc.name == "pooled only") {
			t.Errorf("%s: PoolerOnly is %v", tc.name, unfit.PoolerOnly)
		}
	}
}

func TestOpenRefusesFiles(t *testing.T) {
	whole := teacher().Marshal()
	for name, tc := range map[string]struct {
		files map[string]string
		file  string
		want  string
	}{
		"truncated":        {map[string]string{"onnx/model.onnx": string(whole[:len(whole)/2])}, "", "truncated"},
		"not ONNX":         {map[string]string{"onnx/model.onnx": "hello"}, "", "not an ONNX graph"},
		"external missing": {map[string]string{"onnx/model.onnx": string(externalTeacher().Marshal())}, "", "model.onnx_data"},
		"external pointer": {map[string]string{"onnx/model.onnx": string(externalTeacher().Marshal()), "onnx/model.onnx_data": "version https://git-lfs.github.com/spec/v1\n"}, "", "model.onnx_data is a Git LFS pointer"},
		"graph pointer":    {map[string]string{"onnx/model.onnx": "version https://git-lfs.github.com/spec/v1\n"}, "", "a Git LFS pointer"},
		"config pointer":   {map[string]string{"config.json": "version https://git-lfs.github.com/spec/v1\n"}, "", "config.json: a Git LFS pointer"},
		"named missing":    {nil, "onnx/model_int8.onnx", "model_int8.onnx"},
		"config broken":    {map[string]string{"config.json": "{"}, "", "config.json"},
		"module outside":   {map[string]string{"modules.json": `[{"path": "../x", "type": "a.Pooling"}]`}, "", "leads out of the folder"},
	} {
		if _, err := Open(nil, save(t, teacher(), tc.files), Options{ONNXFile: tc.file}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tc.want)
		}
	}
	dir := save(t, teacher(), nil)
	if err := os.Rename(filepath.Join(dir, "onnx", "model.onnx"), filepath.Join(dir, "onnx", "model_fp16.onnx")); err != nil {
		t.Fatal(err)
	}
	var none *NoGraphError
	if _, err := Open(nil, dir, Options{}); !errors.As(err, &none) || !slices.Equal(none.Others, []string{"onnx/model_fp16.onnx"}) {
		t.Errorf("got %v, want a NoGraphError that names onnx/model_fp16.onnx", err)
	}
	if e := open(t, dir, Options{ONNXFile: "onnx/model_fp16.onnx"}); e.Info().File != "onnx/model_fp16.onnx" {
		t.Errorf("got %s", e.Info().File)
	}
}

// A folder whose path is no plain pattern lost the hint that names its graphs.
func TestFindGraphNamesOthersInAnyFolder(t *testing.T) {
	for _, name := range []string{"plain", "[old] models", "a*b", `back\\slash`} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(filepath.Join(dir, "onnx"), 0o755); err != nil {
			t.Skip(err) // a system without such names
		}
		for _, file := range []string{"onnx/model_fp16.onnx", "other.onnx"} {
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(file)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var none *NoGraphError
		_, err := FindGraph(dir, "")
		if want := []string{"onnx/model_fp16.onnx", "other.onnx"}; !errors.As(err, &none) || !slices.Equal(none.Others, want) {
			t.Errorf("in %s: got %v, want a NoGraphError that names %q", name, err, want)
		}
	}
}

// A graph that reads well and cannot be loaded is the runtime's to refuse.
func TestOpenRefusesWhatDoesNotLoad(t *testing.T) {
	g := teacher()
	g.Nodes[0].Op = "Gatter"
	if _, err := Open(orttest.Start(t), save(t, g, nil), Options{}); err == nil || !strings.Contains(err.Error(), "Gatter") {
		t.Errorf("got %v, want an error that names Gatter", err)
	}
}

func TestEmbedChecksIDs(t *testing.T) {
	e := open(t, save(t, teacher(), map[string]string{"config.json": `{"max_position_embeddings": 6, "model_type": "roberta"}`}), Options{})
	check := func(ids []int, want string) {
		t.Helper()
		err := e.Embed(t.Context(), [][]int{{1}, ids}, matrix.New(2, width), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", ids, err, want)
		}
	}
	check([]int{0, 8}, "id 8, and the embedding table of onnx/model.onnx has 8 rows")
	check([]int{-1}, "id -1")
	check(nil, "sequence 1 is empty")
	check([]int{1, 1, 1, 1, 1}, "5 ids, and onnx/model.onnx has 4 positions") // RoBERTa's first two rows are no positions
	if n := e.Stats().Batches; n != 0 {
		t.Errorf("%d batches ran before the ids were checked", n)
	}
	if err := e.Embed(t.Context(), [][]int{{1}}, matrix.New(1, width+1), nil); err == nil {
		t.Error("a destination of another width was accepted")
	}
}

func TestEmbedReplacesNonFinite(t *testing.T) {
	g := teacher()
	values := tableValues()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	copy(values[2*width:], []float32{nan, inf, -inf, 1})
	g.Initializers[0].Raw = onnx.Floats(values...)
	e := open(t, save(t, g, nil), Options{Pooling: First})
	got := embed(t, e, [][]int{{1}, {2}, {2}})
	if want := []float32{0, math.MaxFloat32, -math.MaxFloat32, 1}; !slices.Equal(got.Row(1), want) {
		t.Errorf("got %v, want %v", got.Row(1), want)
	}
	if s := e.Stats(); s.NonFinite != 6 || s.NonFiniteRows != 2 || s.Sequences != 3 {
		t.Errorf("got %+v, want 6 values in 2 of 3 rows", s)
	}
	if w := e.Warnings(); len(w) != 1 || !strings.Contains(w[0], "6 NaN or infinite values in 2") {
		t.Errorf("got warnings %q", w)
	}
}

func TestWarnings(t *testing.T) {
	check := func(g *onnx.Graph, config string, o Options, want ...string) {
		t.Helper()
		got := open(t, save(t, g, map[string]string{"1_Pooling/config.json": config}), o).Warnings()
		if len(got) != len(want) {
			t.Errorf("%s %+v: got %q, want %d warnings", config, o, got, len(want))
			return
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("got %q, want %q in it", got[i], want[i])
			}
		}
	}
	check(teacher(), `{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}`, Options{})
	check(teacher(), `{"pooling_mode_cls_token": true}`, Options{}, "trained with cls pooling (1_Pooling/config.json), and mean is in use; --pooling first")
	check(teacher(), `{"pooling_mode": "lasttoken"}`, Options{Pooling: Last})
	check(teacher(), `{"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}`, Options{}, "max+mean pooling")
	check(dynamicTeacher(), `{}`, Options{})
	check(dynamicTeacher(), `{}`, Options{BatchSize: 16}, "depends on the other 15")
}

// A dynamically quantized graph's rows depend on their batch, unless each is alone.
func TestDynamicRunsOneByOne(t *testing.T) {
	dir := save(t, dynamicTeacher(), nil)
	alone := open(t, dir, Options{Threads: 3})
	got := embed(t, alone, sequences)
	for i, ids := range sequences {
		if one := embed(t, alone, [][]int{ids}); !slices.Equal(one.Data, got.Row(i)) {
			t.Errorf("%v: alone %v, in company %v", ids, one.Data, got.Row(i))
		}
	}
	if n := alone.Stats().Batches; n != 2*len(sequences) {
		t.Errorf("%d batches, want %d", n, 2*len(sequences))
	}
	if together := embed(t, open(t, dir, Options{BatchSize: 6}), sequences); slices.Equal(together.Data, got.Data) {
		t.Error("six in a batch gave what one by one gave: the graph does not test what it should")
	}
}

func TestEmbedProgress(t *testing.T) {
	e := open(t, save(t, teacher(), nil), Options{Threads: 4, BatchSize: 2})
	var seen []int
	m := matrix.New(len(sequences), width)
	if err := e.Embed(t.Context(), sequences, m, func(done int) { seen = append(seen, done) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int{2, 4, 6}) {
		t.Errorf("got %v, want 2, 4, 6", seen)
	}
}

func TestEmbedCancelled(t *testing.T) {
	e := open(t, save(t, teacher(), nil), Options{BatchSize: 1})
	ctx, cancel := context.WithCancel(t.Context())
	err := e.Embed(ctx, sequences, matrix.New(len(sequences), width), func(done int) {
		if done == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancellation", err)
	}
	if n := e.Stats().Batches; n >= len(sequences) {
		t.Errorf("%d batches ran after cancellation at 2", n)
	}
}

func TestEmbedNothing(t *testing.T) {
	e := open(t, save(t, teacher(), nil), Options{})
	if got := embed(t, e, nil); got.Rows != 0 {
		t.Errorf("got %d rows", got.Rows)
	}
}

func TestPlan(t *testing.T) {
	check := func(lengths []int, rows int, uniform bool, want string) {
		t.Helper()
		if got := fmt.Sprint(plan(lengths, rows, batchTokens, uniform)); got != want {
			t.Errorf("plan(%v, %d, %v): got %s, want %s", lengths, rows, uniform, got, want)
		}
	}
	check([]int{3, 1, 3, 2}, 2, false, "[{[1 3] 2} {[0 2] 3}]")
	check([]int{3, 1, 3, 2}, 2, true, "[{[1] 1} {[3] 2} {[0 2] 3}]")
	check([]int{3, 1, 3, 2}, 0, false, "[{[1 3 0 2] 3}]")
	check([]int{700, 100, 2000}, 0, false, "[{[1] 100} {[0] 700} {[2] 2000}]")
	check(nil, 0, false, "[]")
	for on, want := range map[ort.ExecutionProvider]int{"": 256, ort.CPU: 256, ort.CUDA: 5461} {
		teacher := &Teacher{options: Options{Provider: on}}
		if got := plan(slices.Repeat([]int{3}, 6000), 0, teacher.batchTokens(), false); len(got[0].members) != want {
			t.Errorf("on %s: batches of %d, want %d", on, len(got[0].members), want)
		}
	}
	if got := plan(slices.Repeat([]int{3}, 600), 0, batchTokens, false); len(got) != 3 || len(got[0].members) != 256 {
		t.Errorf("600 sequences of 3: %d batches, the first of %d", len(got), len(got[0].members))
	}
}

func TestInspect(t *testing.T) {
	i, err := Inspect(save(t, pooledTeacher("882", true), map[string]string{
		"modules.json": `[{"path": "", "type": "sentence_transformers.models.Transformer"},
			{"path": "p", "type": "sentence_transformers.models.Pooling"}, {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]`,
		"p/config.json":             `{"pooling_mode_cls_token": true}`,
		"sentence_bert_config.json": `{"max_seq_length": 128}`,
		"config.json":               `{"hidden_size": 4, "max_position_embeddings": 512}`,
	}), "")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s %d %d %d %s %d %v", i.File, i.Hidden, i.Pooled, i.Width, i.Rows, i.Positions, i.Pooling, i.MaxLength, i.Normalize)
	if want := "onnx/model.onnx last_hidden_state 882 4 8 512 first 128 true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := []string{"input_ids int64[batch, batch]", "attention_mask int64[batch, batch]"}; !slices.Equal(i.Inputs, want) {
		t.Errorf("got inputs %q, want %q", i.Inputs, want)
	}
	table, err := i.OpenInputTable()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	row := make([]float32, table.Width())
	if err := table.Row(3, row); err != nil || row[2] != value(3, 2) || table.Rows() != rows {
		t.Errorf("got row %v of %d, %v", row, table.Rows(), err)
	}
}

// The Hub's cache keeps files as links to blobs elsewhere, the graph's data too.
func TestOpenThroughHubCache(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	cache := t.TempDir()
	snapshot := filepath.Join(cache, "snapshots", "main")
	for name, data := range map[string][]byte{
		"onnx/model.onnx":      externalTeacher().Marshal(),
		"onnx/model.onnx_data": append([]byte("12345678"), onnx.Floats(tableValues()...)...),
	} {
		blob, link := filepath.Join(cache, "blobs", filepath.Base(name)+"-blob"), filepath.Join(snapshot, filepath.FromSlash(name))
		for _, folder := range []string{filepath.Dir(blob), filepath.Dir(link)} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(blob, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..", "..", "..", "blobs", filepath.Base(blob)), link); err != nil {
			t.Fatal(err)
		}
	}
	got := embed(t, open(t, snapshot, Options{}), [][]int{{3}})
	if got.Data[1] != value(3, 1) {
		t.Errorf("got %v, want %v", got.Data[1], value(3, 1))
	}
}
