package m2v

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// script runs a script of the module in dir and returns all that it prints.
func script(t *testing.T, dir string, env []string, name string, arguments ...string) (string, error) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err) // no bash, no make
	}
	path, err := filepath.Abs(filepath.Join("scripts", name))
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), bash, append([]string{path}, arguments...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), &output, &output
	err = cmd.Run()
	return output.String(), err
}

// TestFuzzScriptRunsEveryFuzzTest: make fuzz finds fuzz tests by their text, this test by
// Go's parser.
func TestFuzzScriptRunsEveryFuzzTest(t *testing.T) {
	output, err := script(t, ".", nil, "fuzz.sh", "--list")
	if err != nil {
		t.Fatal(err, output)
	}
	got := strings.Split(strings.TrimSpace(output), "\n")
	var want []string
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return firstOf(err, fs.SkipDir)
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				want = append(want, f.Name.Name+" ./"+filepath.ToSlash(filepath.Dir(path)))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 20 {
		t.Errorf("make fuzz runs\n%s\nand the module has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// TestSkipsAreSeen: a test that skips itself is named with its reason, and fails CI unless
// its reason is expected.
func TestSkipsAreSeen(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/skips\n\ngo 1.26\n",
		"skips_test.go": `package skips

import (
	"os"
	"testing"
)

func TestRuns(t *testing.T) {}

func TestLeftOut(t *testing.T) { t.Skip("no such data") }

func TestInside(t *testing.T) { t.Run("one", func(t *testing.T) { t.Skip("no such tool") }) }

func TestFails(t *testing.T) {
	if os.Getenv("M2V_FAIL") != "" {
		t.Error("it broke")
	}
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const both = "TestLeftOut: skips_test.go:10: no such data"
	for _, tc := range []struct {
		name      string
		env, args []string
		fails     bool
		has, not  string
	}{
		{"at home", []string{"CI="}, []string{"./..."}, false, both, "CI does not take"},
		{"in CI", []string{"CI=true"}, []string{"./..."}, true, "CI does not take", ""},
		{"in CI, one expected", []string{"CI=true"}, []string{"--may-skip", "no such data", "./..."}, true, "TestInside/one: skips_test.go:12: no such tool", ""},
		{"in CI, all expected", []string{"CI=true"}, []string{"--may-skip", "no such data|no such tool", "./..."}, false, "left out: 2 tests", "CI does not take"},
		{"in CI, none", []string{"CI=true"}, []string{"-run", "Runs", "./..."}, false, "ok", "left out"},
		{"by name", []string{"CI=true"}, []string{"-skip", "^TestLeft|^TestInside$", "./..."}, false, "left out by name, -skip '^TestLeft|^TestInside$': 2 tests", "skipped themselves"},
		{"a failure", []string{"CI=", "M2V_FAIL=1"}, []string{"./..."}, true, "it broke", "left out"},
	} {
		output, err := script(t, dir, append(tc.env, "GOFLAGS=-mod=mod", "GOWORK=off"), "test.sh", tc.args...)
		if (err != nil) != tc.fails || !strings.Contains(output, tc.has) || tc.not != "" && strings.Contains(output, tc.not) {
			t.Errorf("%s: %v, want failure %v, %q and not %q in:\n%s", tc.name, err, tc.fails, tc.has, tc.not, output)
		}
	}
}
