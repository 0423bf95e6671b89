package texts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRead: whatever the bytes, reading ends, without a panic, in texts that
// are UTF-8 and within the limit, and gives the same with any batch.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a\nb\r\n", "{\"text\":\"a\"}\n[", "\"a,b\",c\nd", "a\tb", "\x1f\x8b\x08", "\xff\xfe", "\ufeff\n", strings.Repeat("x", 300)} {
		for i := range formats {
			f.Add([]byte(seed), uint8(i), "text", true)
			f.Add([]byte(seed), uint8(i), "2", false)
		}
	}
	f.Add([]byte(zipped("a\nb")), uint8(0), "", false)
	for _, name := range []string{"testdata/snappy.parquet", "testdata/zstd.parquet"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(slices.Index(formats, string(Parquet))), "text", false)
	}
	f.Fuzz(func(t *testing.T, data []byte, format uint8, field string, header bool) {
		o := Options{Format: Format(formats[int(format)%len(formats)]), Field: field, Header: header, MaxBytes: 256, BatchBytes: 64}
		if o.Format != CSV && o.Format != TSV { // which refuse it
			o.Header = false
		}
		if o.Format == Lines || o.Format == Whole {
			o.Field = ""
		}
		o.Bad = func(*BadRecord) error { return nil }
		var runs [2][]string
		for i, batch := range []int{1, 50} {
			var stdin io.Reader = bytes.NewReader(data)
			names := []string{"-"}
			if o.Format == Parquet {
				names[0] = filepath.Join(t.TempDir(), "a.parquet")
				if err := os.WriteFile(names[0], data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Open(names, stdin, o)
			if err != nil {
				t.Fatal(err)
			}
			runs[i], _ = readAll(r, batch)
		}
		if !slices.Equal(runs[0], runs[1]) {
			t.Errorf("batches of 1 give %q, of 50 %q", runs[0], runs[1])
		}
		for _, text := range runs[0] {
			if !utf8.ValidString(text) || len(text) > o.MaxBytes+4096 { // encoding/csv's buffer is the tolerance
				t.Errorf("text %q of %d bytes", text, len(text))
			}
		}
	})
}

// FuzzLines: reading what was written gives it back.
func FuzzLines(f *testing.F) {
	f.Add("one", "two")
	f.Add("", "")
	f.Add("\r", "\"\\\u2028")
	f.Fuzz(func(t *testing.T, a, b string) {
		// JSON has no half of a character: one is replaced before it is written.
		a, b = strings.ToValidUTF8(a, "\ufffd"), strings.ToValidUTF8(b, "\ufffd")
		var in []byte
		for _, text := range []string{a, b} {
			line, err := json.Marshal(map[string]string{"text": text, "TEXT": "no"})
			if err != nil {
				t.Fatal(err)
			}
			in = append(append(in, line...), '\n')
		}
		o := DefaultOptions()
		o.Format = JSONL
		r, err := Open(nil, bytes.NewReader(in), o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(r, 3); err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q, %v, want %q", got, err, []string{a, b})
		}
	})
}

// FuzzTextOf: the scanner accepts, refuses and finds what encoding/json does.
func FuzzTextOf(f *testing.F) {
	for _, seed := range []string{`{"text":"a"}`, `"a\u00e9\n"`, `{"a":[1,-2.5e+3,true,null,{}],"te\u0078t":"b","text":"c"}`, `{"text":1}`, `01`, `1.`, `-`,
		`[]`, `[,]`, `{"a"}`, `{"text":"a",}`, `"\ud800"`, `"\x"`, `tru`, `{"text":"a"} x`, "\"\t\"", `{"": ""}`, `{"text":null}`,
		`"a\ud83d\uDE00\ud83d\u0041\ud83d\n\/\b\f\r\t\\\"é\ud83d"`, `"more than eight\"and\\"`, "\"a control\x1fcharacter\"", "\"ends in tex", "\"\x00\"", strings.Repeat("[", 20000)} {
		f.Add(seed, "text")
	}
	f.Add(`{"":"a"}`, "")
	f.Fuzz(func(t *testing.T, line, field string) {
		line = string(bytes.TrimSpace([]byte(line)))
		if line == "" || !utf8.ValidString(line) || !utf8.ValidString(field) {
			t.Skip()
		}
		var want *string
		value := json.RawMessage(line)
		if line[0] == '{' {
			object := map[string]json.RawMessage{}
			if json.Unmarshal([]byte(line), &object) == nil {
				value = object[field]
			}
		}
		err := json.Unmarshal(value, &want)
		got, gotErr := newJSONLines(lines{}, Options{Field: field}).textOf([]byte(line))
		if ok := err == nil && want != nil; ok != (gotErr == nil) || ok && got != *want {
			t.Errorf("%q of %q: %q, %v; encoding/json says %v, %v", field, line, got, gotErr, want, err)
		}
		if valid := !strings.Contains(fmt.Sprint(gotErr), "not JSON"); valid != json.Valid([]byte(line)) {
			t.Errorf("%q: error %v, encoding/json says valid: %t", line, gotErr, json.Valid([]byte(line)))
		}
	})
}
