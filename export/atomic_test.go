package export_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/static"
)

// TestTarget: what may stand where the folder shall be.
func TestTarget(t *testing.T) {
	m := plainModel(1)
	tests := []struct {
		name  string
		make  func(dir string) error
		force bool
		want  error  // nil: written
		says  string // in the error
	}{
		{"nothing", func(string) error { return nil }, false, nil, ""},
		{"nothing, forced", func(string) error { return nil }, true, nil, ""},
		{"an empty folder", func(dir string) error { return os.Mkdir(dir, 0o777) }, false, export.ErrExists, "it exists already"},
		{"an empty folder, forced", func(dir string) error { return os.Mkdir(dir, 0o777) }, true, nil, ""},
		{"a model", func(dir string) error { write(t, dir, plainModel(2), false); return nil }, false, export.ErrExists, "it exists already"},
		{"a model, forced", func(dir string) error { write(t, dir, plainModel(2), false); return nil }, true, nil, ""},
		{"other things, forced", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o777), os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o666))
		}, true, export.ErrNotModel, "it holds thesis.tex"},
		{"a model and other things, forced", func(dir string) error {
			write(t, dir, plainModel(2), false)
			return os.Mkdir(filepath.Join(dir, ".git"), 0o777)
		}, true, export.ErrNotModel, "it holds .git"},
		{"a file, forced", func(dir string) error { return os.WriteFile(dir, nil, 0o666) }, true, os.ErrInvalid, "a file of that name exists"},
		{"a dangling link, forced", func(dir string) error { return os.Symlink("nowhere", dir) }, true, os.ErrInvalid, "leads nowhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "model")
			if err := test.make(dir); err != nil {
				t.Fatal(err)
			}
			before := names(t, parent)
			if len(before) > 0 && !strings.HasPrefix(test.says, "leads") && !strings.HasPrefix(test.says, "a file") {
				before = append(before, names(t, dir)...)
			}
			check := export.Check(dir, export.Options{Force: test.force})
			err := export.Write(t.Context(), dir, m, folder(), export.Options{Force: test.force})
			if (check == nil) != (err == nil) {
				t.Errorf("Check says %v, Write %v", check, err)
			}
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if got := names(t, parent); len(got) != 1 {
					t.Errorf("beside the folder: %q", got)
				}
				opened, err := static.Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := opened.Row(5)[0], m.Row(5)[0]; got != want {
					t.Errorf("row 5 starts with %v, want %v", got, want)
				}
				opened.Close()
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "export: write "+dir+": ") {
				t.Fatalf("error %v, want one that says %q", err, test.says)
			}
			if test.want != os.ErrInvalid && !errors.Is(err, test.want) {
				t.Errorf("error %v is not %v", err, test.want)
			}
			after := names(t, parent)
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				after = append(after, names(t, dir)...)
			}
			if strings.Join(before, " ") != strings.Join(after, " ") {
				t.Errorf("before %q, after %q", before, after)
			}
		})
	}
}

// TestLinkIsFollowed: the folder that a link names is replaced, not the link.
func TestLinkIsFollowed(t *testing.T) {
	parent := t.TempDir()
	write(t, filepath.Join(parent, "v1"), plainModel(1), false)
	link := filepath.Join(parent, "current")
	if err := os.Symlink("v1", link); err != nil {
		t.Skip("no symbolic links here: " + err.Error())
	}
	write(t, link, plainModel(2), true)
	if got, err := os.Readlink(link); got != "v1" || err != nil {
		t.Errorf("the link is %q, %v", got, err)
	}
	write(t, filepath.Join(parent, "v2"), plainModel(2), false)
	if a, b := sums(t, filepath.Join(parent, "v1")), sums(t, filepath.Join(parent, "v2")); a != b {
		t.Error("the folder behind the link is not the new one")
	}
}

// TestNotWritable: a place in which nothing can be made.
func TestNotWritable(t *testing.T) {
	check := func(dir, want string) {
		t.Helper()
		for _, err := range []error{
			export.Check(dir, export.Options{}),
			export.Write(t.Context(), dir, plainModel(1), folder(), export.Options{}),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "export: write "+dir+": ") || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	t.Run("below a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		check(filepath.Join(file, "model"), "not a directory")
		check(filepath.Join(file, "deep", "model"), "not a directory")
	})
	t.Run("a file system for reading", func(t *testing.T) {
		disk := tmpfs(t, "ro")
		check(filepath.Join(disk, "model"), "cannot write beside it: read-only file system")
		check(filepath.Join(disk, "deep", "model"), "read-only file system")
	})
	t.Run("a folder of others", func(t *testing.T) {
		if os.Getuid() == 0 { // whom no mode keeps out, so that there is nothing to see
			return
		}
		locked := filepath.Join(t.TempDir(), "locked")
		if err := os.Mkdir(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		check(filepath.Join(locked, "model"), "cannot write beside it: permission denied")
	})
}

// TestMountPoint: a folder that cannot be moved says so.
func TestMountPoint(t *testing.T) {
	disk := tmpfs(t, "size=1m")
	err := export.Write(t.Context(), disk, plainModel(1), folder(), export.Options{Force: true})
	if err == nil || !strings.Contains(err.Error(), "as a mount point is: choose a folder inside it") {
		t.Errorf("error %v", err)
	}
	if got := names(t, filepath.Dir(disk)); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// TestDiskFull: the target is as it was, nothing else is left, and the error
// says what went wrong and how much room is needed.
func TestDiskFull(t *testing.T) {
	disk := tmpfs(t, "size=1m")
	dir := filepath.Join(disk, "model")
	write(t, dir, plainModel(1), false)
	before := sums(t, dir)
	err := export.Write(t.Context(), dir, bigModel(), folder(), export.Options{Force: true})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "model.safetensors: no space left on device (the folder needs 64") {
		t.Errorf("error %v", err)
	}
	if after := sums(t, dir); after != before {
		t.Errorf("the target has changed:\n%s\n%s", before, after)
	}
	if got := names(t, disk); len(got) != 1 {
		t.Errorf("on the disk: %q", got)
	}
}

// tmpfs mounts a small file system in memory.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root on Linux")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "none", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	return dir
}

const killedDir = "M2V_TEST_KILLED_DIR"

// TestMain is, in the process that TestKilled starts, a run that stops in the
// middle of the rows and says so.
func TestMain(m *testing.M) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	ctx := &countdown{Context: context.Background(), left: 4, then: func() {
		os.Stdout.WriteString("writing\n")
		time.Sleep(time.Hour)
	}}
	err := export.Write(ctx, dir, bigModel(), folder(), export.Options{Force: true})
	fmt.Fprintln(os.Stderr, "not killed:", err)
	os.Exit(1)
}

// TestKilled: SIGKILL in the middle leaves the target as it was, and litter
// that the next run removes, but not that of a run that is alive.
func TestKilled(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "model")
	write(t, dir, plainModel(1), false)
	before := sums(t, dir)

	child := startWriting(t, dir)
	if got := names(t, parent); len(got) != 2 {
		t.Fatalf("while it writes: %q", got)
	}
	write(t, filepath.Join(parent, "other"), plainModel(3), false)
	if got := names(t, parent); len(got) != 3 {
		t.Errorf("another run removed the stage of a live one: %q", got)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // the error is that it was killed

	if after := sums(t, dir); after != before {
		t.Errorf("the target has changed:\n%s\n%s", before, after)
	}
	if err := os.RemoveAll(filepath.Join(parent, "other")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, parent); len(got) != 2 {
		t.Fatalf("after the kill: %q", got)
	}
	write(t, dir, plainModel(2), true)
	if got := names(t, parent); len(got) != 1 {
		t.Errorf("after the next run: %q", got)
	}
	if after := sums(t, dir); after == before {
		t.Error("the next run wrote nothing")
	}
}

// startWriting starts a process that is in the middle of writing dir.
func startWriting(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), killedDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	var said [8]byte
	if _, err := out.Read(said[:]); err != nil || string(said[:]) != "writing\n" {
		t.Fatalf("the child says %q, %v", said, err)
	}
	return child
}

// TestConcurrentRuns: of runs that write one folder at once, one succeeds, or
// with Force the last; and nothing is left beside it.
func TestConcurrentRuns(t *testing.T) {
	for _, force := range []bool{false, true} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "model")
		m := plainModel(1)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = export.Write(t.Context(), dir, m, folder(), export.Options{Force: force})
			})
		}
		wg.Wait()
		written := 0
		for _, err := range errs {
			switch {
			case err == nil:
				written++
			case force || !errors.Is(err, export.ErrExists):
				t.Errorf("force %v: %v", force, err)
			}
		}
		if !force && written != 1 {
			t.Errorf("%d runs wrote the folder, want 1", written)
		}
		if got := names(t, parent); len(got) != 1 {
			t.Errorf("force %v: left behind: %q", force, got)
		}
		if got := names(t, dir); len(got) != 6 {
			t.Errorf("force %v: in the folder: %q", force, got)
		}
	}
}
