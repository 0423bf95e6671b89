package runtime

import (
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
)

// installed returns the library that this machine has.
func installed(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	lib, err := Find(Search{Env: os.Getenv("M2V_ORT_LIB"), Cache: filepath.Join(cache, "m2v"), System: SystemFolders()})
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v\nhint: make runtime", err)
		}
		t.Skip(err)
	}
	return lib.Path
}

// library copies the library to a new folder under the given name, cut to size
// bytes if size ≥ 0.
func library(t *testing.T, name string, size int64) string {
	t.Helper()
	data, err := os.ReadFile(installed(t))
	if err != nil {
		t.Fatal(err)
	}
	if size >= 0 {
		data = data[:size]
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindOrder(t *testing.T) {
	path := library(t, libraryName(goruntime.GOOS), -1)
	folder := filepath.Dir(path)
	for _, tc := range []struct {
		search Search
		from   string
	}{
		{Search{Flag: path, Env: "/nowhere"}, "--ort-lib"},
		{Search{Flag: folder}, "--ort-lib"},
		{Search{Env: path, Beside: folder}, "$M2V_ORT_LIB"},
		{Search{Beside: folder, System: []string{folder}}, "beside the program"},
		{Search{Cache: t.TempDir(), System: []string{"/nowhere", folder}}, "the system"},
	} {
		got, err := Find(tc.search)
		if err != nil || got.Path != path || got.From != tc.from {
			t.Errorf("%+v: got %+v, %v, want %s from %s", tc.search, got, err, path, tc.from)
		}
	}
}

func TestFindNothing(t *testing.T) {
	empty := t.TempDir()
	_, err := Find(Search{Beside: empty})
	var missing *NotFoundError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), empty) {
		t.Errorf("got %v, want a NotFoundError that names %s", err, empty)
	}
	if _, err := Find(Search{Flag: empty}); err == nil || !strings.Contains(err.Error(), "--ort-lib") {
		t.Errorf("got %v, want an error that names --ort-lib", err)
	}
	if _, err := Find(Search{Env: filepath.Join(empty, "no.so")}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "$M2V_ORT_LIB") {
		t.Errorf("got %v, want a missing file that $M2V_ORT_LIB named", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("I am no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(path, want string) {
		t.Helper()
		if _, err := Check(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", filepath.Base(path), err, want)
		}
		// Start must refuse it too, and not end the process.
		if _, err := Start(path); err == nil {
			t.Errorf("%s was started", filepath.Base(path))
		}
	}
	check(text, "not a shared library")
	check(t.TempDir(), "not a file")
	check(filepath.Join(t.TempDir(), "no.so"), "no such file")
	check(library(t, "empty.so", 0), "not a shared library")
	check(library(t, "head.so", 4096), "")
	check(library(t, "half.so", 12<<20), "")
	if goruntime.GOOS == "linux" {
		for _, other := range []string{"libc.so.6", "libm.so.6"} {
			for _, folder := range []string{"/lib/x86_64-linux-gnu", "/lib64", "/lib/aarch64-linux-gnu"} {
				if path := filepath.Join(folder, other); exists(path) {
					check(path, entryPoint)
				}
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestSupported(t *testing.T) {
	for version, ok := range map[string]bool{
		"1.27.0": true, "1.24": true, "1.23.2": false, "1.9.0": false, "2.0.0": true, "x": false,
	} {
		if err := supported(version); (err == nil) != ok {
			t.Errorf("%s: got %v, want ok = %v", version, err, ok)
		}
	}
}
