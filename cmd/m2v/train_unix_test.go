//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// A training that is interrupted leaves its best state, and exits with 130.
func TestInterruptedTraining(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	for i := range 400 {
		fmt.Fprintf(&rows, "%s\tthe %s\n", []string{"thing", "deed"}[i%2], []string{"house", "sing", "river", "read"}[i%4])
	}
	if err := os.WriteFile(filepath.Join(dir, "train.tsv"), []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{"m2v", "train", filepath.Join(testenv.Root(), "static/testdata/float32"), "--data", "train.tsv", "-o", "out", "--head", "mlp", "--patience", "0"}
	cmd.Dir = dir
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	said := ""
	for lines.Scan() {
		said += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "epoch 2,") {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("%v, want exit code %d\n%s", err, exitInterrupted, said)
	}
	if !strings.Contains(said, "the training did not finish: the best state, of epoch ") {
		t.Errorf("stderr says\n%s", said)
	}
	c, err := classifier.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if p, err := c.Predict(t.Context(), []string{"the house"}, 0.5); err != nil || len(p) != 1 {
		t.Errorf("%v, %v", p, err)
	}
}
