//go:build unix

package files

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file of mode 0600 became 0644, and a new one was 0644 under umask 077.
func TestWriteKeepsModes(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	check := func(path string, want os.FileMode) {
		t.Helper()
		if err := Write(path, say("text")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", filepath.Base(path), info.Mode().Perm(), err, want)
		}
	}
	dir := t.TempDir()
	check(filepath.Join(dir, "new"), 0o600)
	syscall.Umask(0o022)
	check(filepath.Join(dir, "open"), 0o644)
	for _, mode := range []os.FileMode{0o600, 0o640, 0o664} {
		path := filepath.Join(dir, mode.String())
		put(t, path, "old", mode)
		check(path, mode)
	}
}

// A device and a FIFO at the path were replaced by a file.
func TestWriteStreams(t *testing.T) {
	if err := Write(os.DevNull, say("text")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Fatalf("%s is %v, %v", os.DevNull, info.Mode(), err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan string)
	go func() {
		f, err := os.Open(fifo)
		if err != nil {
			close(read)
			return
		}
		defer f.Close()
		data, _ := io.ReadAll(f)
		read <- string(data)
	}()
	if err := Write(fifo, say("through"), fifo); err != nil { // a FIFO is no input that is lost
		t.Fatal(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("read %q", got)
	}
	if info, err := os.Lstat(fifo); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the FIFO is %v, %v", info.Mode(), err)
	}
}
