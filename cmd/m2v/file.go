package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/texts"
)

// writeWhole writes a file by fill: beside path first, then under its name, so
// that a run that fails leaves what was there.
func writeWhole(path string, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriter(f)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // CreateTemp keeps others out
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// bareError leaves out of an error the path that its message will begin with.
func bareError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// eachText reads a file of texts, a line each, "-" for stdin, and hands them
// on in groups; a group is use's to keep.
func (a *app) eachText(path string, use func([]string) error) error {
	o := texts.DefaultOptions()
	o.Format = texts.Lines
	r, err := texts.Open([]string{path}, a.stdin, o)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		group := make([]string, 1024)
		n, err := r.Next(group)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if useErr := use(group[:n]); useErr != nil {
			return useErr
		}
		if err != nil {
			return nil
		}
	}
}
