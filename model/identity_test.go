package model

import (
	"os"
	"path/filepath"
	"testing"
)

// TestIdentityOfExternalData is the bug that an evaluation's cache kept a teacher's
// scores when the graph's weights, in a file of any name, had changed.
func TestIdentityOfExternalData(t *testing.T) {
	dir, blobs := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := func() string {
		t.Helper()
		id, err := identity(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	write(filepath.Join(dir, "onnx/model.onnx"), "graph")
	write(filepath.Join(dir, "onnx/weights.bin"), "one")
	write(filepath.Join(blobs, "blob"), "linked")
	if err := os.Symlink(filepath.Join(blobs, "blob"), filepath.Join(dir, "tokenizer.json")); err != nil {
		t.Skip(err) // a system without links
	}
	first := sum()
	write(filepath.Join(dir, "README.md"), "for people")
	write(filepath.Join(dir, ".cache/lock"), "hidden")
	if sum() != first {
		t.Error("a text for people changes the identity")
	}
	write(filepath.Join(dir, "onnx/weights.bin"), "two")
	second := sum()
	if second == first {
		t.Error("other weights have the same identity")
	}
	write(filepath.Join(blobs, "blob"), "other")
	if sum() == second {
		t.Error("another file behind a link has the same identity")
	}
	if err := os.Symlink(dir, filepath.Join(dir, "again")); err != nil {
		t.Fatal(err)
	}
	if _, err := identity(dir, Options{}); err == nil {
		t.Error("no error for a link that leads back")
	}
}

// An evaluation's cache kept the scores of a graph of --onnx-file outside the folder when the
// graph had changed.
func TestIdentityOfAGraphElsewhere(t *testing.T) {
	graph, err := os.ReadFile(filepath.Join(tiny, "onnx", "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	o := library(t)
	o.ONNXFile = filepath.Join(t.TempDir(), "model.onnx")
	seen := map[string]bool{}
	for _, more := range []string{"", "\x32\x01a", "\x32\x01b"} { // a ModelProto's doc_string
		if err := os.WriteFile(o.ONNXFile, append(graph, more...), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Open(t.Context(), tiny, o)
		if err != nil {
			t.Fatal(err)
		}
		id, err := m.Identity()
		if err != nil || seen[id] {
			t.Errorf("doc_string %q: identity %q again, %v", more, id, err)
		}
		seen[id] = true
		m.Close()
	}
}
