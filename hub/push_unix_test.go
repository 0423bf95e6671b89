//go:build unix

package hub

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A FIFO in the folder was opened, and nobody wrote to it: the upload never began.
func TestUploadRefusesAFIFO(t *testing.T) {
	f := local{path: filepath.Join(t.TempDir(), "fifo")}
	if err := syscall.Mkfifo(f.path, 0o600); err != nil {
		t.Skip(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- f.hash(t.Context()) }()
	select {
	case err := <-failed:
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("a FIFO: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("a FIFO: still waiting")
	}
}
