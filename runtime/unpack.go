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
	"strings"
)

// maxLibrary bounds what is unpacked; the largest CPU build has 39 MB.
const maxLibrary = 1 << 30

// unpack copies the library for goos/arch out of an archive, or the file itself
// if it is one, into folder, and returns its path.
func unpack(file, folder, goos, arch string) (string, error) {
	switch name := strings.ToLower(filepath.Base(file)); {
	case strings.HasSuffix(name, ".whl"), strings.HasSuffix(name, ".zip"):
		return unzip(file, folder, goos)
	case strings.HasSuffix(name, ".tgz"), strings.HasSuffix(name, ".tar.gz"):
		return untar(file, folder, goos, arch)
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

func unzip(file, folder, goos string) (string, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return "", err
	}
	defer z.Close()
	for _, entry := range z.File {
		name := path.Base(entry.Name)
		if !entry.Mode().IsRegular() || !isLibrary(goos, name) {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return "", err
		}
		defer r.Close()
		return keep(folder, name, r)
	}
	return "", errNotInside
}

func untar(file, folder, goos, arch string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	for t := tar.NewReader(gz); ; {
		entry, err := t.Next()
		if errors.Is(err, io.EOF) {
			return "", errNotInside
		}
		if err != nil {
			return "", err
		}
		name := path.Base(entry.Name)
		if entry.Typeflag == tar.TypeReg && isLibrary(goos, name) && forPlatform(entry.Name, goos, arch) {
			return keep(folder, name, t)
		}
	}
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
