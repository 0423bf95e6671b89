package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLocal(t *testing.T) {
	ctx := t.Context()
	l := Local(filepath.Join(t.TempDir(), "new"))
	if list, err := l.List(ctx); len(list) > 0 || err != nil {
		t.Errorf("no folder: %v, %v", list, err)
	}
	free, err := l.Lock(ctx, ".lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Lock(ctx, ".lock"); !errors.Is(err, ErrBusy) {
		t.Errorf("a lock that is taken: %v", err)
	}
	free()
	write := func(w io.Writer) error { _, err := w.Write([]byte("text")); return err }
	if err := errors.Join(l.Create(ctx, "b", write), os.Mkdir(l.Path("d"), 0o777), Local(l.Path("d")).Create(ctx, "a", write)); err != nil {
		t.Fatal(err)
	}
	list, err := l.List(ctx)
	if want := []Entry{{"b", 4}, {"d/a", 4}}; err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	f, err := l.Open(ctx, "d/a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); string(data) != "text" || err != nil || f.Size() != 4 {
		t.Errorf("%q of %d bytes, %v", data, f.Size(), err)
	}
	if _, err := l.Open(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := l.Open(ctx, "d"); err == nil {
		t.Error("a folder opens")
	}
	if err := errors.Join(l.Remove(ctx, "b"), l.Remove(ctx, "b")); err != nil {
		t.Error(err)
	}
}

func TestSchemes(t *testing.T) {
	s := Schemes{"mem": func(url string) (Folder, error) { return Local("opened " + url), nil }}
	for name, want := range map[string]string{"a/b": "a/b", "mem://a/b": "opened mem://a/b", "C:\\a": "C:\\a", "./x://y": "./x://y"} {
		if f, err := s.Folder(name); err != nil || f.Path("") != want {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := s.Folder("s3://bucket"); err == nil || err.Error() != `store: open s3://bucket: the scheme s3:// is not one of ["mem://"]` {
		t.Errorf("an unknown scheme: %v", err)
	}
	if dir, name, err := s.File("mem://a/b/c.txt"); name != "c.txt" || dir.Path("") != "opened mem://a/b" || err != nil {
		t.Errorf("%v, %s, %v", dir, name, err)
	}
}
