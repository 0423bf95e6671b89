package texts

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// readKept returns each text with what is kept of it.
func readKept(r *Reader, batch int) (all []string, err error) {
	texts := make([]string, batch)
	for {
		n, err := r.Next(texts)
		for i, text := range texts[:n] {
			all = append(all, fmt.Sprintf("%s %s", text, r.Kept(i)))
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestKeep(t *testing.T) {
	for _, test := range []struct {
		file, content string
		keep          []string
		want          []string
	}{
		{"a.jsonl", `{"id": 7, "text": "a", "t\u0069tle": "x\"é", "n": {"id": 8}}` + "\n\"b\"\n" + `{"title": null, "text": "c"}`, []string{"id", "title"},
			[]string{`a [7 "x\"é"]`, "b [ ]", "c [ ]"}},
		{"a.csv", "id,text,title\n7,a,\"x\"\"é\n<\"\n8,b\n", []string{"title", "id"},
			[]string{`a ["x\"é\n\u003c" "7"]`, `b [ "8"]`}},
		{"a.tsv", "a\t1\nb\t2\n", []string{"2"}, []string{`a ["1"]`, `b ["2"]`}},
		{"a.tsv", "text\tid\na\t1\nb\t2\n", []string{"id", "text"}, []string{`a ["1" "a"]`, `b ["2" "b"]`}},
	} {
		o := DefaultOptions()
		o.Keep = test.keep
		if test.keep[0] == "2" {
			o.Field = "1"
		}
		path := write(t, test.file, test.content)
		for _, batch := range []int{1, 2, 10} {
			if got, err := readKept(open(t, o, path), batch); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s, batches of %d: %q, %v\nwant %q", test.file, batch, got, err, test.want)
			}
		}
	}
}

// A name that no record has a value for is told of once, after the last text; without texts
// there is nothing to say.
func TestKeepTellsOfWhatIsAbsent(t *testing.T) {
	for content, want := range map[string]string{
		`{"text": "a", "title": null}` + "\n" + `{"text": "b", "id": 1}` + "\n": "[title nosuch]",
		`{"text": "a"}`: "[id title nosuch]",
		"":              "[]",
	} {
		absent := []string{}
		o := DefaultOptions()
		o.Keep, o.Absent = []string{"id", "title", "nosuch"}, func(name string) { absent = append(absent, name) }
		path := write(t, "a.jsonl", content)
		if _, err := readKept(open(t, o, path, path), 1); err != nil || fmt.Sprint(absent) != want {
			t.Errorf("%s: %v, %v, want %s", content, absent, err, want)
		}
	}
}

func TestKeepOfParquet(t *testing.T) {
	o := DefaultOptions()
	o.Keep = []string{"id", "text"}
	o.Bad = func(*BadRecord) error { return nil } // row 8 is null
	got, err := readKept(open(t, o, "testdata/snappy.parquet"), 9)
	if err != nil || len(got) != 99 || got[0] != `text 1 é [1 "text 1 é"]` || got[98] != `text 100 é [100 "text 100 é"]` {
		t.Errorf("%d, %v: %q, %q", len(got), err, got[0], got[98])
	}
}

func TestKeepRefuses(t *testing.T) {
	for _, test := range []struct{ file, content, want string }{
		{"a.txt", "a\n", `lines have no field "id" to keep`},
		{"a.csv", "text\na\n", `no column "id"; the header has "text"`},
		{"snappy.parquet", "", `no column "id2"`},
		{"snappy.parquet", "tags", `column "tags" holds lists of STRING, not one string, number, true or false a row`},
	} {
		o := DefaultOptions()
		o.Keep = []string{"id"}
		path := "testdata/" + test.file
		switch {
		case test.content == "tags":
			o.Keep[0] = "tags"
		case test.content == "":
			o.Keep[0] = "id2"
		default:
			path = write(t, test.file, test.content)
		}
		if _, err := readKept(open(t, o, path), 3); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.file, err, test.want)
		}
	}
}
