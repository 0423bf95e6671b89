//go:build cgo

package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestReadmeSession types the README's terminal session and reads the same.
// Numbers may differ by 0.005: another processor rounds the teacher otherwise.
func TestReadmeSession(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(testenv.Root(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, session, found := strings.Cut(string(readme), "```console\n")
	session, _, closed := strings.Cut(session, "```")
	if !found || !closed {
		t.Fatal("README.md has no session")
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(testenv.Root(), "testdata"), filepath.Join(dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	m2v := filepath.Join(dir, "m2v") // testscript.Main runs m2v where the test binary has that name
	if err := os.Symlink(os.Args[0], m2v); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(session, "$ ")[1:]
	if len(steps) < 3 {
		t.Fatalf("the session has %d commands", len(steps))
	}
	for _, step := range steps {
		typed, want, _ := strings.Cut(step, "\n")
		cmd := exec.Command("sh", "-c", typed)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("$ %s: %v", typed, err)
		}
		if !sameOutput(string(out), want) {
			t.Errorf("$ %s\n%swant\n%s", typed, out, want)
		}
	}
}

// sameOutput compares word by word, numbers within 0.005.
func sameOutput(got, want string) bool {
	a, b := strings.Fields(got), strings.Fields(want)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, err1 := strconv.ParseFloat(a[i], 64)
		y, err2 := strconv.ParseFloat(b[i], 64)
		if a[i] != b[i] && (err1 != nil || err2 != nil || math.Abs(x-y) > 0.005) {
			return false
		}
	}
	return true
}
