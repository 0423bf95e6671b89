package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// say fills a file with text.
func say(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", filepath.Base(path), got, err, want)
	}
}

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestWriteLeavesNothingBeside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "words.txt")
	if err := Write(path, say("first")); err != nil {
		t.Fatal(err)
	}
	checkFile(t, path, "first")
	broken := errors.New("broken")
	err := Write(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("a fill that fails: %v", err)
	}
	checkFile(t, path, "first")
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left %v", entries)
	}
}

// A large file is stored as it is written, a part at a time; its start may change last.
func TestPendingIsLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	p, err := NewPending(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Discard()
	want := bytes.Repeat([]byte("a line of text\n"), (2*ahead+ahead/2)/15)
	for rest := want; len(rest) > 0; {
		n := min(1<<20, len(rest))
		if _, err := p.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	copy(want, "head")
	if _, err := p.WriteAt(want[:4], 0); err != nil {
		t.Fatal(err)
	}
	if p.asked < ahead {
		t.Errorf("%d of %d bytes were stored on the way", p.asked, p.written)
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v, want the %d that were written", len(got), err, len(want))
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	input, readOnly := filepath.Join(dir, "input"), filepath.Join(dir, "read-only")
	put(t, input, "texts", 0o644)
	put(t, readOnly, "kept", 0o444)
	link := filepath.Join(dir, "link")
	if err := os.Symlink("input", link); err != nil {
		t.Skip(err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		input:                              ErrInput.Error(),
		link:                               ErrInput.Error(),
		readOnly:                           ErrReadOnly.Error(),
		dir:                                ErrFolder.Error(),
		loop:                               "too many links lead from it",
		filepath.Join(dir, "no", "folder"): "no such file or directory",
	} {
		err := Write(path, say("other"), "-", "no such file", input)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("Write(%s): %v, want %q without the path", filepath.Base(path), err, want)
		}
	}
	checkFile(t, input, "texts")
	checkFile(t, readOnly, "kept")
}

func TestWriteFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "there", "words.txt")
	if err := os.Symlink(filepath.Join("there", "words.txt"), link); err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"new", "again"} { // the first time the link leads nowhere
		if err := Write(link, say(text)); err != nil {
			t.Fatal(err)
		}
		checkFile(t, target, text)
	}
	if to, err := os.Readlink(link); err != nil || to != filepath.Join("there", "words.txt") {
		t.Errorf("the link is %q, %v", to, err)
	}
}

func TestSHA256(t *testing.T) {
	path := filepath.Join(t.TempDir(), "abc")
	put(t, path, "abc", 0o644)
	// FIPS 180-2, appendix B.1.
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if sum, n, err := SHA256(path); sum != want || n != 3 || err != nil {
		t.Errorf("SHA256 of abc = %s of %d bytes, %v", sum, n, err)
	}
	if _, _, err := SHA256(path + "x"); err == nil {
		t.Error("SHA256 of a file that is not there")
	}
}

func TestBare(t *testing.T) {
	_, err := os.Open(filepath.Join(t.TempDir(), "x"))
	if got := Bare(fmt.Errorf("wrapped: %w", err)); got.Error() != "no such file or directory" && os.PathSeparator == '/' {
		t.Errorf("Bare = %v", got)
	}
	if err := os.Rename(filepath.Join(t.TempDir(), "x"), "y"); strings.Contains(Bare(err).Error(), "rename") {
		t.Errorf("Bare = %v", Bare(err))
	}
	if Bare(nil) != nil || !errors.Is(Bare(io.EOF), io.EOF) {
		t.Error("Bare changes an error without a path")
	}
}
