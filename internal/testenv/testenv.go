// Package testenv finds what tests need and the repository does not hold: real
// models and the project's shared goldens. Outside CI a test without them skips
// and says what it misses; in CI, where nothing may be skipped silently, it fails.
package testenv

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Models returns the folder of real models, named by M2V_TEST_MODELS.
func Models(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("M2V_TEST_MODELS")
	if dir == "" {
		missing(t, "M2V_TEST_MODELS is not set: no real models (run this through make test-real)")
	}
	return dir
}

// Model returns the path of a file or folder among the real models.
func Model(t testing.TB, path ...string) string {
	t.Helper()
	full := filepath.Join(append([]string{Models(t)}, path...)...)
	if _, err := os.Stat(full); err != nil {
		missing(t, "no such real model: "+err.Error())
	}
	return full
}

// Text returns the path of a file of bin/get-texts, in the folder that M2V_TEST_TEXTS
// names, by default where that program puts it.
func Text(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("M2V_TEST_TEXTS")
	if dir == "" {
		home, _ := os.UserHomeDir() // without one there is no such file
		dir = filepath.Join(home, ".cache", "m2v-test-texts")
	}
	full := filepath.Join(dir, name)
	if _, err := os.Stat(full); err != nil {
		missing(t, "no such texts, run bin/get-texts of the shared folder: "+err.Error())
	}
	return full
}

// Shared returns the path of a file or folder in the shared folder, named by
// M2V_SHARED, by default the folder "shared" beside the module's root.
func Shared(t testing.TB, path ...string) string {
	t.Helper()
	dir := os.Getenv("M2V_SHARED")
	if dir == "" {
		dir = filepath.Join(Root(), "..", "shared")
	}
	full := filepath.Join(append([]string{dir}, path...)...)
	if _, err := os.Stat(full); err != nil {
		missing(t, "shared data is not there: "+err.Error())
	}
	return full
}

// Root returns the module's root folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Long leaves a test out where -short asks for it, as the race detector's run does:
// there a test takes five to twenty times as long.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
}

func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
