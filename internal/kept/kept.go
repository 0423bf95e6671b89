// Package kept knows what m2v's cache folder holds between runs: the rows of teachers, their
// vectors of texts, scores and ONNX Runtime. All of it can be made again.
package kept

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Parts are the names of the parts that Prune may remove, in the order of List.
var Parts = []string{"rows", "features", "eval"}

// library begins the name of an installed ONNX Runtime, which Prune leaves.
const library = "onnxruntime-"

// A Part is a folder of the cache.
type Part struct {
	Name  string `json:"name"` // one of Parts, or an installed ONNX Runtime
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

// List returns the parts of the cache folder dir that are there, and their sizes. A folder
// that is not there is empty.
func List(dir string) ([]Part, error) {
	list := []Part{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("kept: list: %w", err)
	}
	names := slices.Clone(Parts)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), library) {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		p := Part{Name: name}
		err := eachFile(filepath.Join(dir, name), func(_ string, info fs.FileInfo) error {
			p.Files++
			p.Bytes += info.Size()
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("kept: list: %w", err)
		}
		if p.Files > 0 {
			list = append(list, p)
		}
	}
	return list, nil
}

// Prune removes the files of parts that were last written before a time, and the folders
// that it leaves empty, and returns what is gone, by part. With dry it removes nothing. A
// part that is not one of Parts is an error.
func Prune(dir string, parts []string, before time.Time, dry bool) ([]Part, error) {
	list := []Part{}
	for _, name := range parts {
		if !slices.Contains(Parts, name) {
			return nil, fmt.Errorf("kept: prune: %q is not one of %v", name, Parts)
		}
		p := Part{Name: name}
		root := filepath.Join(dir, name)
		err := eachFile(root, func(path string, info fs.FileInfo) error {
			if !info.ModTime().Before(before) {
				return nil
			}
			p.Files++
			p.Bytes += info.Size()
			if dry {
				return nil
			}
			return os.Remove(path)
		})
		if err == nil && !dry {
			err = removeEmpty(root)
		}
		if err != nil {
			return list, fmt.Errorf("kept: prune: %w", err)
		}
		list = append(list, p)
	}
	return list, nil
}

// eachFile visits the files below root; links are not followed. A root that is not there has
// none, and neither has one that another process removes meanwhile.
func eachFile(root string, visit func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(path, info)
	})
}

// removeEmpty removes the empty folders below root, the deepest first.
func removeEmpty(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			dirs = append(dirs, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	for _, dir := range slices.Backward(dirs) {
		_ = os.Remove(dir) // one that is not empty stays
	}
	return err
}
