package texts

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// write puts content into a file of that name in a new folder.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, content)
	z.Close()
	return b.String()
}

// readAll reads every text, with batches of the given length.
func readAll(r *Reader, batch int) (all []string, err error) {
	defer r.Close()
	for buf := make([]string, batch); ; {
		n, err := r.Next(buf)
		if n > 0 && err != nil {
			return all, fmt.Errorf("%d texts and error %w", n, err)
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, buf[:n]...)
	}
}

func TestReadFormats(t *testing.T) {
	for _, test := range []struct {
		name, file, content string
		change              func(o *Options)
		want                []string
	}{
		{"lines", "a.txt", "one\ntwo\r\n\n four ", nil, []string{"one", "two", "", " four "}},
		{"no final line", "a.txt", "one\n", nil, []string{"one"}},
		{"nothing", "a.txt", "", nil, nil},
		{"an empty line", "a.txt", "\n", nil, []string{""}},
		{"byte order mark", "a.txt", "\ufeffone", nil, []string{"one"}},
		{"a carriage return inside", "a.txt", "a\rb\n\r\n", nil, []string{"a\rb", ""}},
		{"no suffix", "data", `{"text":1}`, nil, []string{`{"text":1}`}},
		{"gzip", "a.txt.gz", zipped("one\ntwo"), nil, []string{"one", "two"}},
		{"gzip by contents, in members", "a.txt", zipped("one\n") + zipped("two\n"), nil, []string{"one", "two"}},
		{"format by name", "a.txt", `"one"`, func(o *Options) { o.Format = JSONL }, []string{"one"}},

		{"jsonl", "a.jsonl", "{\"id\":1,\"text\":\"one\"}\n\n  {\"text\":\"t\\u00e9\\nx\"} \r\n\"bare\"", nil, []string{"one", "té\nx", "bare"}},
		{"jsonl field", "a.ndjson", `{"text":"no","Body":"no","body":"yes"}`, func(o *Options) { o.Field = "body" }, []string{"yes"}},
		{"jsonl gzip", "a.jsonl.gz", zipped(`{"text":""}`), nil, []string{""}},

		{"csv", "a.csv", "id,text\r\n1,one\n2,\"two, \"\"2\"\"\nlines\"\n\n3,\n", nil, []string{"one", "two, \"2\"\nlines", ""}},
		{"csv with a mark", "a.csv", "\ufefftext,id\none,1\n", nil, []string{"one"}},
		{"csv column by number", "a.csv", "1,one\n2,two", func(o *Options) { o.Field = "2" }, []string{"one", "two"}},
		{"csv column by number, header", "a.csv", "id,text\n1,one\n2,two", func(o *Options) { o.Field = "2"; o.Header = true }, []string{"one", "two"}},
		{"csv column named by a number", "a.csv", "id,1\n7,one", func(o *Options) { o.Field = "1"; o.Header = true }, []string{"one"}},
		{"csv header alone", "a.csv", "text\n", nil, nil},
		{"csv with nothing", "a.csv", "", nil, nil},
		{"tsv", "a.tsv", "id\ttext\r\n1\t\"one\r\n2\t\n", nil, []string{`"one`, ""}},
		{"tsv by number", "a.tab", "one\t1\ntwo\t2", func(o *Options) { o.Field = "1" }, []string{"one", "two"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := DefaultOptions()
			if test.change != nil {
				test.change(&o)
			}
			path := write(t, test.file, test.content)
			for _, batch := range []int{1, 100} {
				r, err := Open([]string{path}, nil, o)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(r, batch)
				if err != nil || !slices.Equal(got, test.want) {
					t.Errorf("batches of %d: %q, %v, want %q", batch, got, err, test.want)
				}
				if done, total := r.Progress(); done != total || total != int64(len(test.content)) {
					t.Errorf("progress %d of %d, the file has %d", done, total, len(test.content))
				}
			}
		})
	}
}

func TestReadParquet(t *testing.T) {
	// pyarrow 26.0.1, testdata/gen/parquet_texts.py
	var want []string
	for i := 1; i <= 100; i++ {
		text := fmt.Sprintf("text %d é", i)
		switch i {
		case 3:
			text = ""
		case 5:
			text = strings.Repeat("long ", 500)
		case 8:
			continue // null
		}
		want = append(want, text)
	}
	for _, name := range []string{"testdata/snappy.parquet", "testdata/zstd.parquet"} {
		o := DefaultOptions()
		if _, err := readAll(open(t, o, name), 10); err == nil || err.Error() != "texts: read "+name+":8: null, not a string" {
			t.Errorf("%s: error %v, want row 8's", name, err)
		}
		o.Bad = func(*BadRecord) error { return nil }
		r := open(t, o, name)
		got, err := readAll(r, 7)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d texts, %v, want %d", name, len(got), err, len(want))
		}
		if r.Skipped() != 1 {
			t.Errorf("%s: %d skipped, want 1", name, r.Skipped())
		}
		o.MaxBytes = 2499
		r = open(t, o, name)
		if got, err := readAll(r, 7); err != nil || len(got) != len(want)-1 || r.Skipped() != 2 {
			t.Errorf("%s: %d texts, %d skipped, %v with a limit of 2,499 bytes", name, len(got), r.Skipped(), err)
		}
		for field, text := range map[string]string{
			"id":   `column "id" holds`,
			"body": `no column "body"; the file has "id", "text", "tags.list.element"`,
			"tags": `column "tags" holds lists of STRING`,
		} {
			o.Field = field
			if _, err := readAll(open(t, o, name), 7); err == nil || !strings.Contains(err.Error(), "texts: open "+name+": "+text) {
				t.Errorf("%s: column %s: error %v, want one with %q", name, field, err, text)
			}
		}
	}
}

func open(t testing.TB, o Options, names ...string) *Reader {
	t.Helper()
	r, err := Open(names, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadBadRecords(t *testing.T) {
	for _, test := range []struct {
		name, file, content string
		want                string // the error, after "texts: read FILE"
		rest                []string
	}{
		{"jsonl, not JSON", "a.jsonl", "\"a\"\n\n{\"text\": \"b\n\"c\"", ":3: not JSON: unexpected end of JSON input", []string{"a", "c"}},
		{"jsonl, no field", "a.jsonl", `{"Text":"a"}` + "\n\"b\"", `:1: no field "text"`, []string{"b"}},
		{"jsonl, null", "a.jsonl", `{"text":null}`, `:1: field "text" is not a string: null`, nil},
		{"jsonl, number", "a.jsonl", "1\n", `:1: the line is not a string: 1`, nil},
		{"jsonl, array", "a.jsonl", "[\"a\"]\n", `:1: the line is not a string: ["a"]`, nil},
		{"jsonl, two values", "a.jsonl", `{"text":"a"} {"text":"b"}`, ":1: not JSON: unexpected '{' after the value, at byte 14", nil},
		{"lines, not UTF-8", "a.txt", "a\n\xff\xffb\nc", ":2: not valid UTF-8", []string{"a", "c"}},
		{"jsonl, not UTF-8", "a.jsonl", "{\"text\":\"\xc3\"}\n\"b\"", ":1: not valid UTF-8", []string{"b"}},
		{"csv, too few columns", "a.csv", "id,text\n1,a\n2\n3,c", ":3: the row has 1 columns, and column 2 is asked for", []string{"a", "c"}},
		{"csv, bare quote", "a.csv", "text\na\nb\"c\nd", ":3: column 2: bare \" in non-quoted-field", []string{"a", "d"}},
		{"tsv, too few columns", "a.tsv", "id\ttext\n\n3\tc", ":2: the row has 1 columns, and column 2 is asked for", []string{"c"}},
		{"too long", "a.txt", "a\n" + strings.Repeat("x", 101) + "\nb", ":2: record is too long: more than 100 bytes", []string{"a", "b"}},
		{"too long at the end", "a.txt", "a\n" + strings.Repeat("x", 200_000), ":2: record is too long: more than 100 bytes", []string{"a"}},
		{"too long by far", "a.jsonl", strings.Repeat("x", 200_000) + "\n\"b\"", ":1: record is too long: more than 100 bytes", []string{"b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := DefaultOptions()
			o.MaxBytes = 100
			path := write(t, test.file, test.content)
			got, err := readAll(open(t, o, path), 3)
			var record *BadRecord
			if err == nil || err.Error() != "texts: read "+path+test.want || !errors.As(err, &record) {
				t.Errorf("%q, error %v\nwant %s", got, err, test.want)
			}
			var told []string
			o.Bad = func(b *BadRecord) error {
				told = append(told, strings.TrimPrefix(b.Error(), "texts: read "+path))
				return nil
			}
			r := open(t, o, path)
			got, err = readAll(r, 3)
			if err != nil || !slices.Equal(got, test.rest) {
				t.Errorf("skipping: %q, %v, want %q", got, err, test.rest)
			}
			if !slices.Equal(told, []string{test.want}) || r.Skipped() != 1 {
				t.Errorf("told of %q, %d skipped, want %q", told, r.Skipped(), test.want)
			}
			stop := errors.New("enough")
			o.Bad = func(*BadRecord) error { return stop }
			if _, err := readAll(open(t, o, path), 3); !errors.Is(err, stop) {
				t.Errorf("error %v, want the caller's own", err)
			}
		})
	}
}

const lfsText = "version https://git-lfs.example/spec/v1\noid sha256:0\nsize 1\n"

// packed compresses with zstd.
func packed(text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

// Faults that no skipping gets past: what follows cannot be told.
func TestReadFaults(t *testing.T) {
	whole := zipped(strings.Repeat("some lines\n", 1000))
	for _, test := range []struct{ name, file, content, want string }{
		{"gzip cut short", "a.gz", whole[:len(whole)-20], ": unexpected EOF"},
		{"gzip with a wrong sum", "a.gz", whole[:len(whole)-8] + "\x00\x00\x00\x00" + whole[len(whole)-4:], "gzip: invalid checksum"},
		{"gzip header alone", "a.gz", "\x1f\x8b", "unexpected EOF"},
		{"UTF-16", "a.txt", "\xff\xfea\x00", "it is UTF-16, not UTF-8"},
		{"UTF-16, big-endian", "a.txt", "\xfe\xff\x00a", "it is UTF-16, not UTF-8"},
		{"UTF-16 without a mark", "a.csv", "t\x00e\x00x\x00t\x00\n\x00a\x00", "it is UTF-16, not UTF-8"},
		{"UTF-32", "a.txt", "\xff\xfe\x00\x00a\x00\x00\x00", "it is UTF-32, not UTF-8"},
		{"binary", "a.txt", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x02", "it is binary, not text"},
		{"Latin", "a.txt", strings.Repeat("\xc4\xd6\xdc ", 20), "it is binary, or text of another encoding than UTF-8"},
		{"gzip of garbage", "a.gz", zipped("\x00\x01\x02\x03garbage"), "decompressed, it is binary, not text"},
		{"gzip of UTF-16", "a.gz", zipped("\xff\xfea\x00"), "decompressed, it is UTF-16, not UTF-8"},
		{"gzip of gzip", "a.gz", zipped(zipped("a")), "decompressed, it is compressed with gzip once more"},
		{"gzip of Parquet", "a.gz", zipped("PAR1...."), "decompressed, it is a Parquet file"},
		{"bzip2", "a.bz2", "BZh91AY&SY", "it is compressed with bzip2: use gzip or zstd"},
		{"xz", "a.xz", "\xfd7zXZ\x00", "it is compressed with xz: use gzip or zstd"},
		{"zip", "a.zip", "PK\x03\x04", "it is a zip archive"},
		{"PDF", "a.pdf", "%PDF-1.7", "it is a PDF document"},
		{"Git LFS", "a.jsonl", lfsText, "it is a Git LFS pointer, not the file that it stands for: run git lfs pull"},
		{"Git LFS for Parquet", "a.parquet", lfsText, "it is a Git LFS pointer, not the file that it stands for: run git lfs pull"},
		{"zstd cut short", "a.zst", packed(strings.Repeat("some lines\n", 1000))[:30], "unexpected EOF"},
		{"zstd, damaged", "a.zst", strings.Replace(packed("some lines\n"), "lines", "limes", 1), "CRC check failed"},
		{"zstd with a wide window", "a.zst", "\x28\xb5\x2f\xfd\x00\xff", "window size exceeded"},
		{"csv without the column", "a.csv", "id,body\n1,a", `:1: no column "text"; the header has "id", "body"`},
		{"csv with a faulty header", "a.csv", "id,te\"xt\n1,a", `:1: column 6: bare " in non-quoted-field`},
		{"csv, quote left open", "a.csv", "text\na\n\"b\nc\nd\n", ":3: a quoted field is not closed by line 5"},
		{"csv, quote left open in a long file", "a.csv", "text\na\n\"" + strings.Repeat("b\n", 10_000), ":3: record is too long: more than 100 bytes (is a quote left open?)"},
		{"parquet, not one", "a.parquet", "this is no Parquet file", "it does not end in PAR1"},
		{"parquet with a long footer", "a.parquet", "PAR1\xff\xff\xff\x7fPAR1", "a footer of 2147483647 bytes in a file of 12"},
		{"parquet, empty", "a.parquet", "", "too short"},
		{"parquet by another name", "a.txt", "PAR1....", "it is a Parquet file"},
	} {
		o := DefaultOptions()
		o.MaxBytes = 100
		o.Bad = func(*BadRecord) error { return nil }
		path := write(t, test.file, test.content)
		r, err := Open([]string{path}, nil, o)
		if err == nil {
			_, err = readAll(r, 10)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "texts: ") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
		if r.inputs[0].file != nil {
			t.Errorf("%s: the file is left open", test.name)
		}
	}
}

func TestReadSeveralInputs(t *testing.T) {
	a, b := write(t, "a.txt", "one"), write(t, "b.jsonl", `"three"`)
	r, err := Open([]string{a, "-", b}, strings.NewReader(zipped("two\n")), DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if done, total := r.Progress(); done != 0 || total != -1 {
		t.Errorf("progress %d of %d, want 0 of an unknown number", done, total)
	}
	got, err := readAll(r, 2)
	if want := []string{"one", "two", "three"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := r.Next(make([]string, 1)); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}

	if r, err = Open(nil, strings.NewReader("alone"), DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(r, 1); err != nil || !slices.Equal(got, []string{"alone"}) {
		t.Errorf("no names: %q, %v, want stdin's", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	folder := t.TempDir()
	for _, test := range []struct {
		names []string
		want  string
	}{
		{[]string{missing}, "texts: open " + missing + ": "},
		{[]string{folder}, "texts: open " + folder + ": the folder has no file whose name ends in .csv, "},
		{[]string{folder + "/*.txt"}, "texts: open " + folder + "/*.txt: no file matches the pattern"},
		{[]string{folder + "/[.txt"}, "texts: open " + folder + "/[.txt: syntax error in pattern"},
		{[]string{"-", "-"}, "standard input is named twice"},
	} {
		if _, err := Open(test.names, strings.NewReader(""), DefaultOptions()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.names, err, test.want)
		}
	}
	if _, err := Open(nil, strings.NewReader(""), Options{}); err == nil {
		t.Error("limits of 0 are taken")
	}
	o := DefaultOptions()
	o.Format = Parquet
	r, err := Open(nil, strings.NewReader(""), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(make([]string, 1)); err == nil || !strings.Contains(err.Error(), "needs a file") {
		t.Errorf("Parquet from a pipe: %v", err)
	}
}

func TestReaderIsClosedEarly(t *testing.T) {
	r := open(t, DefaultOptions(), write(t, "a.txt", "one\ntwo\n"))
	if n, err := r.Next(make([]string, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.Close()
	if n, err := r.Next(make([]string, 1)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("after Close: %d, %v", n, err)
	}
}

// endless repeats a line n times without holding more than one.
type endless struct {
	line string
	left int
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) && e.left > 0 {
		k := copy(p[n:], e.line[e.at:])
		n += k
		if e.at += k; e.at == len(e.line) {
			e.at, e.left = 0, e.left-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Memory must not follow the input: neither its length, nor that of a line.
func TestReadingIsBounded(t *testing.T) {
	row := strings.Repeat("word ", 40)
	for _, test := range []struct {
		name   string
		format Format
		in     io.Reader
		texts  int
		bad    bool
	}{
		{"many lines", Lines, &endless{line: row + "\n", left: 300_000}, 300_000, false},
		{"many objects", JSONL, &endless{line: `{"text":"` + row + "\"}\n", left: 100_000}, 100_000, false},
		{"many rows", CSV, &endless{line: "\"" + row + "\",1\n", left: 100_000}, 100_000, false},
		{"one line of 128 MiB", Lines, &endless{line: strings.Repeat("x", 1<<20), left: 128}, 0, true},
		{"one field of 128 MiB", CSV, io.MultiReader(strings.NewReader(`"`), &endless{line: strings.Repeat("x\n", 1<<19), left: 128}), 0, true},
	} {
		o := DefaultOptions()
		o.Format = test.format
		if test.format == CSV {
			o.Field = "1"
		}
		r, err := Open(nil, test.in, o)
		if err != nil {
			t.Fatal(err)
		}
		texts := 0
		var peak, base runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&base)
		batch := make([]string, 100_000)
		for i := 0; ; i++ {
			n, err := r.Next(batch)
			texts += n
			if i%4 == 0 || err != nil {
				runtime.GC()
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak.HeapAlloc = max(peak.HeapAlloc, now.HeapAlloc)
			}
			if err == io.EOF && !test.bad || test.bad && errors.Is(err, ErrTooLong) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
		}
		if texts != test.texts {
			t.Errorf("%s: %d texts, want %d", test.name, texts, test.texts)
		}
		if grown := int64(peak.HeapAlloc) - int64(base.HeapAlloc); grown > 40<<20 {
			t.Errorf("%s: heap grew by %d MiB", test.name, grown>>20)
		}
	}
}

func TestFormatFlag(t *testing.T) {
	for _, name := range []string{"auto", "lines", "jsonl", "csv", "tsv", "parquet"} {
		var f Format
		if err := f.Set(name); err != nil || f.String() != name {
			t.Errorf("Set(%q): %q, %v", name, f, err)
		}
	}
	var f Format
	if err := f.Set("xml"); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("Set(xml): %v", err)
	}
}

// A field or a header without a place in any of the texts was ignored in silence.
func TestOpenRefusesIdleOptions(t *testing.T) {
	for want, o := range map[string]Options{
		"header has no effect: the texts are lines, not CSV or TSV": {Header: true},
		"field body has no effect: the texts are lines":             {Field: "body"},
		"header has no effect: the texts are jsonl":                 {Format: JSONL, Header: true},
	} {
		o.MaxBytes, o.BatchBytes = 100, 100
		if _, err := Open(nil, strings.NewReader(""), o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, o := range []Options{{Format: CSV, Field: "body", Header: true}, {Format: JSONL, Field: "body"}, {Format: Lines, Field: "text"}} {
		o.MaxBytes, o.BatchBytes = 100, 100
		if _, err := Open(nil, strings.NewReader(""), o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
