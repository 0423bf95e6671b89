package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/m2v-dev/m2v/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"m2v": main})
}

// TestScripts runs the sessions in testdata. They find the tiny teachers in
// $TINY, and ONNX Runtime and caches where the developer has them.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata/*.txtar", nil)
}

// runScripts runs the scripts of a pattern, with more variables in env.
func runScripts(t *testing.T, pattern string, env map[string]string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s (%v)", pattern, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tiny, err := filepath.Abs(filepath.Join(testenv.Root(), "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TINY", tiny)
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("M2V_ORT_LIB", os.Getenv("M2V_ORT_LIB"))
			e.Setenv("HF_HOME", filepath.Join(e.WorkDir, "hf"))
			e.Setenv("HF_HUB_OFFLINE", "1")
			for name, value := range env {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}
