package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/m2v-dev/m2v/internal/files"
)

// InstallOptions say where a library comes from and where it goes.
type InstallOptions struct {
	Cache string // m2v's cache folder; it is made if it is not there
	// From is "" for the package clients in turn, "pip" or "npm" for one of them,
	// else a local file or a URL: a wheel, a .zip, .tgz or .tar.gz, or the library itself.
	From string
	// SHA256 is the checksum, in hex, of what From names; needed for a file or a
	// URL, where no checksum is pinned.
	SHA256 string
	// Force installs again where a library is already there. Without it, one is replaced if From
	// is a file or URL that it was not unpacked from.
	Force bool
	// Execution is what the library is to run graphs on beside the CPU. Each has a folder
	// of its own in the cache, but for those that the CPU's package has too.
	Execution ExecutionProvider
	// OS and Arch are the running machine's if empty. They are there so that a
	// cache can be prepared for another machine.
	OS, Arch string

	// run starts a package client in folder dir; exec.CommandContext if nil.
	run func(ctx context.Context, dir, name string, args ...string) error
}

// Installed returns the library that Install left in cache, if it is there and whole.
func Installed(cache string) (Library, bool) { return installedFor(cache, CPU) }

func installedFor(cache string, e ExecutionProvider) (Library, bool) {
	for _, path := range inFolder(installFolder(cache, goruntime.GOOS, goruntime.GOARCH, e)) {
		if version, err := Check(path); err == nil {
			return Library{Path: path, From: "the cache", Version: version}, true
		}
	}
	return Library{}, false
}

// installFolder is where one release for one platform lives in the cache.
func installFolder(cache, goos, arch string, e ExecutionProvider) string {
	b, err := buildFor(e, goos, arch)
	if err != nil { // a platform for which only a file or URL can be named
		b.version = Version
	}
	name := fmt.Sprintf("onnxruntime-%s-%s-%s", b.version, goos, arch)
	if !e.OnCPU() && !inCPUBuild(e) {
		name += "-" + string(e)
	}
	return filepath.Join(cache, name)
}

// cacheFolders are the folders of this machine's libraries in the cache: the one that was
// installed for e, and then the others, which may be all that there is.
func cacheFolders(cache string, e ExecutionProvider) []string {
	folders := []string{installFolder(cache, goruntime.GOOS, goruntime.GOARCH, e)}
	for _, other := range ExecutionProviders {
		if folder := installFolder(cache, goruntime.GOOS, goruntime.GOARCH, other); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// tempPattern names folders of a running Install, for their removal.
const tempPattern = ".onnxruntime-"

// Install puts the pinned release into the cache, in one step: the folder is
// either there with a checked library or not there. It returns the library and
// whether anything was done. Once a library is there it needs no network.
func Install(ctx context.Context, o InstallOptions) (lib Library, done bool, err error) {
	lib, done, err = install(ctx, o)
	if err != nil {
		b, _ := buildFor(o.Execution, o.OS, o.Arch) // the version is set whatever the platform
		return Library{}, false, fmt.Errorf("runtime: install ONNX Runtime %s: %w", b.version, err)
	}
	return lib, done, nil
}

func install(ctx context.Context, o InstallOptions) (lib Library, done bool, err error) {
	if o.Cache == "" {
		return lib, false, errors.New("there is no cache folder")
	}
	if o.OS == "" {
		o.OS = goruntime.GOOS
	}
	if o.Arch == "" {
		o.Arch = goruntime.GOARCH
	}
	if o.run == nil {
		o.run = runClient
	}
	if !o.fromFile() {
		if _, err := buildFor(o.Execution, o.OS, o.Arch); err != nil && !o.Execution.OnCPU() {
			return lib, false, err
		}
	}
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return lib, false, err
	}
	lock := flock.New(filepath.Join(o.Cache, "onnxruntime.lock"))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return lib, false, fmt.Errorf("wait for another install: %w", err)
	}
	defer lock.Unlock()
	removeLitter(o.Cache)

	native := o.OS == goruntime.GOOS && o.Arch == goruntime.GOARCH
	final := installFolder(o.Cache, o.OS, o.Arch, o.Execution)
	if native && !o.Force {
		if lib, ok := installedFor(o.Cache, o.Execution); ok && o.madeOf(final) {
			return lib, false, nil
		}
	}
	temp, err := os.MkdirTemp(o.Cache, tempPattern)
	if err != nil {
		return lib, false, err
	}
	defer os.RemoveAll(temp)
	file, err := obtain(ctx, o, temp)
	if err != nil {
		return lib, false, err
	}
	unpacked := filepath.Join(temp, "unpacked")
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return lib, false, err
	}
	path, err := unpack(file, unpacked, o.OS, o.Arch, o.Execution)
	if err != nil {
		return lib, false, fmt.Errorf("unpack %s: %w", filepath.Base(file), err)
	}
	if native {
		if lib.Version, err = Check(path); err != nil {
			return lib, false, err
		}
	}
	if err := os.WriteFile(filepath.Join(unpacked, sourceFile), []byte(o.want()), 0o644); err != nil {
		return lib, false, err
	}
	if err := replace(unpacked, final, temp); err != nil {
		return lib, false, err
	}
	lib.Path, lib.From = filepath.Join(final, filepath.Base(path)), "the cache"
	return lib, true, nil
}

// sourceFile holds the SHA-256 of the file or URL that a library was unpacked from; it is
// empty for a package client's.
const sourceFile = "source.sha256"

// want is the checksum that the user gave.
func (o InstallOptions) want() string { return strings.ToLower(strings.TrimSpace(o.SHA256)) }

// fromFile tells whether From is a file or URL.
func (o InstallOptions) fromFile() bool { return o.From != "" && o.From != "pip" && o.From != "npm" }

// madeOf tells whether the library in folder is the one that From names: any will do for a
// package client, whose release is pinned, but a file or URL that was named is meant.
func (o InstallOptions) madeOf(folder string) bool {
	if !o.fromFile() {
		return true
	}
	sum, err := os.ReadFile(filepath.Join(folder, sourceFile))
	return err == nil && string(sum) == o.want()
}

// removeLitter removes what runs that were killed left. The lock is held, so
// none of it belongs to a live run.
func removeLitter(cache string) {
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), tempPattern) {
			os.RemoveAll(filepath.Join(cache, e.Name())) // what stays is tried again next time
		}
	}
}

// replace moves folder to final; a final that is there goes to trash first.
func replace(folder, final, trash string) error {
	if err := os.Rename(final, filepath.Join(trash, "old")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(folder, final)
}

// obtain gets the archive or library into temp and checks its SHA-256.
func obtain(ctx context.Context, o InstallOptions, temp string) (string, error) {
	if !o.fromFile() {
		return fromPackages(ctx, o, temp)
	}
	want := o.want()
	if b, err := hex.DecodeString(want); err != nil || len(b) != sha256.Size {
		return "", fmt.Errorf("%s needs its SHA-256, 64 hexadecimal digits, not %q", o.From, o.SHA256)
	}
	file := o.From
	if strings.HasPrefix(o.From, "http://") || strings.HasPrefix(o.From, "https://") {
		var err error
		if file, err = download(ctx, o.From, temp); err != nil {
			return "", err
		}
	}
	return file, verify(file, want)
}

// verify compares a file's SHA-256 with want, in hex.
func verify(file, want string) error {
	got, n, err := files.SHA256(file)
	if err != nil {
		return err
	}
	if got != want {
		return &ChecksumError{File: filepath.Base(file), Size: n, Got: got, Want: want}
	}
	return nil
}

// ChecksumError says that a file is not the one that was asked for.
type ChecksumError struct {
	File      string
	Size      int64 // bytes
	Got, Want string
}

// Error names both sums.
func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s (%d bytes) has SHA-256 %s, want %s: it was cut short or is another file", e.File, e.Size, e.Got, e.Want)
}

// download saves a URL's content in folder. A body shorter than announced is an
// error, by net/http's own count.
func download(ctx context.Context, url, folder string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get %s: %s", url, response.Status)
	}
	name := filepath.Base(filepath.FromSlash(request.URL.Path))
	if !filepath.IsLocal(name) {
		name = "download"
	}
	path := filepath.Join(folder, name)
	if err := save(path, response.Body); err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	return path, nil
}

// save writes r to a new file and syncs it.
func save(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
