package texts

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/store"
)

// In a store a name stands for what it stands for in the file system.
func TestStoresAreAsFolders(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"corpus/b.jsonl": `"b"`, "corpus/a.txt": "a", "corpus/in/c.csv": "text\nc", "corpus/_note.txt": "x", "corpus/.h/d.txt": "x", "corpus/e.bin": "x", "corpus/z.log": "z",
	} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text+"\n"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	o := DefaultOptions()
	o.Stores = store.Schemes{"mem": func(url string) (store.Folder, error) {
		return store.Local(filepath.Join(root, strings.TrimPrefix(url, "mem://"))), nil
	}}
	read := func(name string, o Options) (texts []string, err error) {
		r, err := Open([]string{name}, nil, o)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		err = r.Each(t.Context(), func(some []string) error {
			texts = append(texts, some...)
			return nil
		})
		return texts, err
	}
	for name, want := range map[string][]string{
		"corpus": {"a", "b", "c"}, "corpus/": {"a", "b", "c"}, "corpus/in": {"c"}, "corpus/a.txt": {"a"}, "corpus/*.txt": {"a"}, "corpus/[ab].*": {"a", "b"},
	} {
		there, err1 := read("mem://"+name, o)
		here, err2 := read(filepath.Join(root, filepath.FromSlash(name)), o)
		if err := errors.Join(err1, err2); err != nil || !slices.Equal(there, want) || !slices.Equal(here, want) {
			t.Errorf("%s: %q there and %q here, want %q, %v", name, there, here, want, err)
		}
	}
	for name, want := range map[string]string{
		"mem://corpus/none.txt": "no such file", "mem://corpus/*.none": "no file matches", "mem://none": "no file whose name ends in",
		"s3://bucket": `texts: open s3://bucket: store: open s3://bucket: the scheme s3:// is not one of ["mem://"]`,
	} {
		if _, err := read(name, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
