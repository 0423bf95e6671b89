package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	file, err := OpenFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// readStrings returns a column, null as "<null>".
func readStrings(s *Strings) (all []string, err error) {
	defer s.Close()
	for {
		text, null, err := s.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if null {
			text = []byte("<null>")
		}
		all = append(all, string(text))
	}
}

// readFloats returns a column, a row with a null with "null" before the rest.
func readFloats(v *Floats) (all []string, err error) {
	defer v.Close()
	var row []float32
	for {
		var null bool
		row, null, err = v.Next(row)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		text := fmt.Sprint(row)
		if null {
			text = "null " + text
		}
		all = append(all, text)
	}
}

// A file of pyarrow's with LZ4 and a dictionary of more than 1,024 texts was
// refused: "decoding level expected 1025 values but got only 0".
func TestLZ4PagesThatHardlyCompress(t *testing.T) {
	for _, name := range []string{"lz4.parquet", "lz4-v2.parquet"} {
		s, err := open(t, filepath.Join("testdata", name)).Strings("text")
		if err != nil {
			t.Fatal(err)
		}
		all, err := readStrings(s)
		if err != nil || len(all) != 1500 {
			t.Fatalf("%s: %d texts, %v, want 1500", name, len(all), err)
		}
		for i, text := range all {
			if text != fmt.Sprint("row ", i) {
				t.Fatalf("%s: text %d is %q", name, i, text)
			}
		}
	}
}

// vector is what testdata/gen/parquet_vectors.py gives row i.
func vector(i int) string {
	return fmt.Sprint([]float32{float32(i), float32(i) / 4, 0 - float32(i), 1})
}

func TestFloatsOfAllKinds(t *testing.T) {
	holes := map[int]string{7: "null []", 8: "null []", 9: "null [9 -9 1]"}
	for _, test := range []struct {
		file, column string
		rows         int
		other        map[int]string
	}{
		{"arrow.parquet", "f32", 60, nil},
		{"arrow.parquet", "f32.list.element", 60, nil},
		{"arrow.parquet", "fixed", 60, nil},
		{"arrow.parquet", "f64", 60, nil},
		{"arrow.parquet", "f16", 60, nil},
		{"arrow.parquet", "dictionary", 60, nil},
		{"arrow.parquet", "holes", 60, holes},
		{"arrow.parquet", "ragged", 60, map[int]string{20: "[20 5 -20 1 0]"}},
		{"polars.parquet", "vector", 3000, nil},
		{"duckdb.parquet", "vector", 3000, nil},
	} {
		v, err := open(t, filepath.Join("testdata", test.file)).Floats(test.column)
		if err != nil {
			t.Errorf("%s, %s: %v", test.file, test.column, err)
			continue
		}
		all, err := readFloats(v)
		if err != nil || len(all) != test.rows {
			t.Errorf("%s, %s: %d rows, %v, want %d", test.file, test.column, len(all), err, test.rows)
		}
		for i, got := range all {
			want := vector(i)
			if other, ok := test.other[i]; ok {
				want = other
			}
			if got != want {
				t.Errorf("%s, %s: row %d is %s, want %s", test.file, test.column, i, got, want)
				break
			}
		}
	}
}

func TestStringsByPath(t *testing.T) {
	s, err := open(t, "testdata/arrow.parquet").Strings("doc.body")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readStrings(s)
	if err != nil || len(all) != 60 || all[3] != "<null>" || all[59] != "body 59" {
		t.Errorf("%q, %v", all, err)
	}
}

func TestColumnsThatAreNot(t *testing.T) {
	file := open(t, "testdata/arrow.parquet")
	const has = `the file has "f32.list.element", "fixed.list.element",`
	for column, want := range map[string]string{
		"body":   `no column "body"; ` + has,
		"doc":    `no column "doc"; ` + has,
		"doc.id": `column "doc.id" holds INT64, not`,
		"f32":    `column "f32" holds lists of FLOAT, not one string a row`,
	} {
		if _, err := file.Strings(column); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("strings of %s: %v, want %s", column, err, want)
		}
	}
	if _, err := file.Floats("doc.body"); err == nil || err.Error() != `column "doc.body" holds STRING, not one list of float16, float32 or float64 a row` {
		t.Errorf("floats of doc.body: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{"", "too short"},
		{"this is no Parquet file", "it does not end in PAR1"},
		{"PAR1....PARE", "encrypted"},
		{"PAR1\xff\xff\xff\x7fPAR1", "a footer of 2147483647 bytes in a file of 12"},
	} {
		if _, err := Open(strings.NewReader(test.data), int64(len(test.data))); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.data, err, test.want)
		}
	}
}

// A page header that claims 2 GiB is refused before anything is allocated.
func TestPagesThatClaim(t *testing.T) {
	whole, err := os.ReadFile("testdata/lz4.parquet")
	if err != nil {
		t.Fatal(err)
	}
	// The first page starts at byte 4: its type, then its size as a varint.
	data := bytes.Clone(whole)
	if data[4] != 0x15 || data[6] != 0x15 || data[7]&data[8]&0x80 == 0 || data[9] >= 0x80 {
		t.Fatalf("the first page's header is % x", data[4:12])
	}
	header := append([]byte{0x15, data[5], 0x15}, 0xfe, 0xff, 0xff, 0xff, 0x0f)
	data = append(append(data[:4:4], header...), data[10:]...)
	if _, err := Open(bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), `column "text": a page at byte 4 claims 2147483647 bytes`) {
		t.Errorf("%v", err)
	}
}

// readAll reads what can be read, and returns how much was allocated meanwhile.
func readAll(data []byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if file, err := Open(bytes.NewReader(data), int64(len(data))); err == nil {
		for _, name := range file.Columns() {
			if s, err := file.Strings(name); err == nil {
				_, _ = readStrings(s)
			}
			if v, err := file.Floats(name); err == nil {
				_, _ = readFloats(v)
			}
		}
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestCorruptFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"arrow.parquet", "lz4.parquet"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			data := bytes.Clone(whole)
			for range 1 + random.IntN(3) {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
			if used := readAll(data); used > maxPage+64<<20 {
				t.Errorf("%s, mutation %d: %d MiB", name, i, used>>20)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"arrow.parquet", "lz4.parquet", "lz4-v2.parquet"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { readAll(data) })
}

// The shim gives the bytes of the file but for the patches, wherever a read starts
// and ends.
func TestPatched(t *testing.T) {
	p := &patched{ReaderAt: strings.NewReader("0123456789"), patches: []patch{{1, []byte("ab")}, {5, []byte("cdefg")}}}
	const want = "0ab34cdefg"
	for at := range 10 {
		for n := 1; at+n <= 10; n++ {
			got := make([]byte, n)
			if _, err := p.ReadAt(got, int64(at)); err != nil || string(got) != want[at:at+n] {
				t.Errorf("%d bytes at %d: %q, %v, want %q", n, at, got, err, want[at:at+n])
			}
		}
	}
	if _, err := p.ReadAt(make([]byte, 3), 9); !errors.Is(err, io.EOF) {
		t.Errorf("beyond the end: %v", err)
	}
}
