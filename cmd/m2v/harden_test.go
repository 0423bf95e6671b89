//go:build unix && cgo && harden

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/hubtest"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// killings is how often each command is killed: 2, or as M2V_HARDEN says.
func killings(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("M2V_HARDEN"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("M2V_HARDEN is %q, not a number of runs", s)
		}
		return n
	}
	return 2
}

// A victim is a command that is killed, and what must hold after every kill.
type victim struct {
	dir  string
	args []string
	env  []string
	// whole fails unless what the command writes is as before, or all new.
	whole func(t *testing.T, run int)
	again func(t *testing.T) // prepares the next run
}

func (v victim) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Args = append([]string{"m2v"}, v.args...)
	cmd.Dir, cmd.Env = v.dir, append([]string{"HOME=" + v.dir, "M2V_ORT_LIB=" + runtimeLibrary(), "PATH=" + os.Getenv("PATH"), "HF_HUB_OFFLINE=1"}, v.env...)
	return cmd
}

// killed runs the command to its end once, to learn how long it takes, and then kills it at
// random moments of that time.
func (v victim) killed(t *testing.T) {
	t.Helper()
	start := time.Now()
	if out, err := v.command(t.Context()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", v.args, err, out)
	}
	takes := time.Since(start)
	r := rand.New(rand.NewPCG(19, 4)) // moments; the machine's own pace makes them others each time
	stopped, ended := 0, 0
	for run := range killings(t) {
		if v.again != nil {
			v.again(t)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.Float64()*float64(takes)))
		err := v.command(ctx).Run() // the context's end is SIGKILL
		cancel()
		if err != nil {
			stopped++
		} else {
			ended++
		}
		v.whole(t, run)
		if t.Failed() {
			return
		}
	}
	t.Logf("m2v %s: %d killed, %d ended before; it takes %s", v.args[0], stopped, ended, takes.Round(time.Millisecond))
}

// sumsOf returns the SHA-256 of the files of a folder, a line each; "" where there is none.
func sumsOf(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		sum, _, err := files.SHA256(path)
		name, _ := filepath.Rel(dir, path)
		list = append(list, fmt.Sprintf("%s %s", sum, name))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// replaced is the victim's check of a folder that is replaced as a whole: it is the old one
// or the new one. The old one is put back before each run.
func replaced(t *testing.T, dir, name string, args ...string) victim {
	t.Helper()
	target, before := filepath.Join(dir, name), filepath.Join(dir, "before")
	old := ""
	v := victim{dir: dir, args: append(args, "-o", name, "--force")}
	v.again = func(t *testing.T) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(target), os.CopyFS(target, os.DirFS(before))); err != nil {
			t.Fatal(err)
		}
		old = sumsOf(t, target)
	}
	made := ""
	v.whole = func(t *testing.T, run int) {
		t.Helper()
		if made == "" {
			made = sumsOf(t, filepath.Join(dir, "made"))
		}
		if now := sumsOf(t, target); now != old && now != made {
			t.Errorf("run %d: %s is neither the old folder nor the new one:\n%s\nwas\n%s\nmade\n%s", run, name, now, old, made)
		}
	}
	for _, folder := range []string{"before", "made"} {
		first := append(slices.Clone(args), "-o", folder)
		if folder == "before" {
			first = append(first, map[string][]string{"distill": {"--pca-dims", "16"}, "train": {"--seed", "7"}}[args[0]]...)
		}
		if out, err := (victim{dir: dir, args: first}).command(t.Context()).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", first, err, out)
		}
	}
	return v
}

// TestKilledAnywhere kills distill, train, featurize and push at random moments: make harden.
func TestKilledAnywhere(t *testing.T) {
	if runtimeLibrary() == "" {
		t.Fatal("no ONNX Runtime: make runtime")
	}
	teacher := filepath.Join(testenv.Root(), "testdata", "tiny-bert")
	lines := filepath.Join(testenv.Root(), "testdata", "lines.txt")
	teacher, _ = filepath.Abs(teacher)
	lines, _ = filepath.Abs(lines)
	t.Run("distill", func(t *testing.T) {
		replaced(t, t.TempDir(), "out", "distill", teacher, "--no-cache").killed(t)
	})
	t.Run("train", func(t *testing.T) {
		dir := workshop(t, "")
		replaced(t, dir, "out", "train", "student", "--data", "train.tsv", "--head", "mlp", "--epochs", "10").killed(t)
	})
	t.Run("featurize", func(t *testing.T) { killFeaturize(t, teacher, lines) })
	t.Run("push", killPush)
}

// killFeaturize: after every kill the run goes on, and in the end the folder is what a run
// that nobody killed makes, byte for byte, with nothing beside.
func killFeaturize(t *testing.T, teacher, lines string) {
	dir := t.TempDir()
	args := func(out string) []string {
		return []string{"featurize", teacher, "--texts", lines, "--shard-texts", "20", "-o", out}
	}
	v := victim{dir: dir, args: args("out")}
	v.whole = func(t *testing.T, run int) {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "out", "shard-*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names { // what bears its name is whole
			have, err1 := os.ReadFile(name)
			want, err2 := os.ReadFile(filepath.Join(dir, "made", filepath.Base(name)))
			if err1 != nil || err2 != nil || !bytes.Equal(have, want) {
				t.Errorf("run %d: %s is not whole (%v, %v)", run, name, err1, err2)
			}
		}
		if run%5 != 0 {
			return // the next run goes on with what this one left
		}
		if out, err := v.command(t.Context()).CombinedOutput(); err != nil {
			t.Errorf("run %d: it does not go on: %v\n%s", run, err, out)
		}
		if got, want := sumsOf(t, filepath.Join(dir, "out")), sumsOf(t, filepath.Join(dir, "made")); got != want {
			t.Errorf("run %d: the folder differs:\n%s\nwant\n%s", run, got, want)
		}
		if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := (victim{dir: dir, args: args("made")}).command(t.Context()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	v.again = func(t *testing.T) { // a whole folder has nothing left to do
		t.Helper()
		if sumsOf(t, filepath.Join(dir, "out")) == sumsOf(t, filepath.Join(dir, "made")) {
			if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.killed(t)
}

// killPush: the branch has the old files or all of the new ones, and to push again succeeds.
func killPush(t *testing.T) {
	dir := t.TempDir()
	local := filepath.Join(dir, "student")
	if err := os.CopyFS(local, os.DirFS(filepath.Join(testenv.Root(), "static", "testdata", "float32"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(local, "more.safetensors"), bytes.Repeat([]byte("rows"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	h := hubtest.New(t, map[string]string{"old.txt": "stays"})
	h.Part = 1 << 19
	old := h.Refs["main"]
	v := victim{dir: dir, args: []string{"push", "student", h.Repo}, env: []string{"HF_ENDPOINT=" + h.Hub.URL, "HF_TOKEN=secret", "HF_HUB_OFFLINE="}}
	v.again = func(*testing.T) { h.Set("main", old) }
	v.whole = func(t *testing.T, run int) {
		t.Helper()
		for _, then := range []string{"after the kill", "after another push"} {
			have := h.Files("main")
			isNew := len(have) > 1
			if string(have["old.txt"]) != "stays" || then != "after the kill" && !isNew {
				t.Errorf("run %d, %s: the branch has %d files", run, then, len(have))
			}
			if isNew {
				sameAsFolder(t, have, local)
			}
			if then == "after the kill" {
				if out, err := v.command(t.Context()).CombinedOutput(); err != nil {
					t.Errorf("run %d: to push again: %v\n%s", run, err, out)
				}
			}
		}
	}
	v.killed(t)
}

// sameAsFolder fails unless the files of a branch include all of a folder, as they are.
func sameAsFolder(t *testing.T, have map[string][]byte, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		want, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || !bytes.Equal(have[e.Name()], want) {
			t.Errorf("%s on the branch has %d bytes, in the folder %d (%v)", e.Name(), len(have[e.Name()]), len(want), err)
		}
	}
}
