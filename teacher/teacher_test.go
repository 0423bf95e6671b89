package teacher

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

var tiny = filepath.Join(testenv.Root(), "testdata", "tiny-bert")

// teacherFolder is a copy of the tiny teacher, without the files that change names as "" and
// with the others' contents.
func teacherFolder(t *testing.T, change map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "teacher")
	if err := os.CopyFS(dir, os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	for name, text := range change {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// graphName is the tiny teacher's graph, relative to its folder.
func graphName(t *testing.T) string {
	t.Helper()
	path, err := transformer.FindGraph(tiny, "")
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(tiny, path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(name)
}

func sumOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestRead(t *testing.T) {
	got, err := Read(hub.Folder{Dir: tiny}, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if v := got.Vocabulary; len(v.Tokens) != len(v.IDs) || len(v.Tokens) < 5000 || got.Width() != 128 || got.Tokenizer.Kind != "WordPiece" {
		t.Errorf("%d tokens, %d lists of ids, width %d, %s", len(v.Tokens), len(v.IDs), got.Width(), got.Tokenizer.Kind)
	}
	if got.SHA256[graphName(t)] != sumOf(t, filepath.Join(tiny, filepath.FromSlash(graphName(t)))) || got.SHA256["tokenizer.json"] != sumOf(t, filepath.Join(tiny, "tokenizer.json")) {
		t.Errorf("hashes %v are not those of the files", got.SHA256)
	}
	if _, there := got.SHA256["config.json"]; there {
		t.Error("config.json is hashed, and rows do not depend on it")
	}
	if got.BatchSize() != 0 || got.WordsSHA256 != "" {
		t.Errorf("batch size %d, words %q: want the graph's own and none", got.BatchSize(), got.WordsSHA256)
	}
}

// Of input rows no special tokens stand around a token, and their width is the table's.
func TestReadInput(t *testing.T) {
	o := DefaultOptions()
	o.Source = transformer.Input
	got, err := Read(hub.Folder{Dir: tiny}, o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Options.Vocab.SpecialTokens != vocab.NoSpecialTokens || got.Width() != got.Info.InputWidth || got.Width() == 0 || got.Warnings() != nil {
		t.Errorf("frame %q, width %d, warnings %q", got.Options.Vocab.SpecialTokens, got.Width(), got.Warnings())
	}
	if slices.ContainsFunc(got.Vocabulary.IDs, func(ids []int) bool { return len(ids) != 1 }) {
		t.Error("a token of the teacher's own has more than its id")
	}
	// Poolings make no other input rows; another source does.
	other := got.Options
	other.Pooling = transformer.First
	same, err := got.With(other)
	if err != nil || same.RowsKey("1") != got.RowsKey("2") {
		t.Errorf("%v: input rows have two keys", err)
	}
	other.Source = transformer.Output
	if out, err := got.With(other); err != nil || out.RowsKey("1") == got.RowsKey("1") {
		t.Errorf("%v: input and output rows have one key", err)
	}
}

// The words' hash is that of the words, from a file or not, in their order.
func TestReadWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(path, []byte("guitar\nstar wars\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(change func(*Options)) *Teacher {
		t.Helper()
		o := DefaultOptions()
		change(&o)
		got, err := WithoutGraph(tiny, o)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	file := read(func(o *Options) { o.WordsFile = path })
	list := read(func(o *Options) { o.Vocab.Words = []string{"guitar", "star wars"} })
	turned := read(func(o *Options) { o.Vocab.Words = []string{"star wars", "guitar"} })
	want := sha256.Sum256([]byte("guitar\nstar wars"))
	if file.WordsSHA256 != hex.EncodeToString(want[:]) || list.WordsSHA256 != file.WordsSHA256 || turned.WordsSHA256 == file.WordsSHA256 {
		t.Errorf("words' hashes: file %s, list %s, turned %s", file.WordsSHA256, list.WordsSHA256, turned.WordsSHA256)
	}
	if !slices.Equal(file.Vocabulary.Tokens, list.Vocabulary.Tokens) {
		t.Error("words of a file and of a list make two vocabularies")
	}
}

func TestReadRefuses(t *testing.T) {
	graph := graphName(t)
	words := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(words, []byte("a\xff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		files  map[string]string
		change func(*Options)
		want   string
		hint   string
	}{
		"no graph":        {map[string]string{graph: ""}, nil, "no onnx/model.onnx or model.onnx in", "export the teacher to ONNX"},
		"another graph":   {map[string]string{graph: "", "model_fp16.onnx": "x"}, nil, "there is model_fp16.onnx", "choose one with --onnx-file model_fp16.onnx"},
		"a graph missing": {nil, func(o *Options) { o.ONNXFile = "gone.onnx" }, "gone.onnx", ""},
		"broken graph":    {map[string]string{graph: "no graph"}, nil, filepath.Base(graph), ""},
		"no tokenizer":    {map[string]string{"tokenizer.json": ""}, nil, "has no tokenizer.json", "save_pretrained"},
		"bad tokenizer":   {map[string]string{"tokenizer.json": "{"}, nil, "tokenizer.json: ", ""},
		"bad special":     {map[string]string{"special_tokens_map.json": "["}, nil, "special_tokens_map.json", ""},
		"bad pattern":     {nil, func(o *Options) { o.Vocab.RemovePattern = "(" }, "(", ""},
		"no words":        {nil, func(o *Options) { o.WordsFile = words + ".gone" }, "words.txt.gone", ""},
		"bad words":       {nil, func(o *Options) { o.WordsFile = words }, "words.txt: ", ""},
		"no pooler":       {nil, func(o *Options) { o.Pooling = transformer.Pooler }, "it has no pooled output", ""},
	} {
		o := DefaultOptions()
		if tc.change != nil {
			tc.change(&o)
		}
		_, err := Read(hub.Folder{Dir: teacherFolder(t, tc.files)}, o)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tc.want)
			continue
		}
		if got := hintOf(err); !strings.Contains(got, tc.hint) {
			t.Errorf("%s: the hint is %q, want %q in it", name, got, tc.hint)
		}
	}
}

// hintOf is an error's next step, "" if it has none.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// A teacher whose tokenizer has more ids than its graph has rows is refused before it runs.
func TestReadRefusesIDsBeyondTheGraph(t *testing.T) {
	small, err := os.ReadFile(filepath.Join(testenv.Root(), "testdata", "tiny-bpe", "onnx", "model.onnx")) // 801 rows
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(testenv.Root(), "testdata", "tiny-bpe", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := teacherFolder(t, map[string]string{graphName(t): string(small), "config.json": string(config)})
	if _, err := Read(hub.Folder{Dir: dir}, DefaultOptions()); err == nil || !strings.Contains(err.Error(), "801") {
		t.Errorf("got %v, want ids refused that a table of 801 rows lacks", err)
	}
}

// A student's folder is refused by name, and the user is told what to do with it.
func TestReadRefusesAStudent(t *testing.T) {
	got, err := WithoutGraph(tiny, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	n := len(got.Vocabulary.Tokens)
	m, err := static.New(got.Vocabulary.File, &matrix.Table{Type: matrix.Float16, Rows: n, Cols: 1, Bytes: make([]byte, 2*n)}, nil, nil, static.Config{MaxLength: 8})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "student")
	if err := export.Write(t.Context(), dir, m, export.Folder{}, export.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(hub.Folder{Dir: dir}, DefaultOptions()); err == nil || !strings.Contains(err.Error(), "is a static model already") {
		t.Errorf("got %v, want a student refused", err)
	}
}

// WithoutGraph takes a folder or a tokenizer.json of any name.
func TestWithoutGraph(t *testing.T) {
	whole, err := Read(hub.Folder{Dir: tiny}, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	dir := teacherFolder(t, nil)
	if err := os.Rename(filepath.Join(dir, "tokenizer.json"), filepath.Join(dir, "mine.json")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{tiny, filepath.Join(tiny, "tokenizer.json"), filepath.Join(dir, "mine.json")} {
		got, err := WithoutGraph(path, DefaultOptions())
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if !slices.Equal(got.Vocabulary.Tokens, whole.Vocabulary.Tokens) || got.Width() != 0 || got.SHA256 != nil {
			t.Errorf("%s: %d tokens, width %d, hashes %v; want the teacher's %d and nothing else", path, len(got.Vocabulary.Tokens), got.Width(), got.SHA256, len(whole.Vocabulary.Tokens))
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "gone")} {
		if _, err := WithoutGraph(path, DefaultOptions()); err == nil || !strings.Contains(err.Error(), "has no tokenizer.json") {
			t.Errorf("%s: got %v, want an error that names tokenizer.json", path, err)
		}
	}
}

// VocabularyFiles make the same vocabulary elsewhere.
func TestVocabularyFiles(t *testing.T) {
	whole, err := Read(hub.Folder{Dir: tiny}, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	list, err := whole.VocabularyFiles()
	if err != nil || list["tokenizer.json"] == nil || list[graphName(t)] != nil {
		t.Fatalf("%v: files %v", err, slices.Collect(maps.Keys(list)))
	}
	dir := t.TempDir()
	for name, data := range list {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := WithoutGraph(dir, DefaultOptions())
	if err != nil || !slices.Equal(got.Vocabulary.Tokens, whole.Vocabulary.Tokens) || !slices.EqualFunc(got.Vocabulary.IDs, whole.Vocabulary.IDs, slices.Equal) {
		t.Errorf("%v: another vocabulary", err)
	}
	whole.Folder.Dir = t.TempDir()
	if _, err := whole.VocabularyFiles(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an error about tokenizer.json that is gone", err)
	}
}

// A graph that quantizes a batch by one scale runs a sequence at a time, unless the user
// chose otherwise.
func TestBatchSizeOfADynamicGraph(t *testing.T) {
	for _, tc := range []struct {
		dynamic bool
		chosen  int
		want    int
	}{{false, 0, 0}, {true, 0, 1}, {true, 8, 8}, {false, 8, 8}} {
		got := &Teacher{Options: Options{BatchSize: tc.chosen}, Info: &transformer.Info{Dynamic: tc.dynamic}}
		if got.BatchSize() != tc.want {
			t.Errorf("dynamic %v, chosen %d: batch size %d, want %d", tc.dynamic, tc.chosen, got.BatchSize(), tc.want)
		}
	}
}
