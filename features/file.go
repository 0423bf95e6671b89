package features

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// partSuffix ends the name of a file that is being written.
const partSuffix = ".part"

// createPart creates the file that stands in for path while it is written.
func createPart(path string) (io.WriteCloser, error) {
	return os.OpenFile(path+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

// writeFile writes a file in full, or leaves what is at its place as it is: fill
// writes beside it, and the result gets its name in one step. Only the process
// that holds the folder's lock calls it, so the name beside it is free.
func (w *writer) writeFile(name string, fill func(io.Writer) error) error {
	path := filepath.Join(w.dir, name)
	err := w.writePart(path, fill)
	if err == nil {
		err = os.Rename(path+partSuffix, path)
	}
	if err != nil {
		_ = os.Remove(path + partSuffix) // if it stays, the next run overwrites it
		return fmt.Errorf("%s: %w", path, bare(err))
	}
	return nil
}

func (w *writer) writePart(path string, fill func(io.Writer) error) error {
	f, err := w.create(path)
	if err != nil {
		return err
	}
	err = fill(f)
	if s, ok := f.(interface{ Sync() error }); ok && err == nil {
		err = s.Sync() // before the rename, for the case that the machine goes down
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// bare drops the path that the message names already.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
