package features

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// arrow is a file of pyarrow's, made by testdata/gen/parquet_vectors.py: row i has
// the vector [i, i/4, −i, 1].
const arrow = "../internal/parquet/testdata/polars.parquet"

func TestFromParquet(t *testing.T) {
	f, err := FromParquet(context.Background(), arrow, "text", "vector")
	if err != nil {
		t.Fatal(err)
	}
	texts, rows := readSource(t, f)
	if len(texts) != 3000 || f.Width() != 4 || f.Dropped() != (Dropped{}) {
		t.Errorf("%d texts × %d, dropped %+v", len(texts), f.Width(), f.Dropped())
	}
	for i := range texts {
		x := float32(i)
		if want := []float32{x, x / 4, 0 - x, 1}; texts[i] != fmt.Sprint("row ", i) || !slices.Equal(rows[i], want) {
			t.Fatalf("row %d: %q, %v", i, texts[i], rows[i])
		}
	}
}

func TestFromParquetOfOurs(t *testing.T) {
	dir := t.TempDir()
	for _, typ := range []matrix.Type{matrix.Float32, matrix.Float16} {
		o := smallOptions()
		o.Type, o.ShardTexts = typ, 1000
		dir := filepath.Join(dir, typ.String())
		write(t, dir, corpus(150), newFake(), o)
		want, wantRows := readSource(t, open(t, dir))
		f, err := FromParquet(context.Background(), filepath.Join(dir, shardName(0)), "text", "vector")
		if err != nil {
			t.Fatal(err)
		}
		texts, rows := readSource(t, f)
		if !slices.Equal(texts, want) || !slices.EqualFunc(rows, wantRows, slices.Equal) {
			t.Errorf("%s: other texts or vectors", typ)
		}
	}
}

func TestFromParquetRefuses(t *testing.T) {
	const other = "../internal/parquet/testdata/arrow.parquet"
	for _, test := range []struct{ path, text, vector, want string }{
		{arrow, "body", "vector", `no column "body"; the file has "text", "vector.list.element"`},
		{arrow, "text", "text", `column "text" holds STRING, not one list`},
		{arrow, "vector", "vector", `column "vector" holds lists of FLOAT, not one string`},
		{other, "doc.body", "holes", `3 of 60 texts have a vector that is null, zeros, NaN or Inf, more than 1 %; the first is row 8, "body 7"`},
		{other, "doc.body", "ragged", "row 21 has 5 values, and the rows before it have 4"},
		{filepath.Join(t.TempDir(), "none.parquet"), "text", "vector", "no such file"},
		{"foreign_test.go", "text", "vector", "not a Parquet file"},
	} {
		_, err := FromParquet(context.Background(), test.path, test.text, test.vector)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "features: open "+test.path+": ") {
			t.Errorf("%s, %s: %v\nwant %s", test.text, test.vector, err, test.want)
		}
	}
	f, err := FromParquet(context.Background(), other, "doc.body", "f16")
	if err != nil || f.Len() != 59 || f.Dropped().Empty != 1 { // row 3 has no text
		t.Errorf("%+v, %v", f, err)
	}
}

// npy writes a .npy file of float32.
func npy(t *testing.T, rows [][]float32) string {
	t.Helper()
	var data bytes.Buffer
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }\n", len(rows), len(rows[0]))
	data.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&data, binary.LittleEndian, uint16(len(header)))
	data.WriteString(header)
	for _, row := range rows {
		_ = binary.Write(&data, binary.LittleEndian, row)
	}
	path := filepath.Join(t.TempDir(), "vectors.npy")
	if err := os.WriteFile(path, data.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFromNPY(t *testing.T) {
	var texts []string
	var rows [][]float32
	for i := range 2500 {
		texts = append(texts, fmt.Sprint("text ", i))
		rows = append(rows, fakeVector(texts[i], 5))
	}
	texts[3] = " "
	clear(rows[1700])
	rows[4][2] = float32(math.NaN())
	path := npy(t, rows)
	opened := 0
	f, err := FromNPY(context.Background(), path, func() (Corpus, error) {
		opened++
		return Strings(texts), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.Len() != 2497 || f.Width() != 5 || f.Dropped() != (Dropped{Empty: 1, BadVectors: 2}) {
		t.Errorf("%d×%d, %+v", f.Len(), f.Width(), f.Dropped())
	}
	got, gotRows := readSource(t, f)
	want := slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == " " || s == "text 4" || s == "text 1700" })
	if !slices.Equal(got, want) || !slices.Equal(gotRows[2496], rows[2499]) {
		t.Errorf("%d texts", len(got))
	}
	if opened != 3 { // once to count, once to read all, once for the texts alone
		t.Errorf("the corpus was opened %d times", opened)
	}
}

func TestFromNPYRefuses(t *testing.T) {
	var texts []string
	var rows [][]float32
	for i := range 300 {
		texts = append(texts, fmt.Sprint("text ", i))
		rows = append(rows, fakeVector(texts[i], 5))
	}
	path := npy(t, rows)
	failing := errors.New("the texts cannot be read")
	for _, test := range []struct {
		name  string
		texts []string
		fail  error
		want  string
	}{
		{"one text less", texts[1:], nil, "300 vectors for 299 texts"},
		{"one text more", append(slices.Clone(texts), "more"), nil, "300 vectors for 301 texts"},
		{"many more", append(slices.Clone(texts), texts...), nil, "300 vectors for 600 texts"},
		{"no texts", nil, nil, "300 vectors for 0 texts"},
		{"empty texts", make([]string, 300), nil, "it holds no text with a vector (300 rows)"},
		{"a failing corpus", nil, failing, failing.Error()},
	} {
		_, err := FromNPY(context.Background(), path, func() (Corpus, error) { return Strings(test.texts), test.fail })
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "features: open "+path) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	if _, err := FromNPY(context.Background(), "foreign_test.go", nil); err == nil || err.Error() != "features: open foreign_test.go: not a .npy file" {
		t.Errorf("%v", err)
	}
	for i := range 4 {
		rows[10+i][0] = float32(math.Inf(1))
	}
	_, err := FromNPY(context.Background(), npy(t, rows), func() (Corpus, error) { return Strings(texts), nil })
	if err == nil || !strings.Contains(err.Error(), `4 of 300 texts have a vector that is null, zeros, NaN or Inf, more than 1 %; the first is row 11, "text 10"`) {
		t.Errorf("%v", err)
	}
}

// A source whose texts change between two passes says so.
func TestForeignThatChanges(t *testing.T) {
	rows := [][]float32{{1, 2}, {3, 4}}
	texts := []string{"a", "b"}
	f, err := FromNPY(context.Background(), npy(t, rows), func() (Corpus, error) { return Strings(texts), nil })
	if err != nil {
		t.Fatal(err)
	}
	texts = []string{"a", " "}
	err = f.Each(context.Background(), func(int, []string, *matrix.Matrix) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "it has 1 texts, not 2: the file has changed") {
		t.Errorf("%v", err)
	}
	stop := io.ErrShortBuffer
	texts = []string{"a", "b"}
	if err := f.Each(context.Background(), func(int, []string, *matrix.Matrix) error { return stop }); err != stop {
		t.Errorf("%v, want the caller's own", err)
	}
}
