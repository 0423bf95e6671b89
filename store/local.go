package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
)

// Local is a folder of the file system, by its path.
type Local string

// Open implements Folder.
func (l Local) Open(_ context.Context, name string) (File, error) {
	f, err := os.Open(l.Path(name))
	if err != nil {
		return nil, files.Bare(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		f.Close()
		return nil, files.Bare(err)
	}
	return localFile{f, info.Size()}, nil
}

type localFile struct {
	*os.File
	size int64
}

func (f localFile) Size() int64 { return f.size }

func (f localFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, files.Bare(err)
}

// Create implements Folder.
func (l Local) Create(_ context.Context, name string, fill func(io.Writer) error) error {
	return files.Write(l.Path(name), fill)
}

// List implements Folder.
func (l Local) List(ctx context.Context) ([]Entry, error) {
	var list []Entry
	err := filepath.WalkDir(string(l), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it is gone since it was seen, or never was
		case err != nil || ctx.Err() != nil:
			return errors.Join(ctx.Err(), files.Bare(err))
		case d.IsDir():
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return files.Bare(err)
		}
		name, err := filepath.Rel(string(l), path)
		list = append(list, Entry{filepath.ToSlash(name), info.Size()})
		return err
	})
	return list, err
}

// Remove implements Folder.
func (l Local) Remove(_ context.Context, name string) error {
	err := os.Remove(l.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return files.Bare(err)
}

// Path implements Folder.
func (l Local) Path(name string) string {
	if name == "" {
		return string(l)
	}
	return filepath.Join(string(l), filepath.FromSlash(name))
}

// IsTemporary tells whether a file of a Local is one that is being written, or that a
// killed run has left.
func IsTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, files.Suffix)
}
