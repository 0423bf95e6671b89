//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/runtime"
)

// workshop makes a folder with all that the examples of the helps name but for the file or
// folder that one writes, and returns it.
func workshop(t *testing.T, written string) string {
	t.Helper()
	root, err := filepath.Abs(testenv.Root())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lines := "a stone bridge\nan old bridge\nsummer music\n"
	for name, content := range map[string]string{
		"texts.txt": lines, "corpus.txt": lines, "vectors.txt": "bridge 1 0\nmusic 0 1\n",
		"train.tsv": strings.Repeat("good\ta fine old bridge\nbad\tdull summer music\n", 20), "test.tsv": "good\ta fine bridge\nbad\tdull music\n",
		"reviews.txt":          "a fine bridge\ndull music\n",
		"data/wordsim/men.tsv": "bridge\tstone\t9\nbridge\tmusic\t1\nmusic\tsummer\t8\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"testdata": "testdata", "student": "static/testdata/float32", "old": "static/testdata/float32", "new": "static/testdata/float32",
	} {
		if name == written {
			continue
		}
		if err := os.Symlink(filepath.Join(root, target), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An example is the command lines of a help's example, in order.
type example struct {
	path  string // "m2v vocab build"
	lines [][]string
	json  bool   // the last line may have --json
	out   string // what it writes with -o, "" for nothing
	slow  bool   // it runs a teacher
	quiet bool   // the last line prints nothing on stdout
}

// needsRuntime tells whether nothing can be said of the example without ONNX Runtime.
func (e example) needsRuntime() bool {
	return slices.Contains([]string{"m2v", "m2v distill", "m2v ablate", "m2v featurize", "m2v features", "m2v tokenlearn", "m2v doctor", "m2v runtime", "m2v runtime install", "m2v runtime path"}, e.path)
}

// before are the lines that make what an example takes from another command.
var before = map[string]string{
	"m2v predict":             "m2v train student --data train.tsv -o sentiment",
	"m2v evaluate-classifier": "m2v train student --data train.tsv -o sentiment",
	"m2v features":            "m2v featurize testdata/tiny-bert --texts texts.txt -o features",
	"m2v tokenlearn":          "m2v featurize testdata/tiny-bert --texts testdata/lines.txt --max-texts 30 -o features",
}

// elsewhere are examples that do not run here, and why.
var elsewhere = map[string]string{
	"m2v": "it is that of distill", "m2v serve": "it has no end; serve_unix_test.go", "m2v push": "it needs a Hub; its own tests have one", "m2v pull": "it needs a Hub",
	"m2v bench": "it needs labelled data sets; its own script", "m2v bench train": "it needs labelled data sets; its own script",
}

// examples returns those of all commands that run something.
func examples(t *testing.T) (all []example) {
	t.Helper()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		e := example{path: cmd.CommandPath(), json: cmd.Flags().Lookup("json") != nil}
		for _, line := range strings.Split(cmd.Example, "\n") {
			e.lines = append(e.lines, words(line)[1:])
		}
		e.slow = slices.Contains([]string{"m2v ablate", "m2v featurize", "m2v features", "m2v tokenlearn"}, e.path)
		for _, line := range e.lines {
			if i := slices.Index(line, "-o"); i >= 0 {
				e.out = line[i+1]
			}
		}
		if first, ok := before[e.path]; ok {
			e.lines = append([][]string{words(first)[1:]}, e.lines...)
		}
		if elsewhere[e.path] == "" {
			all = append(all, e)
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, os.Getenv)))
	return all
}

// words parts a command line as a shell does that knows single quotes.
func words(line string) (out []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// A child is a run of m2v as a process of its own.
type child struct {
	dir    string
	env    []string
	stdout *os.File // nil throws it away
	umask  int
	shell  string // redirections, "" for none
}

func (c child) command(args []string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Args = append([]string{"m2v"}, args...)
	if c.shell != "" {
		cmd = exec.Command("sh", append([]string{"-c", `exec -a m2v "$0" "$@" ` + c.shell, os.Args[0]}, args...)...)
		if bash, err := exec.LookPath("bash"); err == nil { // which knows exec -a
			cmd.Path = bash
		}
	}
	cmd.Dir, cmd.Env = c.dir, append([]string{"PATH=" + os.Getenv("PATH"), "HF_HUB_OFFLINE=1", "M2V_ORT_LIB=" + runtimeLibrary()}, c.env...)
	if c.stdout != nil {
		cmd.Stdout = c.stdout
	}
	return cmd
}

// run returns the exit code, as a shell has it, and stderr.
func (c child) run(t *testing.T, args []string) (code int, stderr string) {
	t.Helper()
	cmd := c.command(args)
	var out bytes.Buffer
	cmd.Stderr = &out
	if c.umask != 0 {
		old := syscall.Umask(c.umask)
		defer syscall.Umask(old)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code = cmd.ProcessState.ExitCode()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	if strings.Contains(out.String(), "goroutine ") {
		t.Errorf("m2v %s: it panics: %s", strings.Join(args, " "), &out)
	}
	return code, out.String()
}

// runtimeLibrary is the library that tests share, "" if there is none or without cgo.
func runtimeLibrary() string {
	found, err := newApp(nil, nil, nil, os.Getenv).provider(runtimeFlags{}, 0).Find()
	if err != nil {
		return ""
	}
	if _, err := runtime.Start(found.Path); errors.Is(err, runtime.ErrNoCgo) {
		return ""
	}
	return found.Path
}

// contents are the files below dir by name, with their SHA-256; links are passed over.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		name, relErr := filepath.Rel(dir, path)
		out[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return errors.Join(err, relErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// whole fails for a file that is neither as a run without trouble writes it nor as it was.
func whole(t *testing.T, what, dir string, want map[string]string) {
	t.Helper()
	for name, sum := range contents(t, dir) {
		if strings.HasPrefix(name, "ablation/") && want[name] != "" { // it tells of seconds
			continue
		}
		if strings.HasPrefix(name, "cache/") || name == "features/.lock" {
			continue
		}
		if want[name] != sum {
			t.Errorf("%s: %s is half-written, or has no place here", what, name)
		}
	}
}

// TestEveryCommand runs the example of each help: as it stands, with --json, and where the
// machine is not kind. The exit code is right, and no file is half-written.
func TestEveryCommand(t *testing.T) {
	testenv.Long(t)
	for _, e := range examples(t) {
		t.Run(strings.ReplaceAll(e.path, " ", "_"), func(t *testing.T) {
			if e.needsRuntime() && runtimeLibrary() == "" {
				t.Skip("no ONNX Runtime, which needs cgo")
			}
			e.check(t)
		})
	}
}

func (e example) check(t *testing.T) {
	last := e.lines[len(e.lines)-1]
	plain := workshop(t, e.out)
	kind := []string{"XDG_CACHE_HOME=" + filepath.Join(plain, "cache"), "HOME=" + plain}
	out := child{dir: plain, env: kind}
	for _, line := range e.lines {
		out.stdout = temporary(t)
		if code, stderr := out.run(t, line); code != exitDone {
			t.Fatalf("%s: exit code %d: %s", line, code, stderr)
		}
	}
	want := contents(t, plain)
	e.quiet = size(t, out.stdout) == 0
	if e.json {
		e.checkJSON(t, kind)
	}
	e.checkBare(t, last, want)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	// The disk is full, and the cache cannot be written.
	code, stderr := e.again(t, last, want, child{env: []string{"XDG_CACHE_HOME=/proc/none", "HOME=/proc/none"}, stdout: full})
	if code != e.failsUnless(e.quiet) || code != exitDone && !strings.Contains(stderr, "no space left") && !strings.Contains(stderr, "/proc/none") {
		t.Errorf("a full disk: exit code %d: %s", code, stderr)
	}
	if e.slow {
		return
	}
	// Who reads the output has left: as of cat, the run ends by SIGPIPE.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	if code, stderr = e.again(t, last, want, child{env: kind, stdout: write}); code != 128+int(syscall.SIGPIPE) && !(e.quiet && code == exitDone) {
		t.Errorf("a reader that left: exit code %d: %s", code, stderr)
	}
	// Go's runtime opens /dev/null where stdout is closed.
	if code, stderr = e.again(t, last, want, child{env: kind, shell: ">&-"}); code != exitDone {
		t.Errorf("stdout closed: exit code %d: %s", code, stderr)
	}
}

// failsUnless is the code of a run whose result cannot be written.
func (e example) failsUnless(quiet bool) int {
	if quiet {
		return exitDone
	}
	return exitFailed
}

// checkJSON runs the last line with --json --quiet: one JSON value, and nothing for people but
// warnings.
func (e example) checkJSON(t *testing.T, env []string) {
	t.Helper()
	c := child{dir: workshop(t, e.out), env: env, stdout: temporary(t)}
	for i, line := range e.lines {
		if i == len(e.lines)-1 {
			line = append(slices.Clone(line), "--json", "--quiet")
			c.stdout = temporary(t)
		}
		code, stderr := c.run(t, line)
		if code != exitDone {
			t.Fatalf("%s: exit code %d: %s", line, code, stderr)
		}
		for _, told := range strings.Split(strings.TrimSpace(stderr), "\n") {
			if i == len(e.lines)-1 && told != "" && !strings.HasPrefix(told, "m2v: warning: ") {
				t.Errorf("%s: --quiet prints %q", line, told)
			}
		}
	}
	data, err := os.ReadFile(c.stdout.Name())
	values := 1
	if e.path == "m2v tokenize" { // an object a text
		values = 3
	}
	in := json.NewDecoder(bytes.NewReader(data))
	for n := 0; n < values && err == nil; n++ {
		err = in.Decode(new(any))
	}
	if _, end := in.Token(); err != nil || !errors.Is(end, io.EOF) {
		t.Errorf("--json prints %.300q (%v), not %d JSON values", data, err, values)
	}
}

// checkBare runs the example without HOME and caches, in locale C, with a strict umask.
func (e example) checkBare(t *testing.T, last []string, want map[string]string) {
	t.Helper()
	code := exitDone
	if slices.Contains([]string{"m2v doctor", "m2v cache", "m2v cache prune", "m2v runtime install"}, e.path) { // which are about caches
		code = exitFailed
	}
	dir := workshop(t, e.out)
	c := child{dir: dir, env: []string{"LC_ALL=C"}, umask: 0o077}
	for _, line := range e.lines {
		if got, stderr := c.run(t, line); got != code {
			t.Errorf("%s without HOME: exit code %d, want %d: %s", last, got, code, stderr)
		}
	}
	whole(t, "without HOME", dir, want)
	for name := range contents(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("umask 077: %s has mode %v (%v)", name, info.Mode(), err)
		}
	}
}

// again runs the example in a new folder, its last line under the conditions of c.
func (e example) again(t *testing.T, last []string, want map[string]string, c child) (code int, stderr string) {
	t.Helper()
	c.dir = workshop(t, e.out)
	for _, line := range e.lines[:len(e.lines)-1] {
		if code, stderr := (child{dir: c.dir, env: c.env}).run(t, line); code != exitDone {
			t.Fatalf("%s: exit code %d: %s", line, code, stderr)
		}
	}
	code, stderr = c.run(t, last)
	whole(t, strings.Join(last, " "), c.dir, want)
	return code, stderr
}

// temporary is a file for stdout that is no terminal.
func temporary(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func size(t *testing.T, f *os.File) int64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestEveryReaderIsInterrupted stops commands that wait for texts, by SIGINT and SIGTERM: exit
// code 130, and nothing is left of the output. Of featurize a folder is left to go on with.
func TestEveryReaderIsInterrupted(t *testing.T) {
	lines := []string{
		"encode student - -o out.npy", "encode student - -o out.parquet", "tokenize student -", "vocab build - -o words.txt", "similarity student bridge -",
		"quantize student -o small --quantize-to int8 --texts -", "verify student --record golden.jsonl --texts -",
	}
	if runtimeLibrary() != "" {
		lines = append(lines, "distill testdata/tiny-bert --texts - -o made", "distill testdata/tiny-bert --vocabulary - -o made", "featurize testdata/tiny-bert --texts - -o features")
	}
	for i, line := range lines {
		t.Run(line, func(t *testing.T) {
			dir := workshop(t, "")
			cmd := child{dir: dir, env: []string{"HOME=" + dir, "XDG_CACHE_HOME=" + t.TempDir()}}.command(strings.Fields(line))
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			start(t, cmd)
			before := contents(t, dir)
			// More than a pipe holds: when it is written, the command reads.
			if _, err := stdin.Write(bytes.Repeat([]byte("an old stone bridge\n"), 8000)); err != nil {
				t.Fatalf("%v: %s", err, &stderr)
			}
			time.Sleep(200 * time.Millisecond) // for it to wait for more
			if err := cmd.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGTERM}[i%2]); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() { _ = cmd.Wait(); close(ended) }() // the exit code says what happened
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Fatal("it has not ended after 20 s")
			}
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, &stderr)
			}
			for name := range contents(t, dir) {
				if before[name] == "" && !strings.HasPrefix(name, "features/") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

// TestPermissionDenied: a file that may not be read, or a folder that may not be written, is
// named, by commands of all kinds. Root may do all, so the commands run as nobody there.
func TestPermissionDenied(t *testing.T) {
	dir := t.TempDir()
	student := filepath.Join(testenv.Root(), "static", "testdata", "float32")
	write := func(name, content string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	write("texts.txt", "a stone bridge\n", 0o644)
	write("secret.txt", "bridge 1 0\n", 0)
	write("closed/wordsim/men.tsv", "bridge\tstone\t9\n", 0o644)
	write("locked/kept.txt", "", 0o644)
	for _, name := range []string{"student", "hidden"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(student)); err != nil {
			t.Fatal(err)
		}
	}
	chmod := func(name string, mode os.FileMode) {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	chmod("closed/wordsim", 0)
	chmod("locked", 0o555)
	chmod("hidden/model.safetensors", 0)
	t.Cleanup(func() { chmod("closed/wordsim", 0o755); chmod("locked", 0o755) })
	for _, tc := range []struct{ line, file string }{
		{"encode student secret.txt", "secret.txt"},
		{"vocab build secret.txt", "secret.txt"},
		{"tokenize student secret.txt", "secret.txt"},
		{"similarity hidden a b", "hidden: model.safetensors"},
		{"inspect hidden", "hidden: model.safetensors"},
		{"import glove:secret.txt -o locked/words", "locked/words"},
		{"verify student --against secret.txt", "secret.txt"},
		{"eval student --data closed", "closed/wordsim"},
		{"encode student texts.txt -o locked/v.npy", "locked/v.npy"},
		{"vocab build texts.txt -o locked/words.txt", "locked/words.txt"},
		{"quantize student -o locked/small --dims 4", "locked"},
		{"verify student --record locked/r.jsonl --texts texts.txt", "locked/r.jsonl"},
		{"man locked/man1", "locked/man1"},
	} {
		cmd := child{dir: dir, env: []string{"HOME=/proc/none"}}.command(strings.Fields(tc.line))
		if os.Getuid() == 0 {
			if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the test's own folder, made for its user alone
				t.Fatal(err)
			}
			cmd.Path = "/proc/self/exe" // nobody may not enter the folder of the test's program
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Skipf("no process as nobody here: %v", err)
		}
		if code := cmd.ProcessState.ExitCode(); code == exitDone || code == exitUsage || !strings.Contains(string(out), tc.file) || !strings.Contains(string(out), "permission denied") {
			t.Errorf("%s: exit code %d, want permission denied of %s: %s", tc.line, code, tc.file, out)
		}
	}
}
