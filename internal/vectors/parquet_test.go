package vectors

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	parquetfile "github.com/m2v-dev/m2v/internal/parquet"
	"github.com/m2v-dev/m2v/matrix"
)

// keepRows are three rows of two values with two more beside each: a string, a number and
// what is missing.
var (
	keepVectors = &matrix.Matrix{Rows: 3, Cols: 2, Data: []float32{1, -0.5, 0, 8, 2, 3}}
	keepValues  = []json.RawMessage{
		json.RawMessage(`"ü\n"`), json.RawMessage(`7`), json.RawMessage(`""`), nil, json.RawMessage(`null`), json.RawMessage(`{"a":1}`),
	}
)

func writeKept(t *testing.T, path string, o Options) {
	t.Helper()
	w, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.WriteBytes(w.Options().AppendKept(nil, keepVectors, keepValues[:3*len(o.Keep)]), 3); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// A Parquet file has the vectors and, as strings, what stands beside them. Its bytes are
// the same each time. pyarrow 26.0.1 reads such a file as string and list<float> columns.
func TestParquet(t *testing.T) {
	for _, kind := range []matrix.Type{matrix.Float32, matrix.Float16} {
		path := filepath.Join(t.TempDir(), "v.parquet")
		writeKept(t, path, Options{Type: kind, Cols: 2, Keep: []string{"title", "id"}})
		writeKept(t, path+"2.parquet", Options{Type: kind, Cols: 2, Keep: []string{"title", "id"}})
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := os.ReadFile(path + "2.parquet"); err != nil || string(first) != string(second) {
			t.Errorf("%s: two files of the same rows differ (%v)", kind, err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		table, err := parquetfile.OpenFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range map[string][]string{"title": {"ü\n", "", "NULL"}, "id": {"7", "NULL", `{"a":1}`}} {
			values, err := table.Strings(column)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for {
				text, null, err := values.Next()
				if err == io.EOF { //nolint:errorlint // the end itself
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if null {
					text = []byte("NULL")
				}
				got = append(got, string(text))
			}
			values.Close()
			if !slices.Equal(got, want) {
				t.Errorf("%s: column %s is %q, want %q", kind, column, got, want)
			}
		}
		rows, err := table.Floats(VectorColumn)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for i := range keepVectors.Rows {
			if got, _, err := rows.Next(nil); err != nil || !slices.Equal(got, keepVectors.Row(i)) {
				t.Errorf("%s: row %d is %v, %v, want %v", kind, i, got, err, keepVectors.Row(i))
			}
		}
	}
}

// Row groups end early enough that no file stands in memory, and no row is lost between them.
func TestParquetInGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.parquet")
	w, err := Create(path, Options{Type: matrix.Float32, Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.table.group = 2
	for range 3 {
		if err := w.Write(keepVectors); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := parquetfile.OpenFile(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := table.Floats(VectorColumn)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := range 9 {
		if got, _, err := rows.Next(nil); err != nil || !slices.Equal(got, keepVectors.Row(i%3)) {
			t.Errorf("row %d is %v, %v", i, got, err)
		}
	}
	if _, _, err := rows.Next(nil); err == nil {
		t.Error("there is a tenth row")
	}
}

func TestJSONLObjects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.jsonl")
	writeKept(t, path, Options{Type: matrix.Float32, Cols: 2, Keep: []string{"<t>", "id"}})
	got, err := os.ReadFile(path)
	want := `{"<t>":"ü\n","id":7,"vector":[1,-0.5]}
{"<t>":"","id":null,"vector":[0,8]}
{"<t>":null,"id":{"a":1},"vector":[2,3]}
`
	if err != nil || string(got) != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
}

// What has no place beside the vectors is refused.
func TestKeepRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"npy has no place for [id] beside the vectors": {Format: NPY, Keep: []string{"id"}},
		`two values of a row would be called "vector"`: {Format: Parquet, Keep: []string{"vector"}},
		`two values of a row would be called "id"`:     {Format: JSONL, Keep: []string{"id", "id"}},
	} {
		o.Type, o.Cols = matrix.Float32, 2
		if _, err := Create(filepath.Join(t.TempDir(), "v"), o); err == nil || err.Error() != "vectors: "+name {
			t.Errorf("got %v, want %s", fmt.Sprint(err), name)
		}
	}
}
