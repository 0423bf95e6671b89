package runtime

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
)

// offer writes an archive and returns its path and SHA-256.
func offer(t *testing.T, name string, data []byte) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(data)
	return path, hex.EncodeToString(hash[:])
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// elsewhere is a platform that is not this one, so that any bytes pass for its library.
func elsewhere(o InstallOptions) InstallOptions {
	o.OS, o.Arch = "darwin", "s390x"
	return o
}

func TestInstallLayouts(t *testing.T) {
	for name, data := range map[string][]byte{
		"onnxruntime.whl": zipOf(t, map[string]string{
			"onnxruntime/capi/libonnxruntime_providers_shared.dylib": "no", "onnxruntime/capi/libonnxruntime.1.27.0.dylib": "yes"}),
		"release.tgz": tarOf(t, map[string]string{"onnxruntime-osx/lib/libonnxruntime.1.27.0.dylib": "yes", "LICENSE": "no"}),
		"npm.tar.gz": tarOf(t, map[string]string{
			"package/bin/napi-v6/darwin/arm64/libonnxruntime.1.27.0.dylib": "no",
			"package/bin/napi-v6/linux/s390x/libonnxruntime.so.1":          "no",
			"package/bin/napi-v6/darwin/s390x/libonnxruntime.1.27.0.dylib": "yes"}),
		"libonnxruntime.dylib": []byte("yes"),
	} {
		path, sum := offer(t, name, data)
		lib, done, err := Install(t.Context(), elsewhere(InstallOptions{Cache: t.TempDir(), From: path, SHA256: strings.ToUpper(sum)}))
		if err != nil || !done {
			t.Errorf("%s: %v, done %v", name, err, done)
			continue
		}
		if got, err := os.ReadFile(lib.Path); err != nil || string(got) != "yes" {
			t.Errorf("%s: installed %q, %v", name, got, err)
		}
	}
}

// checkUntouched fails if an install that went wrong left anything but its lock.
func checkUntouched(t *testing.T, cache string) {
	t.Helper()
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		if e.Name() != "onnxruntime.lock" {
			t.Errorf("%s was left in the cache", e.Name())
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	wheel, sum := offer(t, "a.whl", zipOf(t, map[string]string{"readme": "no library"}))
	text, textSum := offer(t, "a.tgz", []byte("this is no gzip stream, of whatever kind"))
	for _, tc := range []struct {
		name, from, sum, want string
	}{
		{"no sum", wheel, "", "needs its SHA-256"},
		{"half a sum", wheel, sum[:32], "needs its SHA-256"},
		{"wrong sum", wheel, strings.Repeat("0", 64), "cut short or is another file"},
		{"no library inside", wheel, sum, "no library of ONNX Runtime"},
		{"not an archive", text, textSum, "gzip"},
		{"missing", filepath.Join(t.TempDir(), "no.whl"), sum, "no such file"},
	} {
		cache := t.TempDir()
		_, _, err := Install(t.Context(), elsewhere(InstallOptions{Cache: cache, From: tc.from, SHA256: tc.sum}))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", tc.name, err, tc.want)
		}
		checkUntouched(t, cache)
	}
}

// A text file with the right checksum, as when a mirror's error page was pinned.
func TestInstallChecksLibrary(t *testing.T) {
	path, sum := offer(t, "libonnxruntime.so", []byte("this is no library"))
	cache := t.TempDir()
	if _, _, err := Install(t.Context(), InstallOptions{Cache: cache, From: path, SHA256: sum}); err == nil {
		t.Error("a text file was installed")
	}
	checkUntouched(t, cache)
}

func TestInstallURL(t *testing.T) {
	data := tarOf(t, map[string]string{"lib/libonnxruntime.dylib": "yes"})
	_, sum := offer(t, "x", data)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/whole.tgz":
			w.Write(data)
		case "/short.tgz": // announces more than it sends, as a broken connection does
			w.Header().Set("Content-Length", "1000000")
			w.Write(data)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for path, want := range map[string]string{"/whole.tgz": "", "/short.tgz": "unexpected EOF", "/no.tgz": "404"} {
		_, _, err := Install(t.Context(), elsewhere(InstallOptions{Cache: t.TempDir(), From: server.URL + path, SHA256: sum}))
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want an error with %q", path, err, want)
		}
	}
}

func TestInstallPackageClients(t *testing.T) {
	var ran []string
	client := func(have map[string]string) func(context.Context, string, string, ...string) error {
		return func(_ context.Context, dir, name string, args ...string) error {
			ran = append(ran, name)
			content, ok := have[name]
			if !ok {
				return &exec.Error{Name: name, Err: exec.ErrNotFound}
			}
			pattern := "x.whl"
			if name == "npm" {
				pattern = "x.tgz"
			}
			return os.WriteFile(filepath.Join(dir, pattern), []byte(content), 0o600)
		}
	}
	check := func(have map[string]string, want ...string) {
		t.Helper()
		cache := t.TempDir()
		o := InstallOptions{Cache: cache, OS: "linux", Arch: "amd64", Force: true, run: client(have)}
		_, _, err := Install(t.Context(), o)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("have %v: got %v, want an error with %q", have, err, w)
			}
		}
		checkUntouched(t, cache)
	}
	// No client at all: both are named.
	check(nil, "python", "npm", "not found")
	// pip brings a file that is not the pinned one: npm is tried after it.
	ran = nil
	check(map[string]string{"python3": "altered", "npm": "altered too"}, wheels["linux/amd64"].sha256, npmSHA256)
	if len(ran) == 0 || ran[len(ran)-1] != "npm" {
		t.Errorf("ran %v, want npm last", ran)
	}
}

// The cache's path is no pattern: with a [ in it, the file that the client had
// brought was not found.
func TestInstallInAnyFolder(t *testing.T) {
	for _, name := range []string{"plain", "[old] cache", "a*b"} {
		cache := filepath.Join(t.TempDir(), name)
		brought := func(_ context.Context, dir, _ string, _ ...string) error {
			return os.WriteFile(filepath.Join(dir, "x.whl"), []byte("not the pinned file"), 0o600)
		}
		_, _, err := Install(t.Context(), InstallOptions{Cache: cache, OS: "linux", Arch: "amd64", Force: true, run: brought})
		if want := wheels["linux/amd64"].sha256; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("in %s: got %v, want the file refused by its SHA-256 %s", name, err, want)
		}
	}
}

// A run that was killed leaves its folder; the next one removes it.
func TestInstallRemovesLitter(t *testing.T) {
	cache := t.TempDir()
	if err := os.MkdirAll(filepath.Join(cache, tempPattern+"123", "fetch"), 0o755); err != nil {
		t.Fatal(err)
	}
	path, sum := offer(t, "libonnxruntime.dylib", []byte("yes"))
	if _, _, err := Install(t.Context(), elsewhere(InstallOptions{Cache: cache, From: path, SHA256: sum})); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(cache, tempPattern+"123")) {
		t.Error("the folder of a dead run is still there")
	}
}

func TestInstallIsOfflineOnceDone(t *testing.T) {
	lib := library(t, libraryName(goruntime.GOOS), -1)
	data, err := os.ReadFile(lib)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	o := InstallOptions{Cache: t.TempDir(), From: lib, SHA256: hex.EncodeToString(sum[:])}
	first, done, err := Install(t.Context(), o)
	if err != nil || !done {
		t.Fatalf("%v, done %v", err, done)
	}
	o.From, o.run = "", func(context.Context, string, string, ...string) error {
		t.Error("a package client was started")
		return nil
	}
	second, done, err := Install(t.Context(), o)
	if err != nil || done || second.Path != first.Path {
		t.Errorf("got %+v, %v, done %v, want %+v without doing anything", second, err, done, first)
	}
}

// --from was ignored where a library was there.
func TestInstallTakesTheFileThatIsNamed(t *testing.T) {
	lib := library(t, libraryName(goruntime.GOOS), -1)
	data, err := os.ReadFile(lib)
	if err != nil {
		t.Fatal(err)
	}
	o := InstallOptions{Cache: t.TempDir()}
	o.From, o.SHA256 = offer(t, libraryName(goruntime.GOOS), data)
	check := func(want bool) {
		t.Helper()
		if _, done, err := Install(t.Context(), o); err != nil || done != want {
			t.Errorf("done %v, %v, want %v", done, err, want)
		}
	}
	check(true)
	check(false) // the same file again
	o.From, o.SHA256 = offer(t, "other.zip", zipOf(t, map[string]string{libraryName(goruntime.GOOS): string(data)}))
	check(true)
	check(false)
	o.From, o.SHA256 = filepath.Join(t.TempDir(), "missing"), strings.Repeat("0", 64)
	if _, _, err := Install(t.Context(), o); err == nil {
		t.Error("a file that is not there is passed over in silence")
	}
	if _, ok := Installed(o.Cache); !ok {
		t.Error("the library that was there is gone")
	}
	o.From, o.SHA256 = "", ""
	check(false)
}

// A cache whose path holds "[" found nothing of what the package client brought.
func TestInstallWhereThePathIsAPattern(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "[cache] *")
	o := InstallOptions{Cache: cache, OS: "linux", Arch: "amd64", Force: true, run: func(_ context.Context, dir, name string, args ...string) error {
		return os.WriteFile(filepath.Join(dir, "x.whl"), []byte("altered"), 0o600)
	}}
	_, _, err := Install(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "x.whl (7 bytes) has SHA-256") {
		t.Errorf("got %v, want the error of a file that was found", err)
	}
}

func TestInstallCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cache := t.TempDir()
	if _, _, err := Install(ctx, InstallOptions{Cache: cache, From: "pip"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancellation", err)
	}
	checkUntouched(t, cache)
}
