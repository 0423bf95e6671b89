// Package orttest starts ONNX Runtime for tests.
package orttest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/runtime"
)

// Start returns the running library, found as m2v finds it. A test without the
// library fails and says how to get it; one built without cgo skips.
func Start(t testing.TB) *runtime.Runtime {
	t.Helper()
	search := runtime.Search{Env: os.Getenv("M2V_ORT_LIB"), Cache: os.Getenv("XDG_CACHE_HOME"), System: runtime.SystemFolders()}
	if !filepath.IsAbs(search.Cache) {
		search.Cache, _ = os.UserCacheDir() // without one the system's folders are left
	}
	if search.Cache != "" {
		search.Cache = filepath.Join(search.Cache, "m2v")
	}
	lib, err := runtime.Find(search)
	if err != nil {
		if _, startErr := runtime.Start(""); errors.Is(startErr, runtime.ErrNoCgo) {
			t.Skip(startErr)
		}
		t.Fatalf("%v\nhint: make runtime", err)
	}
	rt, err := runtime.Start(lib.Path)
	if errors.Is(err, runtime.ErrNoCgo) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rt
}
