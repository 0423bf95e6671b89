package inspect_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/inspect"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// student writes a model of three tokens whose rows begin with first, and changes its files:
// the first text of a pair is replaced by the second, and a file that is not there is made
// of the second.
func student(t testing.TB, first float32, changes map[string][2]string) string {
	t.Helper()
	file := &tokenizer.File{Model: tokenizer.Model{Kind: tokenizer.WordLevel}}
	for id, token := range []string{"[UNK]", "bridge", "river"} {
		file.Model.Vocab = append(file.Model.Vocab, tokenizer.Entry{Token: token, ID: id})
	}
	if err := file.Model.SetUnk("[UNK]"); err != nil {
		t.Fatal(err)
	}
	rows := &matrix.Matrix{Rows: 3, Cols: 2, Data: []float32{0, 0, first, 2, 3, 4}}
	m, err := static.New(file, quantize.Table(rows, matrix.Float32), nil, nil, static.Config{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "student")
	if err := export.Write(context.Background(), dir, m, export.Folder{Manifest: &export.Manifest{Tool: "m2v"}}, export.Options{}); err != nil {
		t.Fatal(err)
	}
	change(t, dir, changes)
	return dir
}

func change(t testing.TB, dir string, changes map[string][2]string) {
	t.Helper()
	for name, c := range changes {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		text := c[1]
		if err == nil {
			if !strings.Contains(string(data), c[0]) {
				t.Fatalf("%s has no %s: %s", name, c[0], data)
			}
			text = strings.Replace(string(data), c[0], c[1], 1)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStaticIsClean(t *testing.T) {
	r, err := inspect.Static(student(t, 1, nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Faults)+len(r.Warnings) > 0 || r.Faults == nil || r.Warnings == nil {
		t.Errorf("faults %q, warnings %q", r.Faults, r.Warnings)
	}
	if r.Student.Rows != 3 || r.Student.Dims != 2 || r.Tokenizer.Unk != "[UNK]" || r.Manifest == nil {
		t.Errorf("%+v", r)
	}
}

func TestStaticFindsFaults(t *testing.T) {
	check := func(dir, fault, warning string) {
		t.Helper()
		r, err := inspect.Static(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, want string
			got        []string
		}{{"faults", fault, r.Faults}, {"warnings", warning, r.Warnings}} {
			if c.want == "" && len(c.got) > 0 || c.want != "" && !slices.ContainsFunc(c.got, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("%s %q, want %q", c.name, c.got, c.want)
			}
		}
	}
	check(student(t, float32(math.NaN()), nil), `the row of token "bridge" has NaN`, "")
	check(student(t, 1, map[string][2]string{"config.json": {`"hidden_dim": 2`, `"hidden_dim": 256`}}), "hidden_dim 256, and the rows have 2 dimensions", "")
	check(student(t, 1, map[string][2]string{"config.json": {`"float32"`, `"int8"`}}), "", "embedding_dtype int8, and the rows are float32")
	check(student(t, 1, map[string][2]string{"modules.json": {"[", "{"}}), "modules.json cannot be read", "")
	check(student(t, 1, map[string][2]string{"modules.json": {`"type"`, `"kind"`}}), "module 0 has no type", "")
	check(student(t, 1, map[string][2]string{"m2v.json": {"{", "["}}), "m2v.json cannot be read", "")
	check(student(t, 1, map[string][2]string{"tokenizer.json": {`"river"`, `"river":2,"sea":3,"lake"`}}), "tokens without a row are dropped", "")
	check(student(t, 1, map[string][2]string{"tokenizer.json": {`"padding":null`, `"padding":{"strategy":"BatchLongest"}`}}), "", "carries padding")
	if _, err := inspect.Static(t.TempDir()); err == nil {
		t.Error("an empty folder is taken")
	}
}

func TestTeacher(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "teacher")
	if err := os.CopyFS(dir, os.DirFS("../testdata/tiny-bert")); err != nil {
		t.Fatal(err)
	}
	r, err := inspect.Teacher(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Faults) > 0 || len(r.Warnings) != 2 || r.Teacher.Width != 128 {
		t.Errorf("faults %q, warnings %q, width %d", r.Faults, r.Warnings, r.Teacher.Width)
	}
	change(t, dir, map[string][2]string{"config.json": {`"hidden_size": 128`, `"hidden_size": 384`}})
	if r, err = inspect.Teacher(dir, ""); err != nil || len(r.Faults) != 1 || !strings.Contains(r.Faults[0], "hidden_size 384, and the graph's output last_hidden_state has width 128") {
		t.Errorf("%q, %v", r.Faults, err)
	}
}

func ExampleTeacher() {
	r, err := inspect.Teacher("../testdata/tiny-bert", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Kind, r.Teacher.Width, r.Tokenizer.Kind, len(r.Faults), "faults")
	// Output: teacher 128 WordPiece 0 faults
}
