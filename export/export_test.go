package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

const (
	tokens   = 40
	dims     = 12
	clusters = 7
)

// newModel returns a model of words w0, w1, …, whose rows are drawn with seed.
// It panics if it cannot: the process that TestKilled kills has no testing.T.
func newModel(rows, cols int, typ matrix.Type, seed uint64, weights []float64, mapping []int32) *static.Model {
	var vocab strings.Builder
	for i := range tokens - 2 {
		fmt.Fprintf(&vocab, `,"w%d":%d`, i, i+2)
	}
	file, err := tokenizer.ParseFile([]byte(`{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],` +
		`"normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,` +
		`"model":{"type":"WordLevel","vocab":{"[PAD]":0,"[UNK]":1` + vocab.String() + `},"unk_token":"[UNK]"}}`))
	if err != nil {
		panic(err)
	}
	table := &matrix.Table{Type: typ, Rows: rows, Cols: cols, Bytes: make([]byte, 0, rows*cols*typ.Size())}
	r := rand.New(rand.NewPCG(seed, 0))
	for range rows * cols {
		switch typ {
		case matrix.Float16: // 0 to 1, exactly
			table.Bytes = binary.LittleEndian.AppendUint16(table.Bytes, uint16(r.IntN(0x3c00)))
		case matrix.Float32:
			table.Bytes = binary.LittleEndian.AppendUint32(table.Bytes, math.Float32bits(r.Float32()-0.5))
		case matrix.Float64:
			table.Bytes = binary.LittleEndian.AppendUint64(table.Bytes, math.Float64bits(r.Float64()-0.5))
		case matrix.Int8:
			table.Bytes = append(table.Bytes, byte(r.IntN(256)))
			table.Scale = 0.001234567890123
		}
	}
	m, err := static.New(file, table, weights, mapping, static.Config{Normalize: true})
	if err != nil {
		panic(err)
	}
	return m
}

func plainModel(seed uint64) *static.Model {
	return newModel(tokens, dims, matrix.Float32, seed, nil, nil)
}

func folder() export.Folder {
	return export.Folder{
		Config:   export.Recipe{TokenizerName: "BAAI/bge-small-en-v1.5", ApplyPCA: 256, SIFCoefficient: 1e-4, Pooling: "mean"}.Fields(),
		Card:     export.Card{BaseModel: "BAAI/bge-small-en-v1.5", Languages: []string{"en"}},
		Manifest: &export.Manifest{Tool: "m2v", Version: "0.1.0", Options: map[string]any{"pca-dims": 256, "pooling": "mean"}},
	}
}

func write(t testing.TB, dir string, m *static.Model, force bool) {
	t.Helper()
	if err := export.Write(t.Context(), dir, m, folder(), export.Options{Force: force}); err != nil {
		t.Fatal(err)
	}
}

// TestOpenReadsWhatWriteWrote checks every type, with and without weights and
// mapping.
func TestOpenReadsWhatWriteWrote(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	weights, mapping := make([]float64, tokens), make([]int32, tokens)
	for i := range weights {
		weights[i], mapping[i] = r.Float64(), int32(r.IntN(clusters))
	}
	for _, typ := range matrix.Types {
		for name, m := range map[string]*static.Model{
			"plain":    newModel(tokens, dims, typ, 3, nil, nil),
			"weights":  newModel(tokens, dims, typ, 4, weights, nil),
			"clusters": newModel(clusters, dims, typ, 5, weights, mapping),
			"odd":      newModel(tokens, 3, typ, 6, nil, nil),
		} {
			t.Run(typ.String()+"/"+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "model")
				write(t, dir, m, false)
				got, err := static.Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer got.Close()
				if !reflect.DeepEqual(got.Table(), m.Table()) {
					t.Error("another table")
				}
				if !reflect.DeepEqual(got.Weights(), m.Weights()) || !reflect.DeepEqual(got.Mapping(), m.Mapping()) {
					t.Error("other weights or another mapping")
				}
				if c := got.Config(); !c.Normalize || c.MaxLength != static.DefaultMaxLength {
					t.Errorf("another configuration: %+v", c)
				}
				if len(got.Warnings()) > 0 {
					t.Errorf("warnings: %q", got.Warnings())
				}
				if !bytes.Equal(tokenizerBytes(t, got), tokenizerBytes(t, m)) {
					t.Error("another tokenizer")
				}
				a, _ := m.EncodeOne("w1 w30 nothing", static.Options{})
				if b, _ := got.EncodeOne("w1 w30 nothing", static.Options{}); !reflect.DeepEqual(a, b) || a[0] == 0 {
					t.Errorf("other vectors: %v, %v", a, b)
				}
			})
		}
	}
}

// TestEveryLayoutIsRewritten: a model that was read from any layout is the same
// model in ours.
func TestEveryLayoutIsRewritten(t *testing.T) {
	entries, err := os.ReadDir("../static/testdata")
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, entry := range entries {
		source := filepath.Join("../static/testdata", entry.Name())
		if !static.IsModel(source) {
			continue
		}
		done++
		t.Run(filepath.Base(source), func(t *testing.T) {
			m, err := static.Open(source)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			dir := filepath.Join(t.TempDir(), "model")
			f := export.Folder{Config: m.Config().Fields}
			if err := export.Write(t.Context(), dir, m, f, export.Options{}); err != nil {
				t.Fatal(err)
			}
			got, err := static.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Close()
			if !reflect.DeepEqual(got.Table(), m.Table()) || !reflect.DeepEqual(got.Weights(), m.Weights()) ||
				!reflect.DeepEqual(got.Mapping(), m.Mapping()) || !bytes.Equal(tokenizerBytes(t, got), tokenizerBytes(t, m)) {
				t.Error("another model")
			}
			a, b := m.Config(), got.Config()
			if got.Layout() != static.Model2Vec || a.Normalize != b.Normalize || a.MaxLength != b.MaxLength {
				t.Errorf("%+v became %+v", a, b)
			}
			text := "the old river, slow in winter, zzz"
			one, _ := m.EncodeOne(text, static.Options{})
			if two, _ := got.EncodeOne(text, static.Options{}); !reflect.DeepEqual(one, two) {
				t.Errorf("other vectors: %v, %v", one, two)
			}
		})
	}
	if done < 15 {
		t.Errorf("only %d models", done)
	}
}

func tokenizerBytes(t *testing.T, m *static.Model) []byte {
	t.Helper()
	f, err := m.TokenizerFile()
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRewriteKeepsForeignKeys copies a folder with a configuration of its own,
// as m2v quantize does.
func TestRewriteKeepsForeignKeys(t *testing.T) {
	dir := t.TempDir()
	f := folder()
	f.Config = append(f.Config, static.Field{Key: "head_config", Value: []byte(`{"n":1,"a":2}`)}, static.Field{Key: "hidden_dim", Value: []byte("1")})
	if err := export.Write(t.Context(), filepath.Join(dir, "a"), plainModel(1), f, export.Options{}); err != nil {
		t.Fatal(err)
	}
	m, err := static.Open(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f.Config = m.Config().Fields
	if err := export.Write(t.Context(), filepath.Join(dir, "b"), m, f, export.Options{}); err != nil {
		t.Fatal(err)
	}
	if a, b := sums(t, filepath.Join(dir, "a")), sums(t, filepath.Join(dir, "b")); a != b {
		t.Errorf("the copy differs:\n%s\n%s", a, b)
	}
	if got := string(m.Config().Field("hidden_dim")); got != "12" {
		t.Errorf("hidden_dim is %s, want 12", got)
	}
	if m.Config().Field("head_config") == nil {
		t.Error("head_config is lost")
	}
}

// TestConfigIsTheReferences compares with the keys, order and layout of
// model2vec 0.10.0 (golden/bge-small-en-v1.5/facts.json of the shared goldens).
func TestConfigIsTheReferences(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	m := newModel(tokens, 256, matrix.Float16, 1, nil, nil)
	write(t, dir, m, false)
	want := map[string]string{
		"config.json": `{
    "model_type": "model2vec",
    "architectures": [
        "StaticModel"
    ],
    "tokenizer_name": "BAAI/bge-small-en-v1.5",
    "apply_pca": 256,
    "sif_coefficient": 0.0001,
    "hidden_dim": 256,
    "seq_length": 1000000,
    "normalize": true,
    "pooling": "mean",
    "max_length": 512,
    "embedding_dtype": "float16"
}
`,
		"modules.json": `[
    {
        "idx": 0,
        "name": "0",
        "path": ".",
        "type": "sentence_transformers.models.StaticEmbedding"
    },
    {
        "idx": 1,
        "name": "1",
        "path": "1_Normalize",
        "type": "sentence_transformers.models.Normalize"
    }
]
`,
		"m2v.json": `{
  "tool": "m2v",
  "version": "0.1.0",
  "teacher": {},
  "options": {
    "pca-dims": 256,
    "pooling": "mean"
  },
  "special_tokens": {
    "bos": [],
    "eos": [],
    "pad": 0,
    "unk": 0
  }
}
`,
	}
	for name, want := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
	manifest, err := export.ReadManifest(dir)
	if err != nil || manifest.Version != "0.1.0" {
		t.Errorf("ReadManifest: %+v, %v", manifest, err)
	}
	if manifest, err := export.ReadManifest(t.TempDir()); manifest != nil || err != nil {
		t.Errorf("ReadManifest of a folder without one: %+v, %v", manifest, err)
	}
}

// TestConfigOfClusters: keys that depend on the model.
func TestConfigOfClusters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	m := newModel(clusters, dims, matrix.Int8, 1, make([]float64, tokens), make([]int32, tokens))
	write(t, dir, m, false)
	got, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\"embedding_dtype\": \"int8\",\n    \"vocabulary_quantization\": 7\n}"; !strings.Contains(string(got), want) {
		t.Errorf("no %s in %s", want, got)
	}
}

// TestSameBytes: neither the folder's name nor its place nor the run is in it.
func TestSameBytes(t *testing.T) {
	one, other := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "deep", "er", "other")
	write(t, one, plainModel(1), false)
	write(t, other, plainModel(1), false)
	if a, b := sums(t, one), sums(t, other); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
	if n := strings.Count(sums(t, one), "\n"); n != 6 {
		t.Errorf("%d files, want 6", n)
	}
}

// TestTensorsAreAligned: rows can be mapped as they lie.
func TestTensorsAreAligned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	m := newModel(clusters, 3, matrix.Float32, 1, make([]float64, tokens), make([]int32, tokens))
	write(t, dir, m, false)
	data, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, m.Table().Bytes)
	if at < 0 || at%8 != 0 {
		t.Errorf("rows are at byte %d of the file, not at a multiple of 8", at)
	}
}

// sums returns a line for each file of a folder: its SHA-256 and its name.
func sums(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(data), rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestCancelled: the context ends in the middle of the rows.
func TestCancelled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "model")
	ctx := &countdown{Context: t.Context(), left: 4}
	err := export.Write(ctx, dir, bigModel(), folder(), export.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if left := names(t, filepath.Dir(filepath.Dir(dir))); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// A countdown is a context that ends when it has been asked a few times.
type countdown struct {
	context.Context
	left int
	then func()
}

func (c *countdown) Err() error {
	if c.left--; c.left >= 0 {
		return nil
	}
	if c.then != nil {
		c.then()
	}
	return context.Canceled
}

// bigModel returns a model that takes several writes.
func bigModel() *static.Model {
	return newModel(tokens, 40_000, matrix.Float32, 9, nil, nil) // 6.4 MB
}
