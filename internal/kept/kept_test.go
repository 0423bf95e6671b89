package kept

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestListAndPrune(t *testing.T) {
	dir := t.TempDir()
	old, now := time.Unix(1e9, 0), time.Unix(2e9, 0)
	write := func(name string, size int, at time.Time) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("rows/ab/1", 10, old)
	write("rows/cd/2", 20, now)
	write("eval/x", 5, old)
	write("onnxruntime-1/lib.so", 100, old)
	write("mine/notes", 7, old)

	want := []Part{{"rows", 2, 30}, {"eval", 1, 5}, {"onnxruntime-1", 1, 100}}
	if got, err := List(dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	gone := []Part{{"rows", 1, 10}, {"features", 0, 0}, {"eval", 1, 5}}
	for _, dry := range []bool{true, false} {
		if got, err := Prune(dir, Parts, now, dry); err != nil || !slices.Equal(got, gone) {
			t.Errorf("dry %t: %v, %v, want %v", dry, got, err, gone)
		}
	}
	want = []Part{{"rows", 1, 20}, {"onnxruntime-1", 1, 100}}
	if got, err := List(dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for name, there := range map[string]bool{"rows/ab": false, "eval": false, "rows/cd/2": true, "mine/notes": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != there {
			t.Errorf("%s: %v, want there: %t", name, err, there)
		}
	}
	if _, err := Prune(dir, []string{"onnxruntime-1"}, now, false); err == nil {
		t.Error("the library is pruned")
	}
	if list, err := List(filepath.Join(dir, "none")); err != nil || list == nil || len(list) > 0 {
		t.Errorf("%v, %v of no folder, want an empty list", list, err)
	}
}
