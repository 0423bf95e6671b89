package convert_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/convert"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

const glove = "bridge 1 0.5\nriver -1 0.25\nu.s. 3 3\nthe 9 9\nriver 7 7\n"

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The model's vectors are the means that the encoder gives.
func TestStaticIsTheMeanOfWords(t *testing.T) {
	w, err := convert.Open(convert.GloVe, write(t, "vectors.txt", glove))
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Static(matrix.Float32)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"bridge", "River bridge, the unknown", "nothing"}
	want, got := matrix.New(3, 2), matrix.New(3, 2)
	if err := w.Encoder().Encode(context.Background(), texts, want); err != nil {
		t.Fatal(err)
	}
	if err := c.Model.Encode(context.Background(), texts, got, static.Options{}); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if d := matrix.Cosine(want.Row(i), got.Row(i)); d < 0.999999 && matrix.Norm(want.Row(i)) > 0 || matrix.Norm(got.Row(i)) != matrix.Norm(want.Row(i)) {
			t.Errorf("%q: %v, the encoder's %v", text, got.Row(i), want.Row(i))
		}
	}
	if got := fmt.Sprint(c.Counts); got != "map[repeated:1 rows:3 stop-words:1 unreachable:1 words:4]" {
		t.Errorf("counts %s", got)
	}
	if len(w.Warnings) != 1 || len(c.Warnings) != 1 {
		t.Errorf("warnings %q and %q", w.Warnings, c.Warnings)
	}
}

func TestFolderNamesItsFilesAndNoPath(t *testing.T) {
	path := write(t, "vectors.txt", glove)
	w, err := convert.Open(convert.GloVe, path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Static(matrix.Int8)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := c.Folder()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "words")
	if err := export.Write(context.Background(), dir, c.Model, folder, export.Options{}); err != nil {
		t.Fatal(err)
	}
	m, err := export.ReadManifest(dir)
	if err != nil || len(m.Teacher.SHA256["vectors.txt"]) != 64 || m.Options["form"] != "glove" || m.Options["quantize-to"] != "int8" {
		t.Errorf("%+v, %v", m, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "m2v.json")); err != nil || strings.Contains(string(data), filepath.Dir(path)) {
		t.Errorf("the manifest names a path: %s, %v", data, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		form, want string
		files      []string
	}{
		{"fasttext", `form "fasttext" is not`, nil},
		{convert.BPEmb, "1 files for bpemb, want 2", []string{"x"}},
		{convert.GloVe, "no such file", []string{filepath.Join(t.TempDir(), "x")}},
		{convert.GloVe, "line 1", []string{write(t, "x", "bridge one\n")}},
		{convert.BPEmb, "sentencepiece", []string{write(t, "m", "no model"), write(t, "x", "1 1\na 1\n")}},
	} {
		if _, err := convert.Open(c.form, c.files...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%s, %q): %v, want %q", c.form, c.files, err, c.want)
		}
	}
}

func ExampleOpen() {
	w, err := convert.Open(convert.GloVe, "testdata/vectors.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := w.Static(matrix.Float32)
	if err != nil {
		fmt.Println(err)
		return
	}
	vector, err := c.Model.EncodeOne("bridge over a river", static.Options{})
	fmt.Println(vector, err)
	// Output: [0 0.375] <nil>
}
