package texts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes a folder of files, each of its own name as the only line.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFoldersAndPatterns(t *testing.T) {
	dir := tree(t, "b.txt", "a.txt", "a/c.TXT", "a/b/d.text", "notes.md", ".hidden.txt", ".git/e.txt", "_SUCCESS", "_tmp/f.txt", "z.bin")
	if err := os.Symlink(filepath.Join(dir, "notes.md"), filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		names  []string
		format Format
		want   []string
	}{
		{[]string{""}, Auto, []string{"a/b/d.text", "a/c.TXT", "a.txt", "b.txt", "notes.md"}}, // link.txt
		{[]string{""}, Lines, []string{"a/b/d.text", "a/c.TXT", "a.txt", "b.txt", "notes.md", "notes.md", "z.bin"}},
		{[]string{"a"}, Auto, []string{"a/b/d.text", "a/c.TXT"}},
		{[]string{"*.txt"}, Auto, []string{"a.txt", "b.txt", "notes.md"}},
		{[]string{"?.txt", "a"}, Auto, []string{"a.txt", "b.txt", "a/b/d.text", "a/c.TXT"}},
		{[]string{"a*"}, Auto, []string{"a/b/d.text", "a/c.TXT", "a.txt"}},
		{[]string{".h*"}, Auto, []string{".hidden.txt"}},
		{[]string{"notes.md"}, Auto, []string{"notes.md"}},
	} {
		var names []string
		for _, name := range test.names {
			names = append(names, filepath.Join(dir, name))
		}
		o := DefaultOptions()
		o.Format = test.format
		r, err := Open(names, nil, o)
		if err != nil {
			t.Errorf("%q: %v", test.names, err)
			continue
		}
		if got, err := readAll(r, 2); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v, want %q", test.names, got, err, test.want)
		}
	}
}

// A file whose name looks like a pattern is itself.
func TestFileNamedLikeAPattern(t *testing.T) {
	dir := tree(t, "[1].txt", "1.txt")
	got, err := readAll(open(t, DefaultOptions(), filepath.Join(dir, "[1].txt")), 2)
	if err != nil || !slices.Equal(got, []string{"[1].txt"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestZstd(t *testing.T) {
	lines := strings.Repeat("a line of some length\n", 20_000)
	path := write(t, "a.jsonl.zst", packed("\"one\"\n")+packed("{\"text\": \"two\"}\n"))
	got, err := readAll(open(t, DefaultOptions(), path), 3)
	if err != nil || !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("%q, %v", got, err)
	}
	r, err := Open(nil, strings.NewReader(packed(lines)), DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(r, 100); err != nil || len(got) != 20_000 {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

func TestAFileIsAText(t *testing.T) {
	dir := tree(t, "a.md", "sub/b", ".hidden")
	if err := os.WriteFile(filepath.Join(dir, "c.gz"), []byte(zipped("two\r\nlines\r\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.Format, o.Keep = Whole, []string{"file"}
	got, err := readKept(open(t, o, dir), 2)
	want := []string{`a.md ["` + dir + `/a.md"]`, "two\r\nlines" + ` ["` + dir + `/c.gz"]`, `sub/b ["` + dir + `/sub/b"]`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	o.MaxBytes, o.Keep = 5, nil
	if got, err := readAll(open(t, o, dir), 2); err == nil || !strings.Contains(err.Error(), "c.gz:1: record is too long: more than 5 bytes") || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
	o.Keep = []string{"id"}
	if _, err := readAll(open(t, o, dir), 2); err == nil || !strings.Contains(err.Error(), `only "file" can be kept of a file that is one text, not "id"`) {
		t.Errorf("%v", err)
	}
}

// A training on a folder of files read them all, and then said that there is no such file.
func TestOneFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"-": "", filepath.Join(dir, "missing.csv"): "", dir: "it is a folder: give one file, such as data.jsonl",
		filepath.Join(dir, "*.csv"): "it is a pattern: give one file", "s3://bucket/data.csv": "it is not on this machine",
	} {
		err := OneFile(name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("OneFile(%q) = %v, want %q", name, err, want)
		}
	}
}
