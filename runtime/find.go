package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"strings"
	"sync"
)

// Search says where Find looks, in this order. Empty fields are skipped.
type Search struct {
	Flag   string   // --ort-lib: a library, or a folder that holds one
	Env    string   // the value of $M2V_ORT_LIB: the same
	Beside string   // the folder of the running program
	Cache  string   // m2v's cache folder, where Install puts libraries
	System []string // folders of the system, such as SystemFolders()
	// Execution is what graphs are to run on: the library that was installed for it comes
	// first in the cache.
	Execution ExecutionProvider
}

// Library is a shared library of ONNX Runtime on disk.
type Library struct {
	Path    string
	From    string // where it was found, such as "--ort-lib" or "the cache"
	Version string // as the file says it; "" if it does not
}

// NotFoundError says that no library was found, and where one was looked for.
type NotFoundError struct {
	Searched []string
}

// Error names the folders.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("runtime: find ONNX Runtime: no %s in %s", libraryName(goruntime.GOOS), strings.Join(e.Searched, ", "))
}

// Find returns the first library of the search. A path given by Flag or Env is
// the only one looked at, and must be a usable library; elsewhere a file that is
// none is passed over.
func Find(s Search) (Library, error) {
	for _, given := range []struct{ path, from string }{{s.Flag, "--ort-lib"}, {s.Env, "$M2V_ORT_LIB"}} {
		if given.path != "" {
			return named(given.path, given.from)
		}
	}
	type place struct{ folder, from string }
	var places []place
	if s.Beside != "" {
		places = append(places, place{s.Beside, "beside the program"})
	}
	if s.Cache != "" {
		for _, folder := range cacheFolders(s.Cache, s.Execution) {
			places = append(places, place{folder, "the cache"})
		}
	}
	for _, folder := range s.System {
		places = append(places, place{folder, "the system"})
	}
	var refused error
	missing := &NotFoundError{}
	for _, p := range places {
		missing.Searched = append(missing.Searched, p.folder)
		for _, path := range inFolder(p.folder) {
			version, err := Check(path)
			if err == nil {
				return Library{Path: path, From: p.from, Version: version}, nil
			}
			if refused == nil {
				refused = err
			}
		}
	}
	if refused != nil {
		return Library{}, refused
	}
	return Library{}, missing
}

// named returns the library at a path that the user named.
func named(path, from string) (Library, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Library{}, fmt.Errorf("runtime: open library of %s: %w", from, err)
	}
	if info.IsDir() {
		files := inFolder(path)
		if len(files) == 0 {
			return Library{}, fmt.Errorf("runtime: open library of %s: no %s in %s", from, libraryName(goruntime.GOOS), path)
		}
		path = files[0]
	}
	version, err := Check(path)
	if err != nil {
		return Library{}, err
	}
	return Library{Path: path, From: from, Version: version}, nil
}

// libraryPattern matches the file names under which releases come: with the
// version, with its first number, or bare.
var libraryPattern = sync.OnceValue(func() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"linux":   regexp.MustCompile(`^libonnxruntime\.so(\.\d+)*$`),
		"darwin":  regexp.MustCompile(`^libonnxruntime(\.\d+)*\.dylib$`),
		"windows": regexp.MustCompile(`^onnxruntime\.dll$`),
	}
})

func isLibrary(goos, name string) bool {
	pattern, ok := libraryPattern()[goos]
	if !ok {
		pattern = libraryPattern()["linux"]
	}
	return pattern.MatchString(name)
}

// libraryName is the library's bare name, for messages.
func libraryName(goos string) string {
	switch goos {
	case "darwin":
		return "libonnxruntime.dylib"
	case "windows":
		return "onnxruntime.dll"
	}
	return "libonnxruntime.so"
}

// inFolder returns the paths of the libraries directly in folder, by name.
func inFolder(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // a folder that is not there holds no library
	}
	var paths []string
	for _, e := range entries {
		if !e.IsDir() && isLibrary(goruntime.GOOS, e.Name()) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	return paths
}

// SystemFolders returns the folders in which the running system keeps shared
// libraries. Others are reached by naming them in --ort-lib.
func SystemFolders() []string {
	switch goruntime.GOOS {
	case "windows":
		return nil // System32 has an onnxruntime.dll of its own, as old as the system
	case "darwin":
		return []string{"/opt/homebrew/lib", "/usr/local/lib"}
	}
	folders := []string{"/usr/local/lib", "/usr/lib", "/usr/lib64"}
	switch goruntime.GOARCH {
	case "amd64":
		folders = append(folders, "/usr/lib/x86_64-linux-gnu")
	case "arm64":
		folders = append(folders, "/usr/lib/aarch64-linux-gnu")
	}
	return folders
}
