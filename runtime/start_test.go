//go:build cgo && linux

package runtime

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// oldLibrary is the entry point of a release that does not know the C API asked for.
const oldLibrary = `
typedef struct { const void *(*GetApi)(unsigned); const char *(*GetVersionString)(void); } Base;
static const void *api(unsigned n) { return 0; }
static const char *version(void) { return "1.20.1"; }
static const Base base = { api, version };
const Base *OrtGetApiBase(void) { return &base; }
`

// compile builds a shared library from C, with a symbol version if node is not "".
func compile(t *testing.T, name, source, node string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("cgo without cc: ", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	args := []string{"-shared", "-fPIC", "-o", path, filepath.Join(dir, "lib.c")}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("lib.c", source)
	if node != "" {
		write("lib.map", node+" { global: OrtGetApiBase; local: *; };")
		args = append(args, "-Wl,--version-script="+filepath.Join(dir, "lib.map"))
	}
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// alone runs the test in a process of its own: a process can start one library
// only. It returns true in that process.
func alone(t *testing.T) bool {
	t.Helper()
	const child = "M2V_TEST_ALONE"
	if os.Getenv(child) != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

func TestStartRefusesOldRelease(t *testing.T) {
	if !alone(t) {
		return
	}
	check := func(path string, want ...string) {
		t.Helper()
		_, err := Start(path)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %v, want an error with %q", filepath.Base(path), err, w)
			}
		}
	}
	check(compile(t, "libonnxruntime.so", oldLibrary, "VERS_1.20.1"), "1.20.1", "1.24 or newer")
	check(compile(t, "libonnxruntime.so.1.19.2", oldLibrary, ""), "1.19.2", "1.24 or newer")
	// A release that does not give its number away is refused by its own answer.
	check(compile(t, "libonnxruntime.so", oldLibrary, ""), "libonnxruntime.so", "API")
	check(compile(t, "libother.so", "int other(void) { return 1; }", ""), "does not export OrtGetApiBase")
}

// A refused library must not stand in the way of the right one.
func TestStartAfterRefusal(t *testing.T) {
	if !alone(t) {
		return
	}
	if _, err := Start(compile(t, "libonnxruntime.so", oldLibrary, "")); err == nil {
		t.Fatal("an old library was started")
	}
	path := library(t, "libonnxruntime.so", -1)
	rt, err := Start(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Start(path); err != nil || again != rt {
		t.Errorf("second start: got %p, %v, want %p", again, err, rt)
	}
	if _, err := Start(library(t, "libonnxruntime.so", -1)); err == nil || !strings.Contains(err.Error(), "already running") {
		t.Errorf("another library: got %v, want an error", err)
	}
}
