package model

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

var tiny = filepath.Join(testenv.Root(), "testdata", "tiny-bert")

// studentFolder is a student of the tiny teacher's vocabulary, four dimensions: row i is
// (1, i mod 7, i mod 5, 0.5).
func studentFolder(t *testing.T) string {
	t.Helper()
	got, err := teacher.WithoutGraph(tiny, teacher.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	rows := matrix.New(len(got.Vocabulary.Tokens), 4)
	for i := range rows.Rows {
		copy(rows.Row(i), []float32{1, float32(i % 7), float32(i % 5), 0.5})
	}
	m, err := static.New(got.Vocabulary.File, quantize.Table(rows, matrix.Float32), nil, nil, static.Config{Normalize: true, MaxLength: 512})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "student")
	if err := export.Write(t.Context(), dir, m, export.Folder{}, export.Options{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// library is ONNX Runtime for teachers; a test without cgo skips.
func library(t *testing.T) Options {
	t.Helper()
	orttest.Start(t)
	return Options{Runtime: runtime.Provider{Getenv: os.Getenv, Threads: 1}}
}

// write writes a file of a folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// encode returns the vectors of texts.
func encode(t *testing.T, m Model, texts ...string) *matrix.Matrix {
	t.Helper()
	dst := matrix.New(len(texts), m.Dims())
	if err := m.Encode(t.Context(), texts, dst); err != nil {
		t.Fatal(err)
	}
	return dst
}

func TestOpenAStudent(t *testing.T) {
	dir := studentFolder(t)
	open := func(o Options) Model {
		t.Helper()
		m, err := Open(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		return m
	}
	m := open(Options{})
	s, ok := m.(*Student)
	if !ok {
		t.Fatalf("a student opens as a %T", m)
	}
	if size := s.Size(); size.Dims != 4 || size.Tokens != s.Static.Size() || size.Parameters != int64(4*size.Tokens) || size.Bytes != 4*size.Parameters {
		t.Errorf("size %+v of %d tokens of 4 float32", size, s.Static.Size())
	}
	whole := encode(t, m, "a man is playing a guitar", "the stock market fell today")
	if math.Abs(matrix.Norm(whole.Row(0))-1) > 1e-6 || slices.Equal(whole.Row(0), whole.Row(1)) {
		t.Errorf("vectors %v", whole.Data)
	}
	raw := encode(t, open(Options{NoNormalize: true}), "a man is playing a guitar").Row(0)
	if n := matrix.Norm(raw); !(n > 1.1) || math.Abs(float64(raw[0])/n-float64(whole.Row(0)[0])) > 1e-6 {
		t.Errorf("raw vector %v of norm %v, and normalized %v", raw, n, whole.Row(0))
	}
	if short := encode(t, open(Options{Dims: 2, NoNormalize: true}), "a man is playing a guitar").Row(0); !slices.Equal(short, raw[:2]) {
		t.Errorf("two dimensions are %v, of %v", short, raw)
	}
	one := encode(t, open(Options{MaxLength: 1}), "guitar", "guitar in the park")
	if !slices.Equal(one.Row(0), one.Row(1)) {
		t.Errorf("with one token a text, %v and %v", one.Row(0), one.Row(1))
	}
}

// Whatever decides vectors decides the identity, and the number of threads does not.
func TestIdentityOfAStudent(t *testing.T) {
	dir := studentFolder(t)
	id := func(o Options) string {
		t.Helper()
		m, err := Open(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		sum, err := m.Identity()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	base := id(Options{})
	if id(Options{Runtime: runtime.Provider{Threads: 2}}) != base {
		t.Error("threads change the identity")
	}
	for name, o := range map[string]Options{"length": {MaxLength: 3}, "dims": {Dims: 2}, "norm": {NoNormalize: true}} {
		if id(o) == base {
			t.Errorf("%s does not change the identity", name)
		}
	}
}

func TestOpenATeacher(t *testing.T) {
	o := library(t)
	m, err := Open(t.Context(), tiny, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, ok := m.(*Teacher); !ok || m.Dims() != 128 || m.Size().Dims != 128 || m.Size().Parameters == 0 || m.Size().Bytes == 0 {
		t.Errorf("a %T of %d dimensions, size %+v", m, m.Dims(), m.Size())
	}
	whole := encode(t, m, "a man is playing a guitar").Row(0)
	o.Dims = 16
	short, err := Open(t.Context(), tiny, o)
	if err != nil {
		t.Fatal(err)
	}
	defer short.Close()
	got := encode(t, short, "a man is playing a guitar").Row(0)
	var want float64
	if short.(*Teacher).Encoder.Normalized() {
		want = 1
	} else {
		want = matrix.Norm(whole[:16])
	}
	if len(got) != 16 || math.Abs(matrix.Norm(got)-want) > 1e-5 || math.Abs(float64(got[0])*matrix.Norm(whole[:16])-float64(whole[0])*matrix.Norm(got)) > 1e-5 {
		t.Errorf("16 dimensions are %v, of %v", got, whole[:16])
	}
	a, err := m.Identity()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := short.Identity(); err != nil || a == b {
		t.Errorf("%v: 16 and 128 dimensions have one identity", err)
	}
	asExported := library(t)
	asExported.Runtime.AsExported = true
	other, err := Open(t.Context(), tiny, asExported)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if b, err := other.Identity(); err != nil || a == b {
		t.Errorf("%v: the graph as it was exported has the identity of the rewritten one", err)
	}
	if _, err := OpenStudent(t.Context(), tiny, o); err == nil || !strings.Contains(err.Error(), "is a teacher, not a static model") {
		t.Errorf("got %v, want a teacher refused where a student is needed", err)
	}
}

// A folder is what its files are: a broken student is none, and a teacher without a graph is no
// student.
func TestKinds(t *testing.T) {
	student := studentFolder(t)
	check := func(name string, files map[string]string, onnx string, want bool, wantErr string) {
		t.Helper()
		dir := t.TempDir()
		for file, text := range files {
			write(t, dir, file, text)
		}
		_, isStatic, err := Find(t.Context(), dir, Options{ONNXFile: onnx})
		switch {
		case wantErr != "" && (err == nil || !strings.Contains(err.Error(), wantErr)):
			t.Errorf("%s: got %v, want an error with %q", name, err, wantErr)
		case wantErr == "" && (err != nil || isStatic != want):
			t.Errorf("%s: static %v, %v; want %v", name, isStatic, err, want)
		}
	}
	check("teacher", map[string]string{"onnx/model.onnx": "x", "config.json": "{}", "tokenizer.json": "{}"}, "", false, "")
	check("teacher by its graph's name", map[string]string{"config.json": "{}"}, "onnx/model_int8.onnx", false, "")
	check("broken student", map[string]string{"model.safetensors": "x", "config.json": `{"model_type": "model2vec"}`}, "", true, "")
	check("broken student of sentence-transformers", map[string]string{
		"0_StaticEmbedding/model.safetensors": "x", "modules.json": `[{"type": "sentence_transformers.models.StaticEmbedding"}]`}, "", true, "")
	check("teacher of torch", map[string]string{"config.json": `{"model_type": "bert"}`, "model.safetensors": "x", "tokenizer.json": "{}"}, "", false, "no onnx/model.onnx")
	check("nothing", nil, "", false, "neither a static model nor a teacher")
	if _, isStatic, err := Find(t.Context(), student, Options{}); err != nil || !isStatic {
		t.Errorf("a student: static %v, %v", isStatic, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := studentFolder(t)
	for name, tc := range map[string]struct {
		o    Options
		want string
	}{
		"dims":     {Options{Dims: -1}, "dims -1 is negative"},
		"too wide": {Options{Dims: 5}, "dims 5: " + dir + " has 4 dimensions"},
		"threads":  {Options{Runtime: runtime.Provider{Threads: -1}}, "threads -1 is negative"},
		"batch":    {Options{BatchSize: -1}, "batch-size -1 is negative"},
		"revision": {Options{Revision: "v1"}, "a local folder, which has no revisions"},
	} {
		_, err := Open(t.Context(), dir, tc.o)
		var option *fault.OptionError
		if !errors.As(err, &option) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an option's error with %q", name, err, tc.want)
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "gone"), Options{}); err == nil || !strings.Contains(err.Error(), "no such folder") {
		t.Errorf("got %v, want an error about a folder that is not there", err)
	}
}

func TestParseFiles(t *testing.T) {
	check := func(ref string, ok bool, want ...string) {
		t.Helper()
		f, got, err := ParseFiles(ref)
		if err != nil || got != ok || (ok && !slices.Equal(append([]string{f.Form}, f.Files...), want)) {
			t.Errorf("%s: %+v, %v, %v; want %v, %q", ref, f, got, err, ok, want)
		}
	}
	check("glove:a/b.txt", true, "glove", "a/b.txt")
	check("word2vec:C:\\vectors.bin", true, "word2vec", "C:\\vectors.bin")
	check("bpemb:en.model,en.bin", true, "bpemb", "en.model", "en.bin")
	check("npy:v.npy,texts,with,commas.txt", true, "npy", "v.npy", "texts,with,commas.txt")
	check("glove", false)
	check("org/name", false)
	check("other:file", false)
	for _, ref := range []string{"glove:", "npy:v.npy", "bpemb:,x"} {
		if _, ok, err := ParseFiles(ref); !ok || err == nil || !strings.Contains(err.Error(), "want "+strings.SplitN(ref, ":", 2)[0]+":") {
			t.Errorf("%s: %v, %v; want an error that tells the form", ref, ok, err)
		}
	}
	if name := (Files{"npy", []string{"/home/x/v.npy", "t.txt"}}).Name(); name != "npy:v.npy" {
		t.Errorf("name %q, want no path", name)
	}
}

func TestOpenWordVectors(t *testing.T) {
	path := write(t, t.TempDir(), "glove.txt", "guitar 1 0\npark 0 3\n")
	m, err := OpenAny(t.Context(), "glove:"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if size := m.Size(); size != (Size{Tokens: 2, Dims: 2, Parameters: 4, Bytes: 16}) || m.Dims() != 2 {
		t.Errorf("size %+v", size)
	}
	if got := encode(t, m, "guitar park").Row(0); !slices.Equal(got, []float32{0.5, 1.5}) {
		t.Errorf("got %v, want the mean of two words", got)
	}
	first, err := m.Identity()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(path), "glove.txt", "guitar 1 0\npark 0 4\n")
	if second, err := m.Identity(); err != nil || second == first {
		t.Errorf("%v: another file has the same identity", err)
	}
	if _, err := OpenAny(t.Context(), "glove:"+path, Options{MaxLength: 3}); err == nil || !strings.Contains(err.Error(), "is a file of vectors") {
		t.Errorf("got %v, want a model's option refused", err)
	}
	if _, err := OpenAny(t.Context(), "glove:"+path+".gone", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error about a file that is not there", err)
	}
}

// npy writes a .npy file of float32, little-endian, in C order.
func npy(t *testing.T, path string, m *matrix.Matrix) {
	t.Helper()
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + strconv.Itoa(m.Rows) + ", " + strconv.Itoa(m.Cols) + "), }"
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	header += "\n"
	data := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	data = append(data, header...)
	data = append(data, quantize.Table(m, matrix.Float32).Bytes...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenVectorsOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	vectors := filepath.Join(dir, "v.npy")
	npy(t, vectors, &matrix.Matrix{Rows: 3, Cols: 2, Data: []float32{1, 2, 3, 4, 5, 6}})
	texts := write(t, dir, "t.txt", "one\ntwo\none\n")
	m, err := OpenAny(t.Context(), "npy:"+vectors+","+texts, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := encode(t, m, "two", "one").Data; !slices.Equal(got, []float32{3, 4, 1, 2}) || m.Size() != (Size{Dims: 2}) {
		t.Errorf("got %v, want the rows of two and of the first one; size %+v", got, m.Size())
	}
	var missing *eval.TextError
	if err := m.Encode(t.Context(), []string{"one", "three"}, matrix.New(2, 2)); !errors.As(err, &missing) || missing.Index != 1 {
		t.Errorf("got %v, want a TextError of text 1", err)
	}
	short := write(t, dir, "short.txt", "one\ntwo\n")
	for ref, want := range map[string]string{
		vectors + "," + short:          "has 3 rows and " + short + " 2 texts",
		vectors + ",-":                 "must be in a file",
		vectors + "," + short + "x":    "no such file",
		texts + "," + texts:            "t.txt",
		filepath.Join(dir, "x") + ",y": "x",
	} {
		if _, err := OpenAny(t.Context(), "npy:"+ref, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", ref, err, want)
		}
	}
}

func TestOpenTokenizer(t *testing.T) {
	nested := t.TempDir()
	data, err := os.ReadFile(filepath.Join(tiny, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, nested, "0_StaticEmbedding/tokenizer.json", string(data))
	var want []int
	for _, ref := range []string{tiny, filepath.Join(tiny, "tokenizer.json"), nested} {
		tok, err := OpenTokenizer(t.Context(), ref, Options{})
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		var got []int
		for _, id := range tok.AppendIDs(nil, "a man is playing a guitar") {
			got = append(got, int(id))
		}
		if want == nil {
			want = got
		}
		if len(got) < 6 || !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want %v", ref, got, want)
		}
	}
	if _, err := OpenTokenizer(t.Context(), t.TempDir(), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error about a tokenizer that is not there", err)
	}
	if _, err := OpenTokenizer(t.Context(), filepath.Join(tiny, "tokenizer.json"), Options{Revision: "v1"}); err == nil || !strings.Contains(err.Error(), "which has no revisions") {
		t.Errorf("got %v, want a file's revision refused", err)
	}
}
