package runtime

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxLibrary bounds each library that is unpacked; the largest CPU build has 39 MB, that of
// CUDA 252 MB.
const maxLibrary = 1 << 30

// unpack copies the library for goos/arch out of an archive, or the file itself
// if it is one, into folder, and returns its path. The libraries that e needs beside it
// come along.
func unpack(file, folder, goos, arch string, e ExecutionProvider) (string, error) {
	u := unpacking{folder: folder, goos: goos, arch: arch, beside: companions(goos, e)}
	switch name := strings.ToLower(filepath.Base(file)); {
	case strings.HasSuffix(name, ".whl"), strings.HasSuffix(name, ".zip"):
		return u.unzip(file)
	case strings.HasSuffix(name, ".tgz"), strings.HasSuffix(name, ".tar.gz"):
		return u.untar(file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	to := filepath.Join(folder, libraryName(goos))
	return to, save(to, f)
}

var errNotInside = errors.New("it holds no library of ONNX Runtime for this machine")

// companions are the names of the libraries that ONNX Runtime itself opens for e.
func companions(goos string, e ExecutionProvider) []string {
	switch {
	case e == CUDA && goos == "windows":
		return []string{"onnxruntime_providers_shared.dll", "onnxruntime_providers_cuda.dll"}
	case e == CUDA:
		return []string{"libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"}
	case e == DirectML:
		return []string{"DirectML.dll"}
	}
	return nil
}

// unpacking is an archive on its way into a folder.
type unpacking struct {
	folder, goos, arch string
	beside             []string // names of libraries that are wanted too

	path string // of the library, once it is there
	kept int    // of beside
}

// done tells whether all is there.
func (u *unpacking) done() bool { return u.path != "" && u.kept == len(u.beside) }

// wants tells whether a file of the archive is one to keep: the first library of ONNX
// Runtime, and what belongs beside it.
func (u *unpacking) wants(name string) bool {
	return u.path == "" && isLibrary(u.goos, name) || slices.Contains(u.beside, name)
}

// keep saves a file of the archive.
func (u *unpacking) keep(name string, r io.Reader) error {
	to, err := keep(u.folder, name, r)
	if err != nil {
		return err
	}
	if slices.Contains(u.beside, name) {
		u.kept++
	} else {
		u.path = to
	}
	return nil
}

// result is what unpack returns at the archive's end.
func (u *unpacking) result() (string, error) {
	switch {
	case u.path == "":
		return "", errNotInside
	case !u.done():
		return "", fmt.Errorf("it lacks one of %s", strings.Join(u.beside, ", "))
	}
	return u.path, nil
}

func (u *unpacking) unzip(file string) (string, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return "", err
	}
	defer z.Close()
	for _, entry := range z.File {
		name := path.Base(entry.Name)
		if u.done() || !entry.Mode().IsRegular() || !u.wants(name) {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return "", err
		}
		if err := errors.Join(u.keep(name, r), r.Close()); err != nil {
			return "", err
		}
	}
	return u.result()
}

func (u *unpacking) untar(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	for t := tar.NewReader(gz); !u.done(); {
		entry, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		name := path.Base(entry.Name)
		if entry.Typeflag == tar.TypeReg && u.wants(name) && forPlatform(entry.Name, u.goos, u.arch) {
			if err := u.keep(name, t); err != nil {
				return "", err
			}
		}
	}
	return u.result()
}

// forPlatform reports whether an entry of the npm package, which holds all
// platforms under bin/napi-v6/<platform>/<arch>/, is for this one. Entries of
// other archives always are.
func forPlatform(name, goos, arch string) bool {
	_, rest, ok := strings.Cut(name, "/napi-")
	if !ok {
		return true
	}
	platform, cpu := goos, arch
	if platform == "windows" {
		platform = "win32"
	}
	if cpu == "amd64" {
		cpu = "x64"
	}
	return strings.Contains(rest, "/"+platform+"/"+cpu+"/")
}

func keep(folder, name string, r io.Reader) (string, error) {
	to := filepath.Join(folder, name)
	limited := &io.LimitedReader{R: r, N: maxLibrary + 1}
	if err := save(to, limited); err != nil {
		return "", err
	}
	if limited.N <= 0 {
		return "", fmt.Errorf("%s is larger than %d bytes", name, maxLibrary)
	}
	return to, nil
}
