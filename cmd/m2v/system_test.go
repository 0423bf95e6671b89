package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/m2v-dev/m2v/sentencepiece"
)

// writePieces is the script command `pieces MODEL FILE`: it writes vectors of two
// dimensions for the pieces of a sentencepiece model, in word2vec's text form.
func writePieces(ts *testscript.TestScript, _ bool, args []string) {
	m, err := sentencepiece.Open(args[0])
	ts.Check(err)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d 2\n", len(m.Pieces()))
	for i, piece := range m.Pieces() {
		fmt.Fprintf(&b, "%s %d %d\n", piece, i%7-3, i%5-2)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

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
	identity := func() string {
		t.Helper()
		m := &anyModel{Folder: modelFolder{Dir: dir}}
		id, err := m.identity()
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
	first := identity()
	write(filepath.Join(dir, "README.md"), "for people")
	write(filepath.Join(dir, ".cache/lock"), "hidden")
	if identity() != first {
		t.Error("a text for people changes the identity")
	}
	write(filepath.Join(dir, "onnx/weights.bin"), "two")
	second := identity()
	if second == first {
		t.Error("other weights have the same identity")
	}
	write(filepath.Join(blobs, "blob"), "other")
	if identity() == second {
		t.Error("another file behind a link has the same identity")
	}
	if err := os.Symlink(dir, filepath.Join(dir, "again")); err != nil {
		t.Fatal(err)
	}
	if _, err := (&anyModel{Folder: modelFolder{Dir: dir}}).identity(); err == nil {
		t.Error("no error for a link that leads back")
	}
}
