package static_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// wordsJSON is a tokenizer of [PAD], [UNK], a and b.
const wordsJSON = `{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,` +
	`"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,` +
	`"model":{"type":"WordLevel","vocab":{"[PAD]":0,"[UNK]":1,"a":2,"b":3},"unk_token":"[UNK]"}}`

const configJSON = `{"normalize":true,"max_length":512}`

// tensorFile returns a safetensors file with that header.
func tensorFile(header string, data ...byte) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + string(data)
}

// rowsFile is a file of 4 rows of 2 float16 values, all of them zero.
var rowsFile = tensorFile(`{"embeddings":{"dtype":"F16","shape":[4,2],"data_offsets":[0,16]}}`, make([]byte, 16)...)

// makeFolder writes a folder; a content of "-" leaves a file out.
func makeFolder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"config.json": configJSON, "tokenizer.json": wordsJSON, "model.safetensors": rowsFile}
	for name, content := range files {
		all[name] = content
	}
	for name, content := range all {
		if content == "-" {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOpenRefuses: what is wrong with a folder is named, with its file.
func TestOpenRefuses(t *testing.T) {
	tensors := func(header string, data ...byte) map[string]string {
		return map[string]string{"model.safetensors": tensorFile(header, data...)}
	}
	rows := `"embeddings":{"dtype":"F16","shape":[4,2],"data_offsets":[0,16]}`
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no tokenizer", map[string]string{"tokenizer.json": "-"}, "no tokenizer.json"},
		{"no tensors", map[string]string{"model.safetensors": "-"}, "no model.safetensors"},
		{"a tokenizer that is not JSON", map[string]string{"tokenizer.json": "{"}, "parse tokenizer.json"},
		{"a config that is not JSON", map[string]string{"config.json": "{"}, "config.json: unexpected end of JSON input"},
		{"a config that is a list", map[string]string{"config.json": "[1]"}, "config.json: not a JSON object but [1]"},
		{"normalize of a text", map[string]string{"config.json": `{"normalize":"yes"}`}, `config.json: normalize is "yes", not true or false`},
		{"max_length of 0", map[string]string{"config.json": `{"max_length":0}`}, "max_length is 0, not a positive number or null"},
		{"max_length of a half", map[string]string{"config.json": `{"max_length":1.5}`}, "max_length is 1.5"},
		{"an empty file", map[string]string{"model.safetensors": ""}, "model.safetensors: header too small"},
		{"a header beyond the file", map[string]string{"model.safetensors": "\xff\xff\xff\x00\x00\x00\x00\x00{}"}, "model.safetensors: invalid header length"},
		{"a header of exabytes", map[string]string{"model.safetensors": strings.Repeat("\xff", 100)}, "model.safetensors: header too large"},
		{"a file cut short", map[string]string{"model.safetensors": rowsFile[:len(rowsFile)-1]}, "model.safetensors: metadata incomplete buffer"},
		{"a shape beyond its bytes", tensors(`{"embeddings":{"dtype":"F16","shape":[4000000000,4000000000],"data_offsets":[0,16]}}`, make([]byte, 16)...), "model.safetensors: "},
		{"a shape that overflows", tensors(`{"embeddings":{"dtype":"F64","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,16]}}`, make([]byte, 16)...), "overflow"},
		{"a teacher's tensors", tensors(`{"bert.b":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"bert.a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}`, 0, 0, 0, 0), "no tensor embeddings or embedding.weight, only bert.a, bert.b"},
		{"no tensor at all", tensors(`{}`), "only an empty file"},
		{"rows of BF16", tensors(`{"embeddings":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}`, 0, 0), "tensor embeddings is BF16, not F16, F32, F64 or I8"},
		{"a flat table", tensors(`{"embeddings":{"dtype":"F16","shape":[8],"data_offsets":[0,16]}}`, make([]byte, 16)...), "shape [8], not rows × columns"},
		{"rows of no width", tensors(`{"embeddings":{"dtype":"F16","shape":[4,0],"data_offsets":[0,0]}}`), "shape [4 0] is empty"},
		{"a mapping beyond the rows", tensors(`{`+rows+`,"mapping":{"dtype":"I32","shape":[2],"data_offsets":[16,24]}}`, append(make([]byte, 20), 4, 0, 0, 0)...), "mapping[1] is 4, not one of the 4 rows"},
		{"a mapping below the rows", tensors(`{`+rows+`,"mapping":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}`, append(make([]byte, 16), []byte("\xff\xff\xff\xff\xff\xff\xff\xff")...)...), "mapping[0] is -1"},
		{"a mapping of floats", tensors(`{`+rows+`,"mapping":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}`, make([]byte, 20)...), "tensor mapping is F32, not I32 or I64"},
		{"a square mapping", tensors(`{`+rows+`,"mapping":{"dtype":"I32","shape":[1,1],"data_offsets":[16,20]}}`, make([]byte, 20)...), "tensor mapping has shape [1 1]"},
		{"weights of bytes", tensors(`{`+rows+`,"weights":{"dtype":"I8","shape":[1],"data_offsets":[16,17]}}`, make([]byte, 17)...), "tensor weights is I8"},
		{"square weights", tensors(`{`+rows+`,"weights":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]}}`, make([]byte, 20)...), "tensor weights has shape [1 1]"},
		{"a scale of no number", tensors(`{"__metadata__":{"m2v.scale":"big"},"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}`, make([]byte, 8)...), `metadata m2v.scale is "big", not a positive number`},
		{"a scale of zero", tensors(`{"__metadata__":{"m2v.scale":"0"},"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}`, make([]byte, 8)...), `metadata m2v.scale is "0"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := makeFolder(t, test.files)
			m, err := static.Open(dir)
			if err == nil {
				m.Close()
				t.Fatal("no error")
			}
			if want := "static: open " + dir + ": "; !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q", err, want+"…"+test.want)
			}
			if strings.Count(err.Error(), "static: ") > 1 || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is not one plain line", err)
			}
		})
	}
	for dir, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "no such file or directory",
		"open_test.go":                     "not a folder",
		t.TempDir():                        "no model.safetensors",
	} {
		if _, err := static.Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", dir, err, want)
		}
	}
}

// TestLayouts: where the files may be, and what each layout makes of them.
func TestLayouts(t *testing.T) {
	const none = "-"
	st := tensorFile(`{"embedding.weight":{"dtype":"F16","shape":[4,2],"data_offsets":[0,16]}}`, make([]byte, 16)...)
	modules := `[{"type":"sentence_transformers.models.StaticEmbedding"},{"type":"sentence_transformers.models.Normalize"}]`
	nested := func(more map[string]string) map[string]string {
		files := map[string]string{
			"config.json": none, "tokenizer.json": none, "model.safetensors": none, "config_sentence_transformers.json": "{}",
			"0_StaticEmbedding/tokenizer.json": wordsJSON, "0_StaticEmbedding/model.safetensors": st,
		}
		for k, v := range more {
			files[k] = v
		}
		return files
	}
	tests := []struct {
		name      string
		files     map[string]string
		sub       string
		layout    static.Layout
		normalize bool
		warning   string
	}{
		{"model2vec", nil, "", static.Model2Vec, true, ""},
		{"model2vec without normalize", map[string]string{"config.json": "{}"}, "", static.Model2Vec, false, "does not say"},
		{"model2vec by another name of the rows", map[string]string{"model.safetensors": st}, "", static.Model2Vec, true, ""},
		{"model2vec does not read modules", map[string]string{"config.json": `{"normalize":null}`, "modules.json": modules}, "", static.Model2Vec, false, ""},
		{"flat", map[string]string{"config.json": none, "config_sentence_transformers.json": "{}", "model.safetensors": st}, "", static.SentenceTransformers, false, ""},
		{"flat, normalised", map[string]string{"config.json": none, "config_sentence_transformers.json": "{}", "model.safetensors": st, "modules.json": modules}, "", static.SentenceTransformers, true, "modules.json says"},
		{"nested", nested(nil), "", static.Nested, false, ""},
		{"nested, normalised", nested(map[string]string{"modules.json": modules}), "", static.Nested, true, "modules.json says"},
		{"nested, named itself", nested(map[string]string{"modules.json": modules}), "0_StaticEmbedding", static.Nested, true, "modules.json says"},
		{"nested, with another module", nested(map[string]string{"modules.json": `[{"type":"StaticEmbedding"},{"type":"a.b.Dense"}]`}), "", static.Nested, false, "names a module Dense, which is not applied"},
		{"bare", map[string]string{"config.json": none}, "", static.Bare, false, "no config.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(makeFolder(t, test.files), test.sub)
			if !static.IsModel(dir) {
				t.Error("IsModel says no")
			}
			m := open(t, dir)
			if m.Layout() != test.layout || m.Config().Normalize != test.normalize || m.Config().MaxLength != 512 {
				t.Errorf("layout %q, %+v", m.Layout(), m.Config())
			}
			if w := strings.Join(m.Warnings(), "\n"); !strings.Contains(w, test.warning) || (test.warning == "") != (w == "") {
				t.Errorf("warnings %q, want %q", w, test.warning)
			}
		})
	}
}

// TestIsModel: what is not one.
func TestIsModel(t *testing.T) {
	teacher := tensorFile(`{"bert":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, 0, 0)
	for name, files := range map[string]map[string]string{
		"a teacher":          {"model.safetensors": teacher},
		"a teacher in ONNX":  {"model.safetensors": "-", "model.onnx": "x"},
		"no tokenizer":       {"tokenizer.json": "-"},
		"a file of no sense": {"model.safetensors": "no tensors"},
	} {
		if static.IsModel(makeFolder(t, files)) {
			t.Errorf("%s is taken for a static model", name)
		}
	}
	if static.IsModel("open_test.go") || static.IsModel("none") {
		t.Error("a file or nothing is taken for a static model")
	}
}

// TestSizesThatDiffer: ids without a row are dropped, and said.
func TestSizesThatDiffer(t *testing.T) {
	file := func(n int) map[string]string {
		data := make([]byte, 0, 4*n)
		for i := range 2 * n {
			data = append(data, 0, 0x3c+byte(i%2)) // 1 and 1.25 × 2^k, in float16
		}
		return map[string]string{"model.safetensors": tensorFile(
			fmt.Sprintf(`{"embeddings":{"dtype":"F16","shape":[%d,2],"data_offsets":[0,%d]}}`, n, 4*n), data...)}
	}
	m := open(t, makeFolder(t, file(3))) // no row for "b"
	if w := strings.Join(m.Warnings(), "\n"); w != "the tokenizer has 4 ids, the model has rows for 3: tokens without a row are dropped" {
		t.Errorf("warnings %q", w)
	}
	got := encode(t, m, []string{"a b", "a", "b"}, static.Options{})
	if !slices.Equal(got.Row(0), got.Row(1)) || got.Row(2)[0] != 0 || got.Row(0)[0] == 0 {
		t.Errorf("vectors %v", got.Data)
	}
	if m.Row(3) != nil || m.Row(-1) != nil || m.Row(2) == nil || m.Weight(3) != 1 {
		t.Error("rows of ids that have none")
	}
	m = open(t, makeFolder(t, file(6)))
	if w := strings.Join(m.Warnings(), "\n"); !strings.Contains(w, "2 rows are never used") {
		t.Errorf("warnings %q", w)
	}
}

// TestScale: int8 rows are as long as they were where the scale is kept.
func TestScale(t *testing.T) {
	m := open(t, makeFolder(t, map[string]string{"model.safetensors": tensorFile(
		`{"__metadata__":{"m2v.scale":"0.25"},"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}`, 0, 0, 0, 0, 4, 0xf8, 1, 1)}))
	if got := m.Row(2); !slices.Equal(got, []float32{1, -2}) {
		t.Errorf("row %v, want [1 -2]", got)
	}
}

// TestNewRefuses: parts that do not fit.
func TestNewRefuses(t *testing.T) {
	file, err := tokenizer.ParseFile([]byte(wordsJSON))
	if err != nil {
		t.Fatal(err)
	}
	table := func(rows, cols, bytes int) *matrix.Table {
		return &matrix.Table{Type: matrix.Int8, Rows: rows, Cols: cols, Bytes: make([]byte, bytes)}
	}
	for want, make := range map[string]func() (*static.Model, error){
		"table of 4×0 is empty":                func() (*static.Model, error) { return static.New(file, table(4, 0, 0), nil, nil, static.Config{}) },
		"table of 4×2 int8 has 7 bytes, not 8": func() (*static.Model, error) { return static.New(file, table(4, 2, 7), nil, nil, static.Config{}) },
		"mapping[1] is 9, not one of the 4 rows": func() (*static.Model, error) {
			return static.New(file, table(4, 2, 8), nil, []int32{0, 9}, static.Config{})
		},
		"max length -2 is negative": func() (*static.Model, error) {
			return static.New(file, table(4, 2, 8), nil, nil, static.Config{MaxLength: -2})
		},
	} {
		if _, err := make(); err == nil || err.Error() != "static: "+want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestTokenizerFileOfAnOpenModel is the file as it was when the model was opened.
func TestTokenizerFileOfAnOpenModel(t *testing.T) {
	dir := makeFolder(t, nil)
	m := open(t, dir)
	f, err := m.TokenizerFile()
	if err != nil {
		t.Fatal(err)
	}
	if data, err := f.Bytes(); err != nil || string(data) != wordsJSON {
		t.Errorf("another file: %s, %v", data, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte(strings.Replace(wordsJSON, `"b"`, `"c"`, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := m.TokenizerFile(); err == nil || !strings.Contains(err.Error(), "has changed since") {
		t.Errorf("error %v", err)
	}
}

// TestClosed: a closed model says so and does not crash.
func TestClosed(t *testing.T) {
	m, err := static.Open("testdata/float32")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.EncodeOne("the", static.Options{}); err == nil {
		t.Error("a closed model encodes")
	}
	if _, err := m.Neighbors(nil, 1); err == nil {
		t.Error("a closed model has neighbours")
	}
	if m.Row(3) != nil {
		t.Error("a closed model has rows")
	}
	if err := m.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// TestReplacedWhileOpen: an open model keeps the rows of the folder that it was
// opened from.
func TestReplacedWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not remove a file that is mapped")
	}
	dir := makeFolder(t, nil)
	m := open(t, dir)
	want := slices.Clone(m.Row(2))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := m.Row(2); !slices.Equal(got, want) {
		t.Errorf("row %v, want %v", got, want)
	}
}

// FuzzOpen: no folder, however broken, panics, and what opens can encode.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(rowsFile), []byte(configJSON), []byte("[]"))
	f.Add([]byte(tensorFile(`{"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]},"mapping":{"dtype":"I64","shape":[2],"data_offsets":[8,24]}}`, make([]byte, 24)...)),
		[]byte(`{"max_length":null}`), []byte(`[{"type":"x.Normalize"}]`))
	f.Add([]byte(tensorFile(`{"embeddings":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"weights":{"dtype":"F16","shape":[0],"data_offsets":[8,8]}}`, make([]byte, 8)...)),
		[]byte(`{"normalize":null,"normalize":true}`), []byte(`null`))
	f.Add([]byte(tensorFile(`{"embeddings":{"dtype":"F32","shape":[18446744073709551615,2],"data_offsets":[0,16]}}`, make([]byte, 16)...)), []byte(`{"max_length":1e99}`), []byte(`{}`))
	f.Add([]byte("\x08\x00\x00\x00\x00\x00\x00\x00{\"a\":{}}"), []byte(`nul`), []byte(``))
	f.Fuzz(func(t *testing.T, tensors, config, modules []byte) {
		for _, name := range []string{"config.json", "config_sentence_transformers.json"} {
			dir := makeFolder(t, map[string]string{"config.json": "-", "model.safetensors": string(tensors), "modules.json": string(modules), name: string(config)})
			m, err := static.Open(dir)
			if err != nil {
				continue
			}
			if m.Dims() < 1<<12 {
				if _, err := m.EncodeOne("a b c", static.Options{}); err != nil {
					t.Error(err)
				}
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
