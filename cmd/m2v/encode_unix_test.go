//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// encodeProcess returns m2v encode on a static model of 12 dimensions, with
// its stdin held open.
func encodeProcess(t *testing.T, dir string, args ...string) (*exec.Cmd, io.WriteCloser) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Args = append([]string{"m2v", "encode", filepath.Join(testenv.Root(), "static", "testdata", "float32")}, args...)
	cmd.Dir = dir
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return cmd, stdin
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// Ctrl-C while encode waits for input: exit code 130, and no file, not even a
// temporary one.
func TestInterruptLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	cmd, stdin := encodeProcess(t, dir, "-o", "out.npy")
	defer stdin.Close()
	start(t, cmd)
	if _, err := io.WriteString(stdin, strings.Repeat("an old bridge\n", 10000)); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ { // until the file is begun
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			break
		}
		if i > 1000 {
			t.Fatal("no file was begun")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says what happened
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v (%v), want nothing", entries, err)
	}
}

// Ctrl-C while encode waits for whoever reads its output, as m2v encode | less
// does.
func TestInterruptWhileOutputWaits(t *testing.T) {
	cmd, stdin := encodeProcess(t, t.TempDir())
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe() // which nobody reads to the end
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	go func() {
		for err := error(nil); err == nil; { // until the process is gone
			_, err = io.WriteString(stdin, strings.Repeat("an old bridge\n", 1000))
		}
	}()
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // for the pipe to fill
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it has not ended after 10 s")
	}
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}

// m2v encode student texts.txt | head -1: the reader's leaving ends the run,
// as it ends cat's, without a word.
func TestReaderOfOutputLeaves(t *testing.T) {
	cmd, stdin := encodeProcess(t, t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	go func() {
		for err := error(nil); err == nil; {
			_, err = io.WriteString(stdin, strings.Repeat("an old bridge\n", 1000))
		}
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "[") {
		t.Fatalf("first line %q (%v)", line, err)
	}
	stdout.Close()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatalf("it ended with %v, want SIGPIPE", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGPIPE {
		t.Errorf("it ended with %v, want SIGPIPE", exit)
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr: %s", stderr.String())
	}
}

// Memory does not grow with the input. make bench-encode measures 2 GB.
func TestEncodeMemory(t *testing.T) {
	const input, most = 256 << 20, 128 << 20
	if runtime.GOOS != "linux" {
		t.Skip("ru_maxrss is in KiB on Linux only")
	}
	dir := t.TempDir()
	cmd, stdin := encodeProcess(t, dir, "--format", "raw", "-o", os.DevNull)
	start(t, cmd)
	line := []byte(strings.Repeat("an old stone bridge ", 100) + "\n")
	block := bytes.Repeat(line, 500)
	for written := 0; written < input; written += len(block) {
		if _, err := stdin.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if peak := usage.Maxrss << 10; peak > most {
		t.Errorf("peak memory %d MiB for %d MiB of input, want at most %d MiB", peak>>20, input>>20, most>>20)
	} else {
		t.Logf("peak memory %d MiB for %d MiB of input", peak>>20, input>>20)
	}
}
