//go:build unix && cgo

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// slowDistill starts a distillation into dir/out that takes seconds, one
// sequence at a time, and returns when the teacher runs.
func slowDistill(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{"m2v", "distill", filepath.Join(testenv.Root(), "testdata", "tiny-bert"), "-o", "out", "--force", "--batch-size", "1", "--threads", "1"}
	cmd.Dir = dir
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "embed: ") {
		t.Fatalf("the first line is %q (%v), want progress", line, err)
	}
	return cmd
}

// target makes dir/out a model folder and returns its listing.
func target(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "out", "config.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// unchanged fails unless dir holds out with its one file and nothing else.
func unchanged(t *testing.T, dir string) {
	t.Helper()
	for path, want := range map[string]string{dir: "out", filepath.Join(dir, "out"): "config.json"} {
		entries, err := os.ReadDir(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Name() != want {
			t.Errorf("%s holds %v, want %s alone", path, entries, want)
		}
	}
}

// Ctrl-C in the middle of a run: exit code 130, the old model is whole.
func TestInterruptLeavesTheTarget(t *testing.T) {
	dir := t.TempDir()
	target(t, dir)
	cmd := slowDistill(t, dir)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says what happened
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	unchanged(t, dir)
}

// A killed run leaves the old model too. (What it leaves beside it while it
// writes, and who removes that, is in export's tests.)
func TestKillLeavesTheTarget(t *testing.T) {
	dir := t.TempDir()
	target(t, dir)
	cmd := slowDistill(t, dir)
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	unchanged(t, dir)
}
