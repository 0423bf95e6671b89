package data

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// Whatever the bytes of a file are, reading ends without a panic, in rows of UTF-8 or an
// error that names the file; and rows that were read, written as JSON Lines, are read the
// same.

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,x\n", "\ufeffa,b\r\n1,\"x, \"\"y\"\"\"\r\n", "b,a,c\n\"two\nlines\",2,3\n", "a,b\n1,\"open\n", "a,b\n1\n", "a,b\n1,5\" wide\n"} {
		f.Add([]byte(seed))
	}
	fuzzRead(f, "x.csv", nil)
}

func FuzzTSV(f *testing.F) {
	for _, seed := range []string{"1\tx\n", "1\t\"open\n2\ty\n", "\ufeff1\tx\r\n", "1\n", "1\tx\ty\n", "\t\n"} {
		f.Add([]byte(seed))
	}
	fuzzRead(f, "x.tsv", []string{"a", "b"})
}

func FuzzTSVWithHeader(f *testing.F) {
	for _, seed := range []string{"a\tb\n1\tx\n", "b\ta\n\"x\"\t1\n", "a\tb\n1\t\"open\n2\ty\n"} {
		f.Add([]byte(seed))
	}
	fuzzRead(f, "x.tsv", nil)
}

func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":"x"}`, `{"a":"1","b":["x",["y",2],true]}`, `{"a":null,"b":"x"}`, `{"a":{},"b":1}`, `{"a":"\ud800","b":"x"}`, "{", "[]", "\ufeff{}"} {
		f.Add([]byte(seed + "\n"))
	}
	fuzzRead(f, "x.jsonl", nil)
}

func FuzzParquet(f *testing.F) {
	type flat struct {
		A int64   `parquet:"a"`
		B *string `parquet:"b,optional"`
	}
	type nested struct {
		A string   `parquet:"a"`
		B []string `parquet:"b,list"`
	}
	text := "x"
	seed := func(write func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-9])
	}
	seed(func(b *bytes.Buffer) error { return parquet.Write(b, []flat{{1, &text}, {2, nil}}) })
	seed(func(b *bytes.Buffer) error { return parquet.Write(b, []nested{{"1", []string{"x", "y"}}, {"2", nil}}) })
	f.Add([]byte("PAR1\xff\xff\xff\xffPAR1"))
	fuzzRead(f, "x.parquet", nil)
}

// fuzzRow is what a test reads of a row.
type fuzzRow struct {
	A string   `json:"a"`
	B []string `json:"b"`
}

func fuzzRead(f *testing.F, name string, header []string) {
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := readRows(path, header)
		if err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("an error without the file's name: %v", err)
		}
		if err == nil && len(rows) == 0 {
			t.Error("neither rows nor an error")
		}
		var again bytes.Buffer
		for _, r := range rows {
			if !utf8.ValidString(r.A) || slices.ContainsFunc(r.B, func(s string) bool { return !utf8.ValidString(s) }) {
				t.Errorf("%q is not UTF-8", r)
			}
			if err := json.NewEncoder(&again).Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil || len(rows) == 0 {
			return
		}
		path = filepath.Join(t.TempDir(), "again.jsonl")
		if err := os.WriteFile(path, again.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		back, err := readRows(path, nil)
		if err != nil || !slices.EqualFunc(back, rows, func(x, y fuzzRow) bool { return x.A == y.A && slices.Equal(x.B, y.B) }) {
			t.Errorf("rows %q, written and read again: %q, %v", rows, back, err)
		}
	})
}

// readRows reads a text and a list of each row; empty texts are no error here.
func readRows(path string, header []string) ([]fuzzRow, error) {
	var rows []fuzzRow
	err := Table{Files: []string{path}, Header: header}.Read(Fields("a", "b"), func(r Row) error {
		r = r.Loose()
		a, err := r.Text(0)
		if err != nil {
			return err
		}
		b, err := r.List(1, true)
		rows = append(rows, fuzzRow{a, append([]string{}, b...)})
		return err
	})
	return rows, err
}
